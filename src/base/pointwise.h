/* SPDX-License-Identifier: MIT
 * The instructions that work element by element on float32 numbers (pointwise.def), by number. */
#ifndef LWI_POINTWISE_H
#define LWI_POINTWISE_H

#include "base/sigmoid.h"

typedef enum lwi_pointwise_code {
#define LWI_POINTWISE(name, operands, result) LWI_POINTWISE_##name,
#include "base/pointwise.def"
#undef LWI_POINTWISE
    LWI_POINTWISE_CODES
} lwi_pointwise_code;

/* NaN stays NaN. */
static inline float lwi_unit_clamp(float v) { return v < 0 ? 0 : v > 1 ? 1 : v; }

#endif
