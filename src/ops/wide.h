/* SPDX-License-Identifier: MIT
 * Single elements of tensors that LWI_WIDEN leaves as float32 or float64, as double. */
#ifndef LWI_WIDE_H
#define LWI_WIDE_H

#include "ops/op.h"

static inline double lwi_wide(const lw_value *v, size_t i) {
    return v->dtype == LW_FLOAT32 ? ((const float *)v->data)[i] : ((const double *)v->data)[i];
}

static inline void lwi_set_wide(lw_value *v, size_t i, double number) {
    if (v->dtype == LW_FLOAT32) ((float *)v->data)[i] = (float)number;
    else ((double *)v->data)[i] = number;
}

#endif
