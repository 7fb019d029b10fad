/* SPDX-License-Identifier: MIT
 * How the form of gemm_i8.inc for WebAssembly begins and ends: start values, and stores. LANES and
 * VECTORS are there already. */
#include "kern/gemm_i8.h"
#include "kern/round_simd128.h"

#include <string.h>

typedef v128_t sums;

LWI_INLINE sums load_sums(const int32_t *start) { return wasm_v128_load(start); }

LWI_INLINE void subtract(sums *s, int32_t row_sum, const int32_t *zero_b) {
    *s = wasm_i32x4_sub(*s, wasm_i32x4_mul(wasm_v128_load(zero_b), wasm_i32x4_splat(row_sum)));
}

typedef lwi_coder coder;

LWI_INLINE coder coder_of(const lwi_i8_output *o) { return lwi_coder_of(o->low, o->high, o->zero); }

/* The first n of bytes that stand at `from`; all, mostly, and their number is a constant. */
LWI_INLINE void put(void *y, const void *from, size_t n, size_t all) {
    if (n == all) memcpy(y, from, all);
    else memcpy(y, from, n);
}

LWI_INLINE void store_codes(const coder *c, const float *scale, const sums *s0, const sums *s1,
                            int vectors, size_t n, void *y0, void *y1) {
    const int second = vectors - 1;
    const float *next = scale + second * LANES;
    const v128_t codes = lwi_codes16(lwi_round4(c, s0[0], scale), lwi_round4(c, s0[second], next),
                                     lwi_round4(c, s1[0], scale), lwi_round4(c, s1[second], next));
    const int64_t first = wasm_i64x2_extract_lane(codes, 0);
    const int64_t other = wasm_i64x2_extract_lane(codes, 1);
    put(y0, &first, n, (size_t)vectors * LANES);
    put(y1, &other, n, (size_t)vectors * LANES);
}

LWI_INLINE void store_row(const lwi_i8_output *o, lwi_i8_store store, const sums *s, int vectors,
                          size_t column, size_t n, void *y) {
    const size_t bytes = n * sizeof(float), all = (size_t)vectors * sizeof *s;
    v128_t x[VECTORS];
    if (store == LWI_I8_INT32) {
        put(y, s, bytes, all);
        return;
    }
    LWI_UNROLL for (int v = 0; v < vectors; v++) {
        const size_t at = column + (size_t)v * LANES;
        x[v] = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(s[v]), wasm_v128_load(o->scale + at));
        if (o->addend) x[v] = wasm_f32x4_add(x[v], wasm_v128_load(o->addend + at));
    }
    put(y, x, bytes, all);
}
