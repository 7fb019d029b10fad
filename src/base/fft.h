/* SPDX-License-Identifier: MIT
 * Discrete Fourier transforms of any length in O(n log n), in double. */
#ifndef LWI_FFT_H
#define LWI_FFT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lwi_fft {
    size_t n;       /* length, from 1 to 2^40 */
    size_t m;       /* length of the transforms inside, a power of two; n if n is one */
    size_t doubles; /* that lwi_fft_make needs */
    double *roots;  /* m / 2 complex numbers: exp(-2 pi i k / m) */
    double *chirp;  /* n: exp(-pi i k^2 / n); NULL if n is a power of two */
    double *filter; /* m: the transform of the conjugate chirp, divided by m */
} lwi_fft;

/* Sets the lengths. */
void lwi_fft_size(size_t n, lwi_fft *fft);
/* Makes the tables in memory, fft->doubles of it, which must live as long as the plan is used. */
void lwi_fft_make(lwi_fft *fft, double *memory);
/* Transforms n complex numbers in place, not scaled. work: m complex numbers. */
void lwi_fft_transform(const lwi_fft *fft, double *z, double *work, bool inverse);

#endif
