/* SPDX-License-Identifier: MIT
 * Arithmetic and bits: sections "Integer Arithmetic", "Floating-Point", "Logic and Shift". Numbers
 * of 16 bits stand in words of 32. */
#include "ptx_lanes.h"

/* ---------------------------------------------------------------------- integers */

PTX_BINARY(add_32, u32, u32, u32, a + b)
PTX_BINARY(add_64, u64, u64, u64, a + b)
PTX_BINARY(sub_32, u32, u32, u32, a - b)
PTX_BINARY(sub_64, u64, u64, u64, a - b)
PTX_BINARY(mul_32, u32, u32, u32, a *b)
PTX_BINARY(mul_64, u64, u64, u64, a *b)
PTX_BINARY(add_16, u32, u32, u32, (a + b) & 0xffff)
PTX_BINARY(sub_16, u32, u32, u32, (a - b) & 0xffff)
PTX_BINARY(mul_16, u32, u32, u32, (a * b) & 0xffff)
PTX_BINARY(wide_s16, s32, u32, u32, (int16_t)a *(int16_t)b)
PTX_BINARY(high_s32, u32, s32, s32, (uint64_t)((int64_t)a *b) >> 32)
PTX_BINARY(high_u32, u32, u32, u32, (uint64_t)a *b >> 32)
PTX_BINARY(wide_u16, u32, u32, u32, (a & 0xffff) * (b & 0xffff))
PTX_BINARY(wide_s32, s64, s32, s32, (int64_t)a *b)
PTX_BINARY(wide_u32, u64, u32, u32, (uint64_t)a *b)
PTX_TERNARY(mad_32, u32, u32, u32, a *b + c)
PTX_TERNARY(mad_64, u64, u64, u64, a *b + c)
PTX_UNARY(neg_32, u32, u32, 0 - a)
PTX_UNARY(neg_64, u64, u64, 0 - a)
PTX_UNARY(abs_s32, u32, s32, a < 0 ? 0 - (uint32_t)a : (uint32_t)a)
PTX_UNARY(abs_s64, u64, s64, a < 0 ? 0 - (uint64_t)a : (uint64_t)a)
PTX_BINARY(min_s32, s32, s32, s32, a < b ? a : b)
PTX_BINARY(min_u32, u32, u32, u32, a < b ? a : b)
PTX_BINARY(min_s64, s64, s64, s64, a < b ? a : b)
PTX_BINARY(min_u64, u64, u64, u64, a < b ? a : b)
PTX_BINARY(max_s32, s32, s32, s32, a > b ? a : b)
PTX_BINARY(max_u32, u32, u32, u32, a > b ? a : b)
PTX_BINARY(max_s64, s64, s64, s64, a > b ? a : b)
PTX_BINARY(max_u64, u64, u64, u64, a > b ? a : b)

/* By zero, the result is whatever a card gives: no kernel should ask. The quotient of the smallest
 * number and -1 wraps. */
#define DIVISION(name, type, wide, result)                                                         \
    PTX_HANDLER(name) {                                                                            \
        wide *d = (wide *)ptx_to(w, i, 0);                                                         \
        const wide *x = (const wide *)ptx_from(w, i, 0), *y = (const wide *)ptx_from(w, i, 1);     \
        PTX_EACH(const type a = (type)x[l], b = (type)y[l];                                        \
                 if (b == 0) ptx_wrong(w, (int)l, "a division by zero"); d[l] = (wide)(result));   \
    }
DIVISION(div_s16, int16_t, u32, (uint16_t)(a / b))
DIVISION(rem_s16, int16_t, u32, (uint16_t)(a % b))
DIVISION(div_u16, uint16_t, u32, a / b)
DIVISION(rem_u16, uint16_t, u32, a % b)
DIVISION(div_s32, int32_t, u32, b == -1 ? 0 - (uint32_t)a : (uint32_t)(a / b))
DIVISION(rem_s32, int32_t, u32, b == -1 ? 0 : a % b)
DIVISION(div_u32, uint32_t, u32, a / b)
DIVISION(rem_u32, uint32_t, u32, a % b)
DIVISION(div_s64, int64_t, u64, b == -1 ? 0 - (uint64_t)a : (uint64_t)(a / b))
DIVISION(rem_s64, int64_t, u64, b == -1 ? 0 : a % b)
DIVISION(div_u64, uint64_t, u64, a / b)
DIVISION(rem_u64, uint64_t, u64, a % b)

static uint32_t dot_4(uint32_t a, uint32_t b, uint32_t c) {
    for (int n = 0; n < 32; n += 8)
        c += (uint32_t)((int8_t)(a >> n) * (int8_t)(b >> n));
    return c;
}
PTX_TERNARY(dp4a_s32, u32, u32, u32, dot_4(a, b, c))

/* -------------------------------------------------------------------------- bits */

PTX_BINARY(and_32, u32, u32, u32, a &b)
PTX_BINARY(and_64, u64, u64, u64, a &b)
PTX_BINARY(or_32, u32, u32, u32, a | b)
PTX_BINARY(or_64, u64, u64, u64, a | b)
PTX_BINARY(xor_32, u32, u32, u32, a ^ b)
PTX_BINARY(xor_64, u64, u64, u64, a ^ b)
PTX_UNARY(not_16, u32, u32, ~a & 0xffff)
PTX_UNARY(not_32, u32, u32, ~a)
PTX_UNARY(not_64, u64, u64, ~a)
/* Beyond the width nothing is left, or signs. */
PTX_BINARY(shl_16, u32, u32, u32, b > 15 ? 0 : a << b & 0xffff)
PTX_BINARY(shl_32, u32, u32, u32, b > 31 ? 0 : a << b)
PTX_BINARY(shl_64, u64, u64, u32, b > 63 ? 0 : a << b)
PTX_BINARY(shr_u16, u32, u32, u32, b > 15 ? 0 : (a & 0xffff) >> b)
PTX_BINARY(shr_u32, u32, u32, u32, b > 31 ? 0 : a >> b)
PTX_BINARY(shr_u64, u64, u64, u32, b > 63 ? 0 : a >> b)
PTX_BINARY(shr_s16, u32, u32, u32, (uint16_t)((int16_t)a >> (b > 15 ? 15 : b)))
PTX_BINARY(shr_s32, s32, s32, u32, a >> (b > 31 ? 31 : b))
PTX_BINARY(shr_s64, s64, s64, u32, a >> (b > 63 ? 63 : b))

/* The field of `length` bits from `at` on; bits that are not there are the sign's, or 0. */
static uint64_t field(uint64_t a, uint32_t at, uint32_t length, uint32_t bits, bool is_signed) {
    const uint64_t all = bits == 64 ? UINT64_MAX : UINT32_MAX;
    at &= 0xff;
    length &= 0xff;
    const uint32_t last = at + length - 1 < bits - 1 ? at + length - 1 : bits - 1;
    const uint64_t sign = is_signed && length ? (a >> last & 1) * all : 0;
    const uint64_t value = at >= bits ? 0 : a >> at;
    uint32_t there = at >= bits ? 0 : bits - at;
    if (length < there) there = length;
    const uint64_t kept = there >= 64 ? UINT64_MAX : (UINT64_C(1) << there) - 1;
    return ((value & kept) | (sign & ~kept)) & all;
}
PTX_TERNARY(bfe_u32, u32, u32, u32, field(a, b, c, 32, false))
PTX_TERNARY(bfe_s32, u32, u32, u32, field(a, b, c, 32, true))
PTX_HANDLER(bfe_u64) {
    u64 *d = (u64 *)ptx_to(w, i, 0);
    const u64 *a = (const u64 *)ptx_from(w, i, 0);
    const u32 *at = (const u32 *)ptx_from(w, i, 1), *length = (const u32 *)ptx_from(w, i, 2);
    PTX_EACH(d[l] = field(a[l], at[l], length[l], 64, false));
}

/* Four bytes of a (0 .. 3) and b (4 .. 7) by the nibbles of c, whose top bit asks for signs. */
static uint32_t permuted(uint32_t a, uint32_t b, uint32_t c) {
    const uint64_t both = a | (uint64_t)b << 32;
    uint32_t d = 0;
    for (int n = 0; n < 4; n++) {
        const uint32_t nibble = c >> 4 * n & 15;
        const uint32_t byte = (uint32_t)(both >> 8 * (nibble & 7)) & 0xff;
        d |= (nibble & 8 ? (byte >> 7) * 0xff : byte) << 8 * n;
    }
    return d;
}
PTX_TERNARY(prmt_32, u32, u32, u32, permuted(a, b, c))

/* ------------------------------------------------------------------------ floats */

/* Of a number and no number, the number; -0 is less than +0. */
#define LESS(a, b)                                                                                 \
    (isnan(a) ? (b) : isnan(b) ? (a) : (a) < (b) ? (a) : (b) < (a) ? (b) : signbit(a) ? (a) : (b))
#define MORE(a, b)                                                                                 \
    (isnan(a) ? (b) : isnan(b) ? (a) : (a) > (b) ? (a) : (b) > (a) ? (b) : signbit(a) ? (b) : (a))

PTX_BINARY(add_f32, f32, f32, f32, a + b)
PTX_BINARY(sub_f32, f32, f32, f32, a - b)
PTX_BINARY(mul_f32, f32, f32, f32, a *b)
PTX_BINARY(div_f32, f32, f32, f32, a / b)
PTX_TERNARY(fma_f32, f32, f32, f32, fmaf(a, b, c))
PTX_UNARY(rcp_f32, f32, f32, 1 / a)
PTX_UNARY(sqrt_f32, f32, f32, sqrtf(a))
PTX_UNARY(neg_f32, u32, u32, a ^ 0x80000000)
PTX_UNARY(abs_f32, u32, u32, a & 0x7fffffff)
PTX_BINARY(min_f32, f32, f32, f32, LESS(a, b))
PTX_BINARY(max_f32, f32, f32, f32, MORE(a, b))
PTX_BINARY(add_f64, f64, f64, f64, a + b)
PTX_BINARY(sub_f64, f64, f64, f64, a - b)
PTX_BINARY(mul_f64, f64, f64, f64, a *b)
PTX_BINARY(div_f64, f64, f64, f64, a / b)
PTX_TERNARY(fma_f64, f64, f64, f64, fma(a, b, c))
PTX_UNARY(rcp_f64, f64, f64, 1 / a)
PTX_UNARY(sqrt_f64, f64, f64, sqrt(a))
PTX_UNARY(neg_f64, u64, u64, a ^ UINT64_C(1) << 63)
PTX_UNARY(abs_f64, u64, u64, a & ~(UINT64_C(1) << 63))
PTX_BINARY(min_f64, f64, f64, f64, LESS(a, b))
PTX_BINARY(max_f64, f64, f64, f64, MORE(a, b))

/* Subnormal numbers are 0; what is exact here has an error of 2^-22 on a card. */
static float flushed(float v) { return fabsf(v) < 0x1p-126f ? copysignf(0, v) : v; }
PTX_UNARY(ex2_f32, f32, f32, flushed(exp2f(flushed(a))))

static const ptx_opcode list[] = {
    PTX_OP("add.s32", "r rr", add_32),        PTX_OP("add.s64", "q qq", add_64),
    PTX_OP("add.u64", "q qq", add_64),        PTX_OP("sub.s32", "r rr", sub_32),
    PTX_OP("sub.s64", "q qq", sub_64),        PTX_OP("mul.lo.s32", "r rr", mul_32),
    PTX_OP("mul.lo.s64", "q qq", mul_64),     PTX_OP("mul.wide.u16", "r hh", wide_u16),
    PTX_OP("mul.wide.s32", "q rr", wide_s32), PTX_OP("mul.wide.u32", "q rr", wide_u32),
    PTX_OP("mad.lo.s32", "r rrr", mad_32),    PTX_OP("mad.lo.s64", "q qqq", mad_64),
    PTX_OP("neg.s32", "r r", neg_32),         PTX_OP("neg.s64", "q q", neg_64),
    PTX_OP("abs.s64", "q q", abs_s64),        PTX_OP("min.s32", "r rr", min_s32),
    PTX_OP("min.u32", "r rr", min_u32),       PTX_OP("min.s64", "q qq", min_s64),
    PTX_OP("min.u64", "q qq", min_u64),       PTX_OP("max.s32", "r rr", max_s32),
    PTX_OP("max.u32", "r rr", max_u32),       PTX_OP("max.s64", "q qq", max_s64),
    PTX_OP("max.u64", "q qq", max_u64),       PTX_OP("div.s16", "h hh", div_s16),
    PTX_OP("rem.s16", "h hh", rem_s16),       PTX_OP("div.u16", "h hh", div_u16),
    PTX_OP("rem.u16", "h hh", rem_u16),       PTX_OP("div.s32", "r rr", div_s32),
    PTX_OP("rem.s32", "r rr", rem_s32),       PTX_OP("div.u32", "r rr", div_u32),
    PTX_OP("rem.u32", "r rr", rem_u32),       PTX_OP("div.s64", "q qq", div_s64),
    PTX_OP("rem.s64", "q qq", rem_s64),       PTX_OP("div.u64", "q qq", div_u64),
    PTX_OP("rem.u64", "q qq", rem_u64),       PTX_OP("dp4a.s32.s32", "r rrr", dp4a_s32),
    PTX_OP("and.b16", "h hh", and_32),        PTX_OP("and.b32", "r rr", and_32),
    PTX_OP("and.b64", "q qq", and_64),        PTX_OP("or.b16", "h hh", or_32),
    PTX_OP("or.b32", "r rr", or_32),          PTX_OP("or.b64", "q qq", or_64),
    PTX_OP("xor.b16", "h hh", xor_32),        PTX_OP("xor.b32", "r rr", xor_32),
    PTX_OP("xor.b64", "q qq", xor_64),        PTX_OP("not.b16", "h h", not_16),
    PTX_OP("not.b32", "r r", not_32),         PTX_OP("not.b64", "q q", not_64),
    PTX_OP("shl.b16", "h hr", shl_16),        PTX_OP("shl.b32", "r rr", shl_32),
    PTX_OP("shl.b64", "q qr", shl_64),        PTX_OP("shr.u16", "h hr", shr_u16),
    PTX_OP("shr.u32", "r rr", shr_u32),       PTX_OP("shr.u64", "q qr", shr_u64),
    PTX_OP("shr.s32", "r rr", shr_s32),       PTX_OP("shr.s64", "q qr", shr_s64),
    PTX_OP("bfe.u32", "r rrr", bfe_u32),      PTX_OP("bfe.s32", "r rrr", bfe_s32),
    PTX_OP("bfe.u64", "q qrr", bfe_u64),      PTX_OP("prmt.b32", "r rrr", prmt_32),
    PTX_OP("add.rn.f32", "r rr", add_f32),    PTX_OP("sub.rn.f32", "r rr", sub_f32),
    PTX_OP("mul.rn.f32", "r rr", mul_f32),    PTX_OP("div.rn.f32", "r rr", div_f32),
    PTX_OP("fma.rn.f32", "r rrr", fma_f32),   PTX_OP("rcp.rn.f32", "r r", rcp_f32),
    PTX_OP("sqrt.rn.f32", "r r", sqrt_f32),   PTX_OP("neg.f32", "r r", neg_f32),
    PTX_OP("abs.f32", "r r", abs_f32),        PTX_OP("min.f32", "r rr", min_f32),
    PTX_OP("max.f32", "r rr", max_f32),       PTX_OP("ex2.approx.ftz.f32", "r r", ex2_f32),
    PTX_OP("add.rn.f64", "q qq", add_f64),    PTX_OP("sub.rn.f64", "q qq", sub_f64),
    PTX_OP("mul.rn.f64", "q qq", mul_f64),    PTX_OP("div.rn.f64", "q qq", div_f64),
    PTX_OP("fma.rn.f64", "q qqq", fma_f64),   PTX_OP("rcp.rn.f64", "q q", rcp_f64),
    PTX_OP("sqrt.rn.f64", "q q", sqrt_f64),   PTX_OP("neg.f64", "q q", neg_f64),
    PTX_OP("abs.f64", "q q", abs_f64),        PTX_OP("min.f64", "q qq", min_f64),
    PTX_OP("max.f64", "q qq", max_f64),       PTX_OP("abs.s32", "r r", abs_s32),
    PTX_OP("add.s16", "h hh", add_16),        PTX_OP("sub.s16", "h hh", sub_16),
    PTX_OP("mul.lo.s16", "h hh", mul_16),     PTX_OP("shr.s16", "h hr", shr_s16),
    PTX_OP("mul.wide.s16", "r hh", wide_s16), PTX_OP("mul.hi.s32", "r rr", high_s32),
    PTX_OP("mul.hi.u32", "r rr", high_u32),
};
PTX_OPCODES(ptx_arithmetic, list);
