/* SPDX-License-Identifier: MIT
 * Rounds rows to 8 bits (block_dot.h). */
#include <math.h>

#include "kern/block_dot.h"
#include "kern/round_simd128.h"

enum { VECTORS = LWI_BLOCK_PART / 4 };

LWI_INLINE float largest(v128_t v) {
    const float a = wasm_f32x4_extract_lane(v, 0), b = wasm_f32x4_extract_lane(v, 1);
    const float c = wasm_f32x4_extract_lane(v, 2), d = wasm_f32x4_extract_lane(v, 3);
    return fmaxf(fmaxf(a, b), fmaxf(c, d));
}

LWI_INLINE int32_t add_up(v128_t shorts) {
    const v128_t four = wasm_i32x4_extadd_pairwise_i16x8(shorts);
    return wasm_i32x4_extract_lane(four, 0) + wasm_i32x4_extract_lane(four, 1) +
           wasm_i32x4_extract_lane(four, 2) + wasm_i32x4_extract_lane(four, 3);
}

lwi_block_round_fn LWI_AT(block_round);
void LWI_AT(block_round)(const float *x, size_t parts, size_t step, int8_t *a,
                         lwi_block_sums *sums) {
    const v128_t magic = wasm_f32x4_splat(LWI_MAGIC), bits = wasm_i32x4_splat(LWI_MAGIC_BITS);
    for (size_t b = 0; b < parts; b++, x += LWI_BLOCK_PART, a += LWI_BLOCK_PART * step) {
        v128_t v[VECTORS], n[VECTORS], most = wasm_f32x4_const_splat(0);
        LWI_UNROLL for (int i = 0; i < VECTORS; i++) {
            v[i] = wasm_v128_load(x + 4 * i);
            most = wasm_f32x4_pmax(most, wasm_f32x4_abs(v[i])); /* NaN leaves it as it is */
        }
        const float top = largest(most), inverse = top > 0 ? 127 / top : 0;
        LWI_UNROLL for (int i = 0; i < VECTORS; i++) n[i] = wasm_i32x4_sub(
            wasm_f32x4_add(wasm_f32x4_mul(v[i], wasm_f32x4_splat(inverse)), magic), bits);
        LWI_UNROLL for (int i = 0; i < VECTORS; i += 2) n[i / 2] =
            wasm_i16x8_narrow_i32x4(n[i], n[i + 1]);
        wasm_v128_store(a, wasm_i8x16_narrow_i16x8(n[0], n[1]));
        wasm_v128_store(a + 16, wasm_i8x16_narrow_i16x8(n[2], n[3]));
        sums[b * step] = lwi_block_sums_of(top / 127, add_up(wasm_i16x8_add(n[0], n[1])),
                                           add_up(wasm_i16x8_add(n[2], n[3])));
    }
}
