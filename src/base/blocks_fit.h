/* SPDX-License-Identifier: MIT
 * Scales for the groups of a block of 256 numbers, which are small whole multiples of one or two
 * numbers of the block. */
#ifndef LWI_BLOCKS_FIT_H
#define LWI_BLOCKS_FIT_H

#include <stdint.h>

/* How a type divides a block: codes 0 to most, scales and mins 0 to limit; limit 0: they are no
 * multiples, and the min has any sign. */
typedef struct lwi_block_shape {
    int group, most, limit;
} lwi_block_shape;

/* Numbers as scale * s * code - min * m, s and m of their group; scale and min are halves. */
typedef struct lwi_block_affine {
    float scale, min;
    uint8_t s[16], m[16];
} lwi_block_affine;

/* Numbers as scale * s * code; scale is a half. */
typedef struct lwi_block_linear {
    float scale;
    int8_t s[16];
} lwi_block_linear;

/* Codes that the number farthest from 0 may get, give or take some steps of this width. */
typedef struct lwi_block_edges {
    float low, high, width;
} lwi_block_edges;

/* What the nearest code to x stands for. */
typedef int lwi_block_code_fn(float x);

/* The scale and min of one group by itself: scale * code - min. */
typedef struct lwi_block_group {
    float scale, min;
} lwi_block_group;
lwi_block_group lwi_block_fit_group(const float *x, const float *w, lwi_block_shape shape);
/* w: weights of squared errors, or NULL. */
void lwi_block_fit_affine(const float *x, const float *w, lwi_block_shape shape,
                          lwi_block_affine *fit);
void lwi_block_affine_codes(const float *x, lwi_block_shape shape, const lwi_block_affine *fit,
                            uint8_t *codes);

/* The scale of n numbers that explains most of the sum of their squares. */
float lwi_block_fit_scale(const float *x, const float *w, int n, lwi_block_edges edges,
                          lwi_block_code_fn *code);
/* From scales of the groups by themselves; s is from `least`, below 0, to -least - 1. */
void lwi_block_fit_linear(const float *x, const float *w, int group, const float *scales, int least,
                          lwi_block_code_fn *code, lwi_block_linear *fit);

#endif
