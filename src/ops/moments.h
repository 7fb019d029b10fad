/* SPDX-License-Identifier: MIT
 * Means and variances, and the line a * x + b, of neighbouring elements: the arithmetic of
 * normalisations. Types: float32 and float64. */
#ifndef LWI_MOMENTS_H
#define LWI_MOMENTS_H

#include "ops/wide.h"

typedef struct lwi_moments {
    double mean, variance; /* of the population */
} lwi_moments;

/* Of elements [at, at + n) of x, in two passes; with centre false, about 0. */
lwi_moments lwi_moments_of(const lw_value *x, size_t at, size_t n, bool centre);
double lwi_sum(const lw_value *x, size_t at, size_t n);
/* The sum of (x - centre)^2. */
double lwi_sum_squares(const lw_value *x, size_t at, size_t n, double centre);
/* y[i] = (x[i] - centre) * scale + shift for elements [at, at + n). */
void lwi_affine(const lw_value *x, lw_value *y, size_t at, size_t n, double centre, double scale,
                double shift);

#endif
