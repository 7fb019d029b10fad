/* SPDX-License-Identifier: MIT
 * From int32 sums to 8-bit codes: what lwi_round_code does, for WebAssembly. */
#ifndef LWI_KERN_ROUND_SIMD128_H
#define LWI_KERN_ROUND_SIMD128_H

#include "kern/level.h"

#include <stdint.h>
#include <wasm_simd128.h>

typedef struct lwi_coder {
    v128_t low, high, zero;
} lwi_coder;

/* 1.5 * 2^23: a small number that is added stands in the last bits, rounded. */
static const float LWI_MAGIC = 12582912;
enum { LWI_MAGIC_BITS = 0x4b400000 };

LWI_INLINE lwi_coder lwi_coder_of(float low, float high, int32_t zero) {
    return (lwi_coder){wasm_f32x4_splat(low), wasm_f32x4_splat(high),
                       wasm_i32x4_splat(zero - LWI_MAGIC_BITS)};
}

/* NaN becomes low. */
LWI_INLINE v128_t lwi_round4(const lwi_coder *c, v128_t sums, const float *scale) {
    const v128_t x = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sums), wasm_v128_load(scale));
    const v128_t inside = wasm_f32x4_pmin(c->high, wasm_f32x4_pmax(c->low, x));
    return wasm_i32x4_add(wasm_f32x4_add(inside, wasm_f32x4_splat(LWI_MAGIC)), c->zero);
}

/* The low bytes of 16 codes. */
LWI_INLINE v128_t lwi_codes16(v128_t a, v128_t b, v128_t c, v128_t d) {
    const v128_t byte = wasm_i16x8_const_splat(0xff);
    return wasm_u8x16_narrow_i16x8(wasm_v128_and(wasm_i16x8_narrow_i32x4(a, b), byte),
                                   wasm_v128_and(wasm_i16x8_narrow_i32x4(c, d), byte));
}

#endif
