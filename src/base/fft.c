/* SPDX-License-Identifier: MIT
 * The iterative radix-2 transform of Cooley and Tukey (1965) for powers of two; every other length
 * becomes a convolution of chirps, which is done with such transforms (Bluestein 1970). */
#include "base/fft.h"

#include <math.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

static void transform_power_of_two(const lwi_fft *f, double *z) {
    const size_t m = f->m;
    for (size_t i = 1, j = 0; i < m; i++) { /* j: i with its bits reversed */
        size_t bit = m >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i >= j) continue;
        const double re = z[2 * i], im = z[2 * i + 1];
        z[2 * i] = z[2 * j], z[2 * i + 1] = z[2 * j + 1];
        z[2 * j] = re, z[2 * j + 1] = im;
    }
    for (size_t half = 1; half < m; half *= 2) {
        const size_t step = m / (2 * half);
        for (size_t start = 0; start < m; start += 2 * half)
            for (size_t k = 0; k < half; k++) {
                double *a = z + 2 * (start + k), *b = a + 2 * half;
                const double *w = f->roots + 2 * k * step;
                const double re = b[0] * w[0] - b[1] * w[1], im = b[0] * w[1] + b[1] * w[0];
                b[0] = a[0] - re, b[1] = a[1] - im;
                a[0] += re, a[1] += im;
            }
    }
}

/* to[i] = a[i] * b[i] for n complex numbers. */
static void multiply(const double *a, const double *b, size_t n, double *to) {
    for (size_t i = 0; i < 2 * n; i += 2) {
        const double re = a[i] * b[i] - a[i + 1] * b[i + 1];
        to[i + 1] = a[i] * b[i + 1] + a[i + 1] * b[i];
        to[i] = re;
    }
}

/* Turns a forward transform into an inverse one, before and after it. */
static void swap_parts(double *z, size_t n) {
    for (size_t i = 0; i < 2 * n; i += 2) {
        const double re = z[i];
        z[i] = z[i + 1];
        z[i + 1] = re;
    }
}

static void transform(const lwi_fft *f, double *z, double *work) {
    if (!f->chirp) {
        transform_power_of_two(f, z);
        return;
    }
    multiply(z, f->chirp, f->n, work);
    memset(work + 2 * f->n, 0, 2 * (f->m - f->n) * sizeof *work);
    transform_power_of_two(f, work);
    multiply(work, f->filter, f->m, work);
    swap_parts(work, f->m);
    transform_power_of_two(f, work);
    swap_parts(work, f->m);
    multiply(work, f->chirp, f->n, z);
}

static void make_chirp(lwi_fft *f) {
    memset(f->filter, 0, f->m * 2 * sizeof(double));
    size_t square = 0; /* k^2 modulo 2 n, which is the period of the chirp */
    for (size_t k = 0; k < f->n; k++) {
        const double angle = PI * (double)square / (double)f->n;
        const double re = cos(angle), im = sin(angle);
        f->chirp[2 * k] = re, f->chirp[2 * k + 1] = -im;
        const size_t mirrored = k ? f->m - k : 0;
        f->filter[2 * k] = f->filter[2 * mirrored] = re / (double)f->m;
        f->filter[2 * k + 1] = f->filter[2 * mirrored + 1] = im / (double)f->m;
        square = (square + 2 * k + 1) % (2 * f->n);
    }
    transform_power_of_two(f, f->filter);
}

void lwi_fft_size(size_t n, lwi_fft *f) {
    const bool power = (n & (n - 1)) == 0;
    *f = (lwi_fft){.n = n, .m = 1};
    while (f->m < (power ? n : 2 * n - 1))
        f->m *= 2;
    f->doubles = power ? f->m : f->m + 2 * n + 2 * f->m;
}

void lwi_fft_make(lwi_fft *f, double *memory) {
    f->roots = memory;
    for (size_t k = 0; k < f->m / 2; k++) {
        f->roots[2 * k] = cos(2 * PI * (double)k / (double)f->m);
        f->roots[2 * k + 1] = -sin(2 * PI * (double)k / (double)f->m);
    }
    if (f->doubles == f->m) return;
    f->chirp = memory + f->m;
    f->filter = f->chirp + 2 * f->n;
    make_chirp(f);
}

void lwi_fft_transform(const lwi_fft *f, double *z, double *work, bool inverse) {
    if (inverse) swap_parts(z, f->n);
    transform(f, z, work);
    if (inverse) swap_parts(z, f->n);
}
