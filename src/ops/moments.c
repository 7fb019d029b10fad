/* SPDX-License-Identifier: MIT
 * Sums in double, in eight interleaved parts of a fixed order. */
#include "ops/moments.h"

enum { LANES = 8 };

#define SUM(NAME, T, TERM)                                                                         \
    static double NAME(const T *xs, size_t n, double centre) {                                     \
        double lanes[LANES] = {0};                                                                 \
        size_t i = 0;                                                                              \
        (void)centre;                                                                              \
        for (; i + LANES <= n; i += LANES)                                                         \
            for (size_t l = 0; l < LANES; l++) {                                                   \
                const double x = xs[i + l];                                                        \
                lanes[l] += TERM;                                                                  \
            }                                                                                      \
        for (size_t l = 0; i < n; i++, l++) {                                                      \
            const double x = xs[i];                                                                \
            lanes[l] += TERM;                                                                      \
        }                                                                                          \
        double sum = 0;                                                                            \
        for (size_t l = 0; l < LANES; l++)                                                         \
            sum += lanes[l];                                                                       \
        return sum;                                                                                \
    }
SUM(sum_f32, float, x)
SUM(sum_f64, double, x)
SUM(squares_f32, float, (x - centre) * (x - centre))
SUM(squares_f64, double, (x - centre) * (x - centre))

double lwi_sum(const lw_value *x, size_t at, size_t n) {
    return x->dtype == LW_FLOAT32 ? sum_f32((const float *)x->data + at, n, 0)
                                  : sum_f64((const double *)x->data + at, n, 0);
}

double lwi_sum_squares(const lw_value *x, size_t at, size_t n, double centre) {
    return x->dtype == LW_FLOAT32 ? squares_f32((const float *)x->data + at, n, centre)
                                  : squares_f64((const double *)x->data + at, n, centre);
}

lwi_moments lwi_moments_of(const lw_value *x, size_t at, size_t n, bool centre) {
    const double mean = centre ? lwi_sum(x, at, n) / (double)n : 0;
    return (lwi_moments){mean, lwi_sum_squares(x, at, n, mean) / (double)n};
}

#define AFFINE(NAME, T)                                                                            \
    static void NAME(const T *x, T *y, size_t n, T centre, T scale, T shift) {                     \
        for (size_t i = 0; i < n; i++)                                                             \
            y[i] = (x[i] - centre) * scale + shift;                                                \
    }
AFFINE(affine_f32, float)
AFFINE(affine_f64, double)

void lwi_affine(const lw_value *x, lw_value *y, size_t at, size_t n, double centre, double scale,
                double shift) {
    if (x->dtype == LW_FLOAT32)
        affine_f32((const float *)x->data + at, (float *)y->data + at, n, (float)centre,
                   (float)scale, (float)shift);
    else affine_f64((const double *)x->data + at, (double *)y->data + at, n, centre, scale, shift);
}
