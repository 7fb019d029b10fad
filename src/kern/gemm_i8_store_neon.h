/* SPDX-License-Identifier: MIT
 * How the forms of gemm_i8.inc for NEON begin and end: start values, and stores. The type sums is
 * int32x4_t; LANES and VECTORS are there already. */
#include "kern/gemm_i8.h"
#include "kern/round_neon.h"

#include <string.h>

typedef int32x4_t sums;

LWI_INLINE sums load_sums(const int32_t *start) { return vld1q_s32(start); }

LWI_INLINE void subtract(sums *s, int32_t row_sum, const int32_t *zero_b) {
    *s = vmlsq_n_s32(*s, vld1q_s32(zero_b), row_sum);
}

typedef lwi_coder coder;

LWI_INLINE coder coder_of(const lwi_i8_output *o) { return lwi_coder_of(o->low, o->high, o->zero); }

/* The first n of bytes that stand at `from`; all, mostly, and their number is a constant. */
LWI_INLINE void put(void *y, const void *from, size_t n, size_t all) {
    if (n == all) memcpy(y, from, all);
    else memcpy(y, from, n);
}

LWI_INLINE void store_codes_row(const coder *c, const float *scale, const sums *s, int vectors,
                                size_t n, void *y) {
    uint8x8_t codes[(VECTORS + 1) / 2];
    LWI_UNROLL for (int v = 0; v < vectors; v += 2) {
        const int second = v + 1 < vectors ? v + 1 : v;
        codes[v / 2] = lwi_codes8(lwi_round4(c, s[v], scale + 4 * v),
                                  lwi_round4(c, s[second], scale + 4 * second));
    }
    put(y, codes, n, (size_t)vectors * LANES);
}

LWI_INLINE void store_codes(const coder *c, const float *scale, const sums *s0, const sums *s1,
                            int vectors, size_t n, void *y0, void *y1) {
    store_codes_row(c, scale, s0, vectors, n, y0);
    if (y1 != y0) store_codes_row(c, scale, s1, vectors, n, y1);
}

LWI_INLINE void store_row(const lwi_i8_output *o, lwi_i8_store store, const sums *s, int vectors,
                          size_t column, size_t n, void *y) {
    const size_t bytes = n * sizeof(float), all = (size_t)vectors * sizeof *s;
    float32x4_t x[VECTORS];
    if (store == LWI_I8_INT32) {
        put(y, s, bytes, all);
        return;
    }
    LWI_UNROLL for (int v = 0; v < vectors; v++) {
        const size_t at = column + (size_t)v * LANES;
        x[v] = vmulq_f32(vcvtq_f32_s32(s[v]), vld1q_f32(o->scale + at));
        if (o->addend) x[v] = vaddq_f32(x[v], vld1q_f32(o->addend + at));
    }
    put(y, x, bytes, all);
}
