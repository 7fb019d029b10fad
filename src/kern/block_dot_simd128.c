/* SPDX-License-Identifier: MIT
 * The kernel of block_dot.h for WebAssembly. */
#include "base/half.h"
#include "kern/block_layout.h"
#include "kern/products_simd128.h"

enum { LANES = 4, SIGNED = 0, JOIN = 1, AHEAD = 1024 };
typedef v128_t ints, reals;

LWI_INLINE ints load(const uint8_t *p) { return wasm_v128_load(p); }
LWI_INLINE ints splat8(int x) { return wasm_i8x16_splat((int8_t)x); }
LWI_INLINE ints both(ints x, ints y) { return wasm_v128_and(x, y); }
LWI_INLINE ints shift_right(ints x, int n) { return wasm_u16x8_shr(x, (uint32_t)n); }
LWI_INLINE ints shift_left(ints x, int n) { return wasm_i16x8_shl(x, (uint32_t)n); }
LWI_INLINE ints pick(ints x, ints y, ints mask) { return wasm_v128_or(x, wasm_v128_and(y, mask)); }
LWI_INLINE ints look_up(const uint8_t *table, ints codes) {
    return wasm_i8x16_swizzle(wasm_v128_load(table), codes);
}
LWI_INLINE reals zero_reals(void) { return wasm_f32x4_const_splat(0); }
LWI_INLINE reals splat(float x) { return wasm_f32x4_splat(x); }
LWI_INLINE reals mul(reals x, reals y) { return wasm_f32x4_mul(x, y); }
LWI_INLINE reals load_reals(const float *p) { return wasm_v128_load(p); }
LWI_INLINE void store_reals(float *p, reals x) { wasm_v128_store(p, x); }
LWI_INLINE reals add_product(reals x, reals y, reals z) {
    return wasm_f32x4_add(z, wasm_f32x4_mul(x, y));
}
LWI_INLINE reals take_product(reals x, reals y, reals z) {
    return wasm_f32x4_sub(z, wasm_f32x4_mul(x, y));
}
LWI_INLINE reals to_reals(ints x) { return wasm_f32x4_convert_i32x4(x); }

/* lwi_f16_to_f32 */
LWI_INLINE reals from_halves(const uint8_t *p) {
    const v128_t h = wasm_u32x4_load16x4(p), a = wasm_v128_and(h, wasm_i32x4_const_splat(0x7fff));
    const v128_t sign = wasm_i32x4_shl(wasm_v128_and(h, wasm_i32x4_const_splat(0x8000)), 16);
    const v128_t shifted = wasm_i32x4_shl(a, 13);
    const v128_t finite = wasm_f32x4_mul(shifted, wasm_f32x4_const_splat(0x1p112f));
    const v128_t special = wasm_v128_or(shifted, wasm_i32x4_const_splat(0x7f800000));
    const v128_t is_finite = wasm_i32x4_lt(a, wasm_i32x4_const_splat(0x7c00));
    return wasm_v128_or(sign, wasm_v128_bitselect(finite, special, is_finite));
}
LWI_INLINE v128_t four(const uint8_t *p) {
    return wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(p)));
}
LWI_INLINE reals from_unsigned(const uint8_t *p, int shift, int bits) {
    const v128_t mask = wasm_i32x4_splat((1 << bits) - 1);
    return to_reals(wasm_v128_and(wasm_u32x4_shr(four(p), (uint32_t)shift), mask));
}
LWI_INLINE reals from_signed(const uint8_t *p) {
    return to_reals(wasm_i32x4_shr(wasm_i32x4_shl(four(p), 24), 24));
}
/* 2^(e - 128) */
LWI_INLINE reals from_powers(const uint8_t *p) {
    const v128_t one = wasm_i32x4_const_splat(1);
    return wasm_i32x4_shl(wasm_i32x4_sub(wasm_i32x4_max(four(p), one), one), 23);
}

LWI_INLINE void prepare_values(ints v[8], bool wide) { (void)v, (void)wide; }

LWI_INLINE void store(float *y, reals x, const float *bias, size_t n) {
    float all[LANES];
    if (n == LANES) {
        wasm_v128_store(y, bias ? wasm_f32x4_add(x, wasm_v128_load(bias)) : x);
        return;
    }
    wasm_v128_store(all, x);
    for (size_t i = 0; i < n; i++)
        y[i] = all[i] + (bias ? bias[i] : 0);
}

#include "kern/block_dot_values.inc"

LWI_INLINE ints dots(const ints *v, const int8_t *a, int n, int most) {
    (void)most;
    v128_t sum = wasm_i32x4_const_splat(0);
    LWI_UNROLL for (int i = 0; i < n; i++) sum = wasm_i32x4_add(
        sum, lwi_dot4(lwi_wide_unsigned(v[i]), lwi_wide_signed(lwi_four_bytes(a + (size_t)4 * i))));
    return sum;
}

#include "kern/block_dot_halves.inc"
#include "kern/block_dot_wide.inc"
