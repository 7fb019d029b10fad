/* SPDX-License-Identifier: MIT */
#include "backend/cpu/drop_denormals.h"

#include <float.h>
#include <math.h>

void lwi_drop_denormals(float *weights, size_t n) {
    for (size_t i = 0; i < n; i++)
        weights[i] = fabsf(weights[i]) < FLT_MIN ? 0 : weights[i];
}
