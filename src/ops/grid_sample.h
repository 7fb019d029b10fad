/* SPDX-License-Identifier: MIT
 * What the kernels of GridSample share: which elements of an image make a point of the output. */
#ifndef LWI_GRID_SAMPLE_H
#define LWI_GRID_SAMPLE_H

#include "ops/op.h"

typedef enum lwi_grid_padding {
    LWI_PAD_ZEROS,
    LWI_PAD_BORDER,
    LWI_PAD_REFLECTION
} lwi_grid_padding;

enum { LWI_GRID_TAPS = 4, LWI_GRID_CHUNK = 64 };

typedef struct lwi_grid {
    int rank; /* of the image */
    int64_t dims[LW_MAX_RANK];
    size_t channels, in_size, points;
    size_t taps, all_taps; /* along each axis: 1 nearest, 2 linear, 4 cubic; along all of them */
    lwi_grid_padding padding;
    bool align_corners;
    const lw_value *places; /* input 1 */
} lwi_grid;

/* Elements along one axis; weight 0 where there is none. */
typedef struct lwi_grid_axis {
    int64_t index[LWI_GRID_TAPS];
    double weight[LWI_GRID_TAPS];
} lwi_grid_axis;

/* Attributes and shapes; output 0 has its shape. */
lw_status lwi_grid_read(const lwi_call *call, lwi_grid *grid);
/* Where a point lies, of all images together, along each axis. */
void lwi_grid_locate(const lwi_grid *grid, size_t point, lwi_grid_axis axes[LW_MAX_RANK]);
/* The combinations [first, first + n) of taps of all axes, as offsets in a channel and weights. */
void lwi_grid_combine(const lwi_grid *grid, const lwi_grid_axis *axes, size_t first, size_t n,
                      size_t *offsets, double *weights);

#endif
