/* SPDX-License-Identifier: MIT
 * The loops of pointwise_f32.inc, and better ones for functions that a profile is full of. */
#include "kern/exp_avx512.h"
#include "kern/pointwise_f32.h"

#define UNARY(name, RESULT)                                                                        \
    LWI_INLINE __m512 name##_v(__m512 x) { return RESULT; }                                        \
    static void fast_##name(float *y, size_t y_row, const lwi_lane *o, size_t rows,                \
                            size_t columns) {                                                      \
        if (y_row == columns && o[0].row == columns) {                                             \
            columns *= rows;                                                                       \
            rows = 1;                                                                              \
        }                                                                                          \
        for (size_t r = 0; r < rows; r++) {                                                        \
            const float *x = o[0].data + r * o[0].row;                                             \
            float *to = y + r * y_row;                                                             \
            size_t i = 0;                                                                          \
            for (; i + 2 * LWI_LANES <= columns; i += 2 * LWI_LANES) {                             \
                const __m512 a = name##_v(lwi_load(x + i));                                        \
                const __m512 b = name##_v(lwi_load(x + i + LWI_LANES));                            \
                lwi_store(to + i, a);                                                              \
                lwi_store(to + i + LWI_LANES, b);                                                  \
            }                                                                                      \
            for (; i < columns; i += LWI_LANES) {                                                  \
                const size_t left = columns - i;                                                   \
                const lwi_part part = lwi_part_of(left < LWI_LANES ? left : LWI_LANES);            \
                lwi_store_part(to + i, part, name##_v(lwi_load_part(x + i, part)));                \
            }                                                                                      \
        }                                                                                          \
    }

UNARY(exp, lwi_exp_v(x))
UNARY(erf, lwi_erf_v(x))
UNARY(tanh, lwi_tanh_v(x))
UNARY(sigmoid, lwi_sigmoid_v(x))
UNARY(silu, _mm512_mul_ps(x, lwi_sigmoid_v(x)))
UNARY(gelu, _mm512_mul_ps(x, lwi_normal_cdf_v(x)))
UNARY(gelu_tanh,
      _mm512_mul_ps(x, lwi_sigmoid_v(_mm512_mul_ps(
                           LWI_SPLAT(1.5957691f),
                           _mm512_fmadd_ps(_mm512_mul_ps(_mm512_mul_ps(LWI_SPLAT(0.044715f), x), x),
                                           x, x)))))

static lwi_pointwise_loop *const BETTER[LWI_POINTWISE_CODES] = {
    [LWI_POINTWISE_exp] = fast_exp,
    [LWI_POINTWISE_erf] = fast_erf,
    [LWI_POINTWISE_tanh] = fast_tanh,
    [LWI_POINTWISE_sigmoid] = fast_sigmoid,
    [LWI_POINTWISE_silu] = fast_silu,
    [LWI_POINTWISE_gelu] = fast_gelu,
    [LWI_POINTWISE_gelu_tanh] = fast_gelu_tanh,
};
#define LWI_POINTWISE_BETTER(code, repeats) ((repeats) == 0 ? BETTER[code] : NULL)
#include "kern/pointwise_f32.inc"
