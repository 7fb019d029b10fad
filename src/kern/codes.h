/* SPDX-License-Identifier: MIT
 * Loops over 8-bit codes of quantised tensors, for the compiler to vectorise. A code is a uint8 or,
 * if flip is 0x80, an int8: byte ^ flip is the uint8 code that the kernels count with, whose zero
 * point is that of the int8 plus 128. */
#ifndef LWI_KERN_CODES_H
#define LWI_KERN_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How codes are read: number = ((byte ^ flip) - zero) * scale. */
typedef struct lwi_codes {
    float scale, zero;
    uint8_t flip;
} lwi_codes;

/* How codes are written: round(number) in [low, high], plus zero, a byte of either type; low and
 * high are less zero. */
typedef struct lwi_coding {
    float low, high;
    int32_t zero;
} lwi_coding;

/* Code of x[i] / scale. */
typedef void lwi_quantize_f32_fn(const float *x, size_t n, float scale, const lwi_coding *to,
                                 uint8_t *y);
typedef void lwi_dequantize_i8_fn(const uint8_t *x, size_t n, const lwi_codes *from, float *y);
/* least and greatest become at most and at least every x[i]; NaN is passed over. */
typedef void lwi_range_f32_fn(const float *x, size_t n, float *least, float *greatest);
/* y = code of a + b or of a * b, in units of the result's scale; a step of 0 repeats a[0]. For
 * products a->scale belongs to both. */
typedef void lwi_binary_i8_fn(const uint8_t *a, size_t a_step, const lwi_codes *from_a,
                              const uint8_t *b, size_t b_step, const lwi_codes *from_b, size_t n,
                              const lwi_coding *to, uint8_t *y);
/* y[i] = map[x[i]] */
typedef void lwi_map_i8_fn(const uint8_t *x, size_t n, const uint8_t map[256], uint8_t *y);
/* sums[i] += x[i] ^ flip */
typedef void lwi_sum_i8_fn(const uint8_t *x, size_t n, uint8_t flip, int32_t *sums);
/* y[i] = the greatest code of x[0][i], x[1][i] ... */
typedef void lwi_max_i8_fn(const uint8_t *const *x, size_t taps, size_t n, uint8_t flip,
                           uint8_t *y);
/* y[i] = code of (sums[i] - away) / divisor * factor / scale */
typedef struct lwi_mean {
    double away, divisor;
    float factor, scale;
    lwi_coding to;
} lwi_mean;
typedef void lwi_mean_i8_fn(const int32_t *sums, size_t n, const lwi_mean *mean, uint8_t *y);

#endif
