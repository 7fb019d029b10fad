/* SPDX-License-Identifier: MIT
 * Sums, extremes and normalisation of floats. Sums are of floats in lanes for a short while
 * (LWI_REDUCE_SHORT elements of each lane at most) and of doubles beyond, always in the same order:
 * the error is below 16 units in the last place of the sum of magnitudes. */
#ifndef LWI_KERN_REDUCE_F32_H
#define LWI_KERN_REDUCE_F32_H

#include <stdbool.h>
#include <stddef.h>

typedef enum lwi_fold {
    LWI_FOLD_SUM,
    LWI_FOLD_SUM_ABS,
    LWI_FOLD_SUM_SQUARES, /* of x - centre */
    LWI_FOLD_MAX,         /* NaN if there is one */
    LWI_FOLD_MIN,
    LWI_FOLDS
} lwi_fold;

enum { LWI_REDUCE_SHORT = 32 };

/* Of n elements; of none: 0, -INFINITY or INFINITY. */
typedef double lwi_reduce_f32_fn(lwi_fold fold, const float *x, size_t n, float centre);
/* y[r]: of row r, which has n elements; they follow one another. centre: 0. */
typedef void lwi_reduce_rows_f32_fn(lwi_fold fold, const float *x, size_t rows, size_t n,
                                    double *y);
/* acc[k] is joined with the elements of column k: rows elements, `stride` apart. centre: NULL, or
 * one for each column. */
typedef void lwi_reduce_columns_f32_fn(lwi_fold fold, const float *x, size_t rows, size_t stride,
                                       size_t columns, const float *centre, double *acc);

/* A row of n > 0 elements of layer normalisation (centre: the mean is subtracted) or RMS
 * normalisation: y = (x - mean) / sqrt(variance + epsilon) * scale + bias. y may be x. scale and
 * bias may be NULL. */
typedef struct lwi_normalize_f32_job {
    const float *x, *scale, *bias;
    float *y;
    size_t n;
    bool centre;
    double epsilon;
    float mean, inverse; /* results: the mean and the factor */
} lwi_normalize_f32_job;
typedef void lwi_normalize_f32_fn(lwi_normalize_f32_job *job);
/* y[i] = (x[i] - centre) * factor + term; y may be x. */
typedef void lwi_affine_f32_fn(const float *x, size_t n, float centre, float factor, float term,
                               float *y);

#endif
