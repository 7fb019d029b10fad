/* SPDX-License-Identifier: MIT
 * Transforms of Winograd's algorithm for 3x3 kernels (S. Winograd, "Arithmetic Complexity of
 * Computations", 1980; A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks",
 * 2016), with the channels last. A tile of m x m outputs is made from (m + 2) x (m + 2) inputs as
 * A [(G g G') * (B' d B)] A', where * multiplies elements ("points") one by one; summed over the
 * channels, these products are one matrix product for each point.
 *
 * The numbers at which the polynomials are evaluated are 0, 1, -1 and infinity for m = 2, and 0,
 * 2/3, -2/3, 3/2, -3/2 and infinity for m = 4: with those, rounding errors are a third of what they
 * are with the usual 1, -1, 2, -2. */
#ifndef LWI_KERN_WINOGRAD_F32_H
#define LWI_KERN_WINOGRAD_F32_H

#include <stdbool.h>
#include <stddef.h>

/* B' d B of one tile. Element (i, j) of the tile is at x + i * x_row + j * x_pixel, if top <= i <
 * bottom and left <= j < right; elsewhere the input is zero. Point number p goes to v + p *
 * v_point. Strides are in floats. */
typedef struct lwi_winograd_f32_in {
    const float *x;
    size_t x_row, x_pixel;
    int top, bottom, left, right;
    size_t channels;
    float *v;
    size_t v_point;
} lwi_winograd_f32_in;

/* The tile of outputs that belongs to the products m, whose point p is at m + p * m_point: the
 * first rows x columns of them go to y. */
typedef struct lwi_winograd_f32_out {
    const float *m;
    size_t m_point;
    size_t channels;
    const float *bias; /* [channels] or NULL */
    float *y;
    size_t y_row, y_pixel;
    int rows, columns;
    float low, high; /* clamp; NaN stays */
} lwi_winograd_f32_out;

/* Points [row * (m + 2), (row + 1) * (m + 2)) of G g G' for a panel of filters: element k of the
 * kernel of channel c and filter i is at w + (c * 9 + k) * width + i, and goes to u + c * width + i
 * for the first point, u_point further for each one more. width is gemm_f32_columns. The numbers
 * are doubles until they are stored, and all levels make the same bits. */
typedef struct lwi_winograd_f32_weights {
    const float *w;
    size_t channels, width;
    int row;
    float *u;
    size_t u_point;
} lwi_winograd_f32_weights;

typedef void lwi_winograd_f32_in_fn(const lwi_winograd_f32_in *job);
/* Returns whether a result may be NaN or infinite: then the direct sums may be others. */
typedef bool lwi_winograd_f32_out_fn(const lwi_winograd_f32_out *job);
typedef void lwi_winograd_f32_weights_fn(const lwi_winograd_f32_weights *job);

#endif
