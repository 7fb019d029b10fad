/* SPDX-License-Identifier: MIT
 * Convolution, shared by Conv, its fused and its integer forms: shapes, and the computation as a
 * matrix product of the weights with patches of the input, or plane by plane if every output
 * channel sees one input channel only. */
#ifndef LWI_CONV_H
#define LWI_CONV_H

#include "ops/fused_activation.h"
#include "ops/matrix_product.h"
#include "ops/window.h"

typedef struct lwi_conv {
    lwi_window window;
    size_t batch, groups;
    size_t channels, filters;              /* of input and output, in each group */
    size_t in_size, out_size, kernel_size; /* elements of one channel */
    const void *x, *w, *bias, *z;          /* bias and z (added to the result) may be NULL */
    void *y;
    lwi_activation activation;
} lwi_conv;

/* Shapes from inputs x [N, C, ...] (or [N, ..., C]) and w [M, C / group, ...]; LW_SHAPE if they do
 * not match. */
lw_status lwi_conv_shape(const lwi_call *call, size_t x, size_t w, bool channels_last,
                         lwi_conv *conv);
/* The dimensions of the result; returns the rank. */
int lwi_conv_dims(const lwi_conv *conv, bool channels_last, int64_t dims[LW_MAX_RANK]);
/* Checks that input `bias`, if it is there, has one element for every output channel. */
lw_status lwi_conv_check_bias(const lwi_call *call, const lwi_conv *conv, size_t bias);
/* y = conv(x, w): float32, float64 or uint32, channels first; bias, z and activation are applied
 * for floating point only. */
lw_status lwi_conv_compute(lwi_call *call, const lwi_conv *conv, lw_dtype dtype,
                           const lwi_tile *tile_f32);

/* Fills panels of B with patches (arg is a lwi_conv): row r is one element of the kernel in one
 * channel, column c one place of the output. For elements of 4 and of 8 bytes. */
void lwi_conv_patches_32(const void *arg, const lwi_panels *panels);
void lwi_conv_patches_64(const void *arg, const lwi_panels *panels);
/* Convolution of single channels. */
void lwi_conv_planes(const lwi_call *call, const lwi_conv *conv, lw_dtype dtype);
/* Adds bias and z and applies the activation to n elements of output channel `channel` of an image
 * that begin at y. */
void lwi_conv_finish_f32(const lwi_conv *conv, size_t channel, float *y, size_t n);
void lwi_conv_finish_f64(const lwi_conv *conv, size_t channel, double *y, size_t n);

/* [batch, channels, size] from [batch, size, channels], by elements of 1, 2, 4 or 8 bytes; and,
 * with channels and size exchanged, back. */
void lwi_conv_turn(const lwi_call *call, const void *x, size_t batch, size_t size, size_t channels,
                   size_t element, void *y);

/* Conv with a tile kernel of the caller's. */
lw_status lwi_conv_run(lwi_call *call, const lwi_tile *tile_f32);

#endif
