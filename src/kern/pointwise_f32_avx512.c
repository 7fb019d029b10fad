/* SPDX-License-Identifier: MIT
 * The spans of pointwise_f32.inc, and better ones for functions that a profile is full of. */
#include "kern/exp_avx512.h"
#include "kern/pointwise_f32.h"

#define UNARY(name, RESULT)                                                                        \
    LWI_INLINE __m512 name##_v(__m512 x) { return RESULT; }                                        \
    static void fast_##name(float *y, size_t y_row, const lwi_lane *o, size_t rows, size_t n) {    \
        for (size_t r = 0; r < rows; r++, y += y_row) {                                            \
            const float *x = o[0].data + r * o[0].row;                                             \
            size_t i = 0;                                                                          \
            for (; i + 2 * LWI_LANES <= n; i += 2 * LWI_LANES) {                                   \
                const __m512 first = name##_v(lwi_load(x + i));                                    \
                const __m512 second = name##_v(lwi_load(x + i + LWI_LANES));                       \
                lwi_store(y + i, first);                                                           \
                lwi_store(y + i + LWI_LANES, second);                                              \
            }                                                                                      \
            if (i < n) lwi_store(y + i, name##_v(lwi_load(x + i)));                                \
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

#define LWI_OWN_SPAN_exp ~, fast_exp
#define LWI_OWN_SPAN_erf ~, fast_erf
#define LWI_OWN_SPAN_tanh ~, fast_tanh
#define LWI_OWN_SPAN_sigmoid ~, fast_sigmoid
#define LWI_OWN_SPAN_silu ~, fast_silu
#define LWI_OWN_SPAN_gelu ~, fast_gelu
#define LWI_OWN_SPAN_gelu_tanh ~, fast_gelu_tanh
#include "kern/pointwise_f32.inc"
