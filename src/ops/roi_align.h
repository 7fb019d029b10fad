/* SPDX-License-Identifier: MIT
 * What the kernels of RoiAlign share: where the points of a region's cells lie. */
#ifndef LWI_ROI_ALIGN_H
#define LWI_ROI_ALIGN_H

#include "ops/op.h"

typedef struct lwi_roi_align {
    const lw_value *x, *rois, *batch;
    lw_value *y;
    double scale;
    int64_t sampling_ratio;
    bool half_pixel, maximum;
} lwi_roi_align;

/* How a region is cut along one axis: point i of cell k is at start + (k + (i + 0.5) / points) *
 * cell. */
typedef struct lwi_roi_axis {
    double start, cell;
    int64_t points, size;
} lwi_roi_axis;

/* Two neighbouring elements and their weights; both weights are 0 outside. */
typedef struct lwi_between {
    int64_t low, high;
    double low_weight, high_weight;
} lwi_between;

/* In run: attributes and inputs, checked. */
lw_status lwi_roi_align_read(const lwi_call *call, lwi_roi_align *align);
/* How a region is cut along both axes. */
void lwi_roi_cut(const lwi_roi_align *align, size_t roi, lwi_roi_axis *vertical,
                 lwi_roi_axis *horizontal);
lwi_between lwi_roi_point(const lwi_roi_axis *axis, int64_t cell, int64_t i);

#endif
