/* SPDX-License-Identifier: MIT
 * Resize in three parts: resize.c reads the node, resize_axis.c works out for each axis which
 * elements of the input make an element of the output, resize_apply.c computes. */
#ifndef LWI_RESIZE_H
#define LWI_RESIZE_H

#include "ops/op.h"

typedef enum lwi_resize_mode { LWI_NEAREST, LWI_LINEAR, LWI_CUBIC } lwi_resize_mode;

typedef struct lwi_resize_axis {
    int64_t in, out;
    double scale;
    double width;      /* scale * in: the output's size before it is rounded */
    double start, end; /* region of interest, 0 to 1 */
    bool same;         /* nothing happens along this axis */
    size_t taps;       /* elements of the input for one of the output */
    int64_t *index;    /* [out, taps] */
    double *weight;    /* [out, taps]; NULL if nearest */
    bool *outside;     /* [out]: the output is the extrapolation value; NULL: never */
} lwi_resize_axis;

typedef struct lwi_resize {
    lwi_resize_mode mode;
    const char *coordinates, *nearest;
    bool antialias, exclude_outside, crop; /* crop: tf_crop_and_resize */
    double cubic_a;
    float extrapolation;
    int rank;
    lwi_resize_axis axes[LW_MAX_RANK + 1]; /* one more for the halves of complex numbers */
} lwi_resize;

/* Sizes and scales of all axes. */
lw_status lwi_resize_shape(const lwi_call *call, lwi_resize *resize);
/* Everything, with the tables of the axes that change, in scratch memory. */
lw_status lwi_resize_read(lwi_call *call, lwi_resize *resize);
/* Fills the tables of an axis. */
lw_status lwi_resize_tables(lwi_call *call, const lwi_resize *resize, lwi_resize_axis *axis);
/* Copies the nearest elements. */
lw_status lwi_resize_nearest(lwi_call *call, const lwi_resize *resize);
/* Weighted means, axis by axis. */
lw_status lwi_resize_weighted(lwi_call *call, const lwi_resize *resize);

#endif
