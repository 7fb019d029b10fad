/* SPDX-License-Identifier: MIT
 * Fourier transforms of many rows, on several threads. */
#ifndef LWI_FFT_ROWS_H
#define LWI_FFT_ROWS_H

#include "base/fft.h"
#include "ops/op.h"

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
