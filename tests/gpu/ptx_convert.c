/* SPDX-License-Identifier: MIT
 * cvt: integers are cut off or extended, floats rounded. */
#include "ptx_lanes.h"

#include "base/half.h"

/* An integer from the low bits of a register of any width, into one of any width. */
#define EXTEND(name, type)                                                                         \
    PTX_HANDLER(name) {                                                                            \
        const ptx_operand *to = &i->operands[0];                                                   \
        const unsigned step = i->operands[1].bytes == 8 ? 2 : 1;                                   \
        const u32 *a = ptx_from(w, i, 0);                                                          \
        if (to->bytes == 8) {                                                                      \
            u64 *d = (u64 *)ptx_to(w, i, 0);                                                       \
            PTX_EACH(d[l] = (uint64_t)(int64_t)(type)a[step * l]);                                 \
        } else {                                                                                   \
            u32 *d = ptx_to(w, i, 0);                                                              \
            const uint32_t kept = to->bytes == 2 ? 0xffff : UINT32_MAX;                            \
            PTX_EACH(d[l] = (uint32_t)(int64_t)(type)a[step * l] & kept);                          \
        }                                                                                          \
    }
EXTEND(from_s8, int8_t)
EXTEND(from_u8, uint8_t)
EXTEND(from_s16, int16_t)
EXTEND(from_u16, uint16_t)
EXTEND(from_s32, int32_t)
EXTEND(from_u32, uint32_t)

PTX_UNARY(f32_of_f16, f32, u32, lwi_f16_to_f32((uint16_t)a))
PTX_UNARY(f16_of_f32, u32, f32, lwi_f32_to_f16(a))
/* The first operand comes into the upper half. */
PTX_BINARY(bf16x2_of_f32, u32, f32, f32, (uint32_t)lwi_f32_to_bf16(a) << 16 | lwi_f32_to_bf16(b))
PTX_UNARY(f64_of_f32, f64, f32, a)
PTX_UNARY(f32_of_f64, f32, f64, a)
PTX_UNARY(f32_of_s16, f32, u32, (int16_t)a)
PTX_UNARY(f32_of_u16, f32, u32, (uint16_t)a)
PTX_UNARY(f32_of_s32, f32, s32, a)
PTX_UNARY(f32_of_u32, f32, u32, a)
PTX_UNARY(f32_of_s64, f32, s64, a)
PTX_UNARY(f32_of_u64, f32, u64, a)
PTX_UNARY(f64_of_s32, f64, s32, a)
PTX_UNARY(f64_of_u32, f64, u32, a)
PTX_UNARY(f64_of_s64, f64, s64, a)
PTX_UNARY(f64_of_u64, f64, u64, a)
PTX_UNARY(floor_f32, f32, f32, floorf(a))
PTX_UNARY(ceil_f32, f32, f32, ceilf(a))
PTX_UNARY(round_f32, f32, f32, rintf(a))
PTX_UNARY(floor_f64, f64, f64, floor(a))
PTX_UNARY(ceil_f64, f64, f64, ceil(a))
PTX_UNARY(round_f64, f64, f64, rint(a))

/* Floats toward zero, as near as the type has it. What is no number is 0 where a float32 goes to at
 * most 32 bits, otherwise the topmost bit alone. */
static int64_t to_signed(double v, int bits, bool topmost) {
    const double limit = ldexp(1, bits - 1);
    const int64_t least = (int64_t)-limit;
    if (isnan(v)) return topmost ? least : 0;
    return v < -limit ? least : v >= limit ? -(least + 1) : (int64_t)v;
}
static uint64_t to_unsigned(double v) {
    if (isnan(v)) return UINT64_C(1) << 63;
    return v <= 0 ? 0 : v >= 0x1p64 ? UINT64_MAX : (uint64_t)v;
}
PTX_UNARY(s16_of_f32, u32, f32, (uint16_t)to_signed((double)a, 16, false))
PTX_UNARY(s32_of_f32, s32, f32, to_signed((double)a, 32, false))
PTX_UNARY(s32_of_f64, s32, f64, to_signed(a, 32, true))
PTX_UNARY(s64_of_f32, s64, f32, to_signed((double)a, 64, true))
PTX_UNARY(s64_of_f64, s64, f64, to_signed(a, 64, true))
PTX_UNARY(u64_of_f32, u64, f32, to_unsigned((double)a))

static const ptx_opcode list[] = {
    PTX_OP("cvt.s16.s8", "h *", from_s8),
    PTX_OP("cvt.s32.s8", "r *", from_s8),
    PTX_OP("cvt.s64.s8", "q *", from_s8),
    PTX_OP("cvt.u16.u8", "h *", from_u8),
    PTX_OP("cvt.u32.u8", "r *", from_u8),
    PTX_OP("cvt.u64.u8", "q *", from_u8),
    PTX_OP("cvt.s32.s16", "r *", from_s16),
    PTX_OP("cvt.s64.s16", "q *", from_s16),
    PTX_OP("cvt.u32.u16", "r *", from_u16),
    PTX_OP("cvt.u64.u16", "q *", from_u16),
    PTX_OP("cvt.s64.s32", "q *", from_s32),
    PTX_OP("cvt.u64.u32", "q *", from_u32),
    PTX_OP("cvt.s8.s32", "* r", from_s8),
    PTX_OP("cvt.u16.u32", "h *", from_u16),
    PTX_OP("cvt.u32.u64", "r *", from_u32),
    PTX_OP("cvt.f32.f16", "r h", f32_of_f16),
    PTX_OP("cvt.rn.f16.f32", "h r", f16_of_f32),
    PTX_OP("cvt.rn.bf16x2.f32", "r rr", bf16x2_of_f32),
    PTX_OP("cvt.f64.f32", "q r", f64_of_f32),
    PTX_OP("cvt.rn.f32.f64", "r q", f32_of_f64),
    PTX_OP("cvt.rn.f32.s16", "r h", f32_of_s16),
    PTX_OP("cvt.rn.f32.u16", "r h", f32_of_u16),
    PTX_OP("cvt.rn.f32.s32", "r r", f32_of_s32),
    PTX_OP("cvt.rn.f32.u32", "r r", f32_of_u32),
    PTX_OP("cvt.rn.f32.s64", "r q", f32_of_s64),
    PTX_OP("cvt.rn.f32.u64", "r q", f32_of_u64),
    PTX_OP("cvt.rn.f64.s32", "q r", f64_of_s32),
    PTX_OP("cvt.rn.f64.u32", "q r", f64_of_u32),
    PTX_OP("cvt.rn.f64.s64", "q q", f64_of_s64),
    PTX_OP("cvt.rn.f64.u64", "q q", f64_of_u64),
    PTX_OP("cvt.rmi.f32.f32", "r r", floor_f32),
    PTX_OP("cvt.rpi.f32.f32", "r r", ceil_f32),
    PTX_OP("cvt.rni.f32.f32", "r r", round_f32),
    PTX_OP("cvt.rmi.f64.f64", "q q", floor_f64),
    PTX_OP("cvt.rpi.f64.f64", "q q", ceil_f64),
    PTX_OP("cvt.rni.f64.f64", "q q", round_f64),
    PTX_OP("cvt.rzi.s16.f32", "h r", s16_of_f32),
    PTX_OP("cvt.rzi.s32.f32", "r r", s32_of_f32),
    PTX_OP("cvt.rzi.s32.f64", "r q", s32_of_f64),
    PTX_OP("cvt.rzi.s64.f32", "q r", s64_of_f32),
    PTX_OP("cvt.rzi.s64.f64", "q q", s64_of_f64),
    PTX_OP("cvt.rzi.u64.f32", "q r", u64_of_f32),
};
PTX_OPCODES(ptx_convert, list);
