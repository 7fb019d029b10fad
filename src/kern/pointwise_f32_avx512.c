/* SPDX-License-Identifier: MIT
 * The loops of pointwise_f32.inc, and better ones for functions that a profile is full of. */
#include "kern/exp_avx512.h"
#include "kern/pointwise_f32.h"

static inline void fill_row(float *y, size_t n, __m512 value) {
    for (size_t i = 0; i < n; i += LWI_LANES)
        lwi_store_part(y + i, lwi_part_of(n - i < LWI_LANES ? n - i : LWI_LANES), value);
}

/* once: an operand that repeats must give the same bits as one that does not. */
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
    }                                                                                              \
    static void once_##name(float *y, size_t y_row, const lwi_lane *o, size_t rows,                \
                            size_t columns) {                                                      \
        for (size_t r = 0; r < rows; r++)                                                          \
            fill_row(y + r * y_row, columns, name##_v(lwi_splat(o[0].data[r * o[0].row])));        \
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

#define BOTH(name) [LWI_POINTWISE_##name] = {fast_##name, once_##name}
static lwi_pointwise_loop *const BETTER[LWI_POINTWISE_CODES][2] = {
    BOTH(exp), BOTH(erf), BOTH(tanh), BOTH(sigmoid), BOTH(silu), BOTH(gelu), BOTH(gelu_tanh),
};
#define LWI_POINTWISE_BETTER(code, repeats) ((repeats) < 2 ? BETTER[code][repeats] : NULL)
#include "kern/pointwise_f32.inc"
