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
#define COMPARE_WHOLE(type, stored, c)                                                             \
    COMPARE(eq_##type, stored, c, a == b)                                                          \
    COMPARE(ne_##type, stored, c, a != b)                                                          \
    COMPARE(lt_##type, stored, c, a < b)                                                           \
    COMPARE(le_##type, stored, c, a <= b)                                                          \
    COMPARE(gt_##type, stored, c, a > b)                                                           \
    COMPARE(ge_##type, stored, c, a >= b)
#define COMPARE_FLOAT(type, c)                                                                     \
    COMPARE(eq_##type, type, c, a == b)                                                            \
    COMPARE(ne_##type, type, c, a<b || a> b)                                                       \
    COMPARE(lt_##type, type, c, a < b)                                                             \
    COMPARE(le_##type, type, c, a <= b)                                                            \
    COMPARE(gt_##type, type, c, a > b)                                                             \
    COMPARE(ge_##type, type, c, a >= b)                                                            \
    COMPARE(equ_##type, type, c, !(a < b || a > b))                                                \
    COMPARE(neu_##type, type, c, a != b)                                                           \
    COMPARE(ltu_##type, type, c, !(a >= b))                                                        \
    COMPARE(leu_##type, type, c, !(a > b))                                                         \
    COMPARE(gtu_##type, type, c, !(a <= b))                                                        \
    COMPARE(geu_##type, type, c, !(a < b))                                                         \
    COMPARE(num_##type, type, c, a == a && b == b)                                                 \
    COMPARE(nan_##type, type, c, a != a || b != b)
COMPARE_WHOLE(u16, u32, uint16_t)
COMPARE_WHOLE(s16, u32, int16_t)
COMPARE_WHOLE(u32, u32, uint32_t)
COMPARE_WHOLE(s32, s32, int32_t)
COMPARE_WHOLE(u64, u64, uint64_t)
COMPARE_WHOLE(s64, s64, int64_t)
COMPARE_FLOAT(f32, float)
COMPARE_FLOAT(f64, double)

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

#define WHOLE(name, type, letters)                                                                 \
    PTX_OP("setp.eq." name, letters, eq_##type), PTX_OP("setp.ne." name, letters, ne_##type),      \
        PTX_OP("setp.lt." name, letters, lt_##type), PTX_OP("setp.le." name, letters, le_##type),  \
        PTX_OP("setp.gt." name, letters, gt_##type), PTX_OP("setp.ge." name, letters, ge_##type)
#define FLOAT(name, type, letters)                                                                 \
    WHOLE(name, type, letters), PTX_OP("setp.equ." name, letters, equ_##type),                     \
        PTX_OP("setp.neu." name, letters, neu_##type),                                             \
        PTX_OP("setp.ltu." name, letters, ltu_##type),                                             \
        PTX_OP("setp.leu." name, letters, leu_##type),                                             \
        PTX_OP("setp.gtu." name, letters, gtu_##type),                                             \
        PTX_OP("setp.geu." name, letters, geu_##type),                                             \
        PTX_OP("setp.num." name, letters, num_##type),                                             \
        PTX_OP("setp.nan." name, letters, nan_##type)

static const ptx_opcode list[] = {
    WHOLE("u16", u16, "p hh"),
    WHOLE("s16", s16, "p hh"),
    WHOLE("u32", u32, "p rr"),
    WHOLE("s32", s32, "p rr"),
    WHOLE("u64", u64, "p qq"),
    WHOLE("s64", s64, "p qq"),
    FLOAT("f32", f32, "p rr"),
    FLOAT("f64", f64, "p qq"),
    PTX_OP("setp.eq.b16", "p hh", eq_u16),
    PTX_OP("setp.ne.b16", "p hh", ne_u16),
    PTX_OP("setp.eq.b32", "p rr", eq_u32),
    PTX_OP("setp.ne.b32", "p rr", ne_u32),
    PTX_OP("setp.eq.b64", "p qq", eq_u64),
    PTX_OP("setp.ne.b64", "p qq", ne_u64),
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
    PTX_FLOW("selp.s16", "h hhp", selp_32, PTX_COPIES),
    PTX_FLOW("selp.b16", "h hhp", selp_32, PTX_COPIES),
    PTX_FLOW("selp.s32", "r rrp", selp_32, PTX_COPIES),
};
PTX_OPCODES(ptx_compare, list);
