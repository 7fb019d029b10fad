/* SPDX-License-Identifier: MIT
 * Compares values as ONNX's conformance runner does: |got - expected| <= atol + rtol * |expected|,
 * NaN equal to NaN; integers, bools and strings exactly; types and shapes equal. */
#ifndef LWI_COMPARE_VALUES_H
#define LWI_COMPARE_VALUES_H

#include <lampwick.h>

typedef struct lwi_tolerance {
    double relative, absolute;
} lwi_tolerance;

typedef struct lwi_difference {
    double relative, absolute; /* largest found */
    size_t wrong, total;       /* elements */
    char sentence[200];        /* about the first difference; "" if there is none */
} lwi_difference;

/* True if equal within the tolerance; the difference is filled either way. */
bool lwi_compare_values(const lw_value *got, const lw_value *expected, lwi_tolerance tolerance,
                        lwi_difference *difference);

#endif
