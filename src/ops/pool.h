/* SPDX-License-Identifier: MIT
 * What the files of the pooling operators share. */
#ifndef LWI_POOL_H
#define LWI_POOL_H

#include "ops/window.h"

typedef enum lwi_pool_kind { LWI_POOL_MAX, LWI_POOL_AVERAGE, LWI_POOL_LP } lwi_pool_kind;

typedef struct lwi_pool_planes {
    lwi_window window;
    lwi_pool_kind kind;
    bool count_pads; /* in an average */
    double p;        /* of the Lp norm */
    size_t planes, in_size, out_size;
    const void *x; /* [planes, in] */
    void *y;       /* [planes, out] */
} lwi_pool_planes;

/* The window over input 0: [N, C, ...] or [N, ..., C]. */
lw_status lwi_pool_window(const lwi_call *call, bool channels_last, lwi_window *window);
/* Elements of the kernel that a window beginning at start along an axis counts for an average. */
int64_t lwi_pool_count(const lwi_window *window, bool count_pads, int axis, int64_t start);
/* Values of float32, float64, int8 and uint8 (the two last: maximum only). */
void lwi_pool_compute(const lwi_call *call, lw_dtype dtype, lwi_pool_planes *pool);
/* Places of the maxima, as indices into the whole input. */
lw_status lwi_pool_indices(lwi_call *call, const lw_value *x, const lwi_window *window,
                           bool column_major, int64_t *indices);

#endif
