/* SPDX-License-Identifier: MIT
 * Comparisons and choices: sections "Comparison and Selection Instructions", predicates. */
#include "ptx_lanes.h"

/* The predicate's bits for the items in the mask. */
static void put_bits(ptx_warp *w, const ptx_instruction *i, uint32_t mask, uint32_t bits) {
    uint32_t *d = ptx_to(w, i, 0);
    *d = (*d & ~mask) | (bits & mask);
}

#define COMPARE(name, stored, type, expression)                                                    \
    PTX_HANDLER(name) {                                                                            \
        const stored *x = (const stored *)ptx_from(w, i, 0);                                       \
        const stored *y = (const stored *)ptx_from(w, i, 1);                                       \
        uint32_t bits = 0;                                                                         \
        for (unsigned l = 0; l < PTX_WARP; l++) {                                                  \
            const type a = (type)x[l], b = (type)y[l];                                             \
            bits |= (uint32_t)(expression) << l;                                                   \
        }                                                                                          \
        put_bits(w, i, mask, bits);                                                                \
    }

/* Of floats, those whose names end with u are true for what is no number too. */
COMPARE(eq_b16, u32, uint16_t, a == b)
COMPARE(eq_b32, u32, uint32_t, a == b)
COMPARE(eq_b64, u64, uint64_t, a == b)
COMPARE(eq_f32, f32, float, a == b)
COMPARE(eq_f64, f64, double, a == b)
COMPARE(eq_s16, u32, int16_t, a == b)
COMPARE(eq_s32, s32, int32_t, a == b)
COMPARE(eq_s64, s64, int64_t, a == b)
COMPARE(eq_u32, u32, uint32_t, a == b)
COMPARE(equ_f32, f32, float, !(a < b || a > b))
COMPARE(ge_f32, f32, float, a >= b)
COMPARE(ge_f64, f64, double, a >= b)
COMPARE(ge_s32, s32, int32_t, a >= b)
COMPARE(ge_s64, s64, int64_t, a >= b)
COMPARE(ge_u32, u32, uint32_t, a >= b)
COMPARE(ge_u64, u64, uint64_t, a >= b)
COMPARE(geu_f32, f32, float, !(a < b))
COMPARE(gt_f32, f32, float, a > b)
COMPARE(gt_f64, f64, double, a > b)
COMPARE(gt_s32, s32, int32_t, a > b)
COMPARE(gt_s64, s64, int64_t, a > b)
COMPARE(gt_u16, u32, uint16_t, a > b)
COMPARE(gt_u32, u32, uint32_t, a > b)
COMPARE(gt_u64, u64, uint64_t, a > b)
COMPARE(gtu_f32, f32, float, !(a <= b))
COMPARE(le_f32, f32, float, a <= b)
COMPARE(le_f64, f64, double, a <= b)
COMPARE(le_s32, s32, int32_t, a <= b)
COMPARE(le_s64, s64, int64_t, a <= b)
COMPARE(le_u32, u32, uint32_t, a <= b)
COMPARE(le_u64, u64, uint64_t, a <= b)
COMPARE(leu_f32, f32, float, !(a > b))
COMPARE(lt_f32, f32, float, a < b)
COMPARE(lt_f64, f64, double, a < b)
COMPARE(lt_s32, s32, int32_t, a < b)
COMPARE(lt_s64, s64, int64_t, a < b)
COMPARE(lt_u32, u32, uint32_t, a < b)
COMPARE(lt_u64, u64, uint64_t, a < b)
COMPARE(ltu_f32, f32, float, !(a >= b))
COMPARE(nan_f32, f32, float, a != a || b != b)
COMPARE(nan_f64, f64, double, a != a || b != b)
COMPARE(ne_f32, f32, float, a<b || a> b)
COMPARE(ne_s16, u32, int16_t, a != b)
COMPARE(ne_s32, s32, int32_t, a != b)
COMPARE(ne_s64, s64, int64_t, a != b)
COMPARE(neu_f32, f32, float, a != b)
COMPARE(neu_f64, f64, double, a != b)
COMPARE(num_f32, f32, float, a == a && b == b)
COMPARE(num_f64, f64, double, a == a && b == b)

PTX_HANDLER(and_p) { put_bits(w, i, mask, *ptx_from(w, i, 0) & *ptx_from(w, i, 1)); }
PTX_HANDLER(or_p) { put_bits(w, i, mask, *ptx_from(w, i, 0) | *ptx_from(w, i, 1)); }
PTX_HANDLER(xor_p) { put_bits(w, i, mask, *ptx_from(w, i, 0) ^ *ptx_from(w, i, 1)); }
PTX_HANDLER(not_p) { put_bits(w, i, mask, ~*ptx_from(w, i, 0)); }
PTX_HANDLER(mov_p) { put_bits(w, i, mask, *ptx_from(w, i, 0)); }

PTX_HANDLER(selp_32) {
    u32 *d = ptx_to(w, i, 0);
    const u32 *a = ptx_from(w, i, 0), *b = ptx_from(w, i, 1);
    const uint32_t chosen = *ptx_from(w, i, 2);
    PTX_EACH(d[l] = chosen >> l & 1 ? a[l] : b[l]);
}
PTX_HANDLER(selp_64) {
    u64 *d = (u64 *)ptx_to(w, i, 0);
    const u64 *a = (const u64 *)ptx_from(w, i, 0), *b = (const u64 *)ptx_from(w, i, 1);
    const uint32_t chosen = *ptx_from(w, i, 2);
    PTX_EACH(d[l] = chosen >> l & 1 ? a[l] : b[l]);
}

static const ptx_opcode list[] = {
    PTX_OP("setp.eq.b16", "p hh", eq_b16),
    PTX_OP("setp.eq.b32", "p rr", eq_b32),
    PTX_OP("setp.eq.b64", "p qq", eq_b64),
    PTX_OP("setp.eq.f32", "p rr", eq_f32),
    PTX_OP("setp.eq.f64", "p qq", eq_f64),
    PTX_OP("setp.eq.s16", "p hh", eq_s16),
    PTX_OP("setp.eq.s32", "p rr", eq_s32),
    PTX_OP("setp.eq.s64", "p qq", eq_s64),
    PTX_OP("setp.eq.u32", "p rr", eq_u32),
    PTX_OP("setp.equ.f32", "p rr", equ_f32),
    PTX_OP("setp.ge.f32", "p rr", ge_f32),
    PTX_OP("setp.ge.f64", "p qq", ge_f64),
    PTX_OP("setp.ge.s32", "p rr", ge_s32),
    PTX_OP("setp.ge.s64", "p qq", ge_s64),
    PTX_OP("setp.ge.u32", "p rr", ge_u32),
    PTX_OP("setp.ge.u64", "p qq", ge_u64),
    PTX_OP("setp.geu.f32", "p rr", geu_f32),
    PTX_OP("setp.gt.f32", "p rr", gt_f32),
    PTX_OP("setp.gt.f64", "p qq", gt_f64),
    PTX_OP("setp.gt.s32", "p rr", gt_s32),
    PTX_OP("setp.gt.s64", "p qq", gt_s64),
    PTX_OP("setp.gt.u16", "p hh", gt_u16),
    PTX_OP("setp.gt.u32", "p rr", gt_u32),
    PTX_OP("setp.gt.u64", "p qq", gt_u64),
    PTX_OP("setp.gtu.f32", "p rr", gtu_f32),
    PTX_OP("setp.le.f32", "p rr", le_f32),
    PTX_OP("setp.le.f64", "p qq", le_f64),
    PTX_OP("setp.le.s32", "p rr", le_s32),
    PTX_OP("setp.le.s64", "p qq", le_s64),
    PTX_OP("setp.le.u32", "p rr", le_u32),
    PTX_OP("setp.le.u64", "p qq", le_u64),
    PTX_OP("setp.leu.f32", "p rr", leu_f32),
    PTX_OP("setp.lt.f32", "p rr", lt_f32),
    PTX_OP("setp.lt.f64", "p qq", lt_f64),
    PTX_OP("setp.lt.s32", "p rr", lt_s32),
    PTX_OP("setp.lt.s64", "p qq", lt_s64),
    PTX_OP("setp.lt.u32", "p rr", lt_u32),
    PTX_OP("setp.lt.u64", "p qq", lt_u64),
    PTX_OP("setp.ltu.f32", "p rr", ltu_f32),
    PTX_OP("setp.nan.f32", "p rr", nan_f32),
    PTX_OP("setp.nan.f64", "p qq", nan_f64),
    PTX_OP("setp.ne.f32", "p rr", ne_f32),
    PTX_OP("setp.ne.s16", "p hh", ne_s16),
    PTX_OP("setp.ne.s32", "p rr", ne_s32),
    PTX_OP("setp.ne.s64", "p qq", ne_s64),
    PTX_OP("setp.neu.f32", "p rr", neu_f32),
    PTX_OP("setp.neu.f64", "p qq", neu_f64),
    PTX_OP("setp.num.f32", "p rr", num_f32),
    PTX_OP("setp.num.f64", "p qq", num_f64),
    PTX_OP("and.pred", "p pp", and_p),
    PTX_OP("or.pred", "p pp", or_p),
    PTX_OP("xor.pred", "p pp", xor_p),
    PTX_OP("not.pred", "p p", not_p),
    PTX_FLOW("mov.pred", "p p", mov_p, PTX_COPIES),
    PTX_FLOW("selp.u16", "h hhp", selp_32, PTX_COPIES),
    PTX_FLOW("selp.b32", "r rrp", selp_32, PTX_COPIES),
    PTX_FLOW("selp.f32", "r rrp", selp_32, PTX_COPIES),
    PTX_FLOW("selp.u32", "r rrp", selp_32, PTX_COPIES),
    PTX_FLOW("selp.b64", "q qqp", selp_64, PTX_COPIES),
    PTX_FLOW("selp.f64", "q qqp", selp_64, PTX_COPIES),
    PTX_FLOW("selp.s64", "q qqp", selp_64, PTX_COPIES),
    PTX_FLOW("selp.u64", "q qqp", selp_64, PTX_COPIES),
};
PTX_OPCODES(ptx_compare, list);
