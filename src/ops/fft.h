/* SPDX-License-Identifier: MIT
 * Discrete Fourier transforms of any length in O(n log n), in double. */
#ifndef LWI_FFT_H
#define LWI_FFT_H

#include "ops/op.h"

typedef struct lwi_fft {
    size_t n;       /* length */
    size_t m;       /* length of the transforms inside, a power of two; n if n is one */
    double *roots;  /* m / 2 complex numbers: exp(-2 pi i k / m) */
    double *chirp;  /* n: exp(-pi i k^2 / n); NULL if n is a power of two */
    double *filter; /* m: the transform of the conjugate chirp, divided by m */
} lwi_fft;

/* Tables in the call's scratch memory. n is at least 1. */
lw_status lwi_fft_plan(lwi_call *call, size_t n, lwi_fft *fft);

/* Transforms `rows` rows: load fills z with n complex numbers, store takes them transformed. Not
 * scaled. */
typedef struct lwi_fft_rows {
    void (*load)(const void *arg, size_t row, double *z);
    void (*store)(const void *arg, size_t row, const double *z);
    const void *arg;
    size_t rows;
    bool inverse;
} lwi_fft_rows;
lw_status lwi_fft_run(lwi_call *call, const lwi_fft *fft, const lwi_fft_rows *rows);

#endif
