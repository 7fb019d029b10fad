/* SPDX-License-Identifier: MIT
 * The outputs of a row whose windows lie inside the input row. */
#ifndef LWI_KERN_ROW_WINDOW_H
#define LWI_KERN_ROW_WINDOW_H

#include <stddef.h>

/* Output o sees inputs o * stride - begin + k * dilation, 0 <= k < kernel. *low to *high: those
 * that see no input outside of [0, in). */
static inline void lwi_row_inside(ptrdiff_t in, ptrdiff_t out, ptrdiff_t kernel, ptrdiff_t stride,
                                  ptrdiff_t dilation, ptrdiff_t begin, ptrdiff_t *low,
                                  ptrdiff_t *high) {
    const ptrdiff_t last = in - 1 - (kernel - 1) * dilation + begin;
    *low = begin > 0 ? (begin + stride - 1) / stride : 0;
    if (*low > out) *low = out;
    *high = last < 0 ? 0 : last / stride + 1;
    if (*high > out) *high = out;
    if (*high < *low) *high = *low;
}

/* The k of one output that are inside: first <= k < end. */
static inline void lwi_row_clip(ptrdiff_t in, ptrdiff_t kernel, ptrdiff_t dilation, ptrdiff_t start,
                                ptrdiff_t *first, ptrdiff_t *end) {
    if (start >= 0 && start + (kernel - 1) * dilation < in) { /* mostly, and no division */
        *first = 0;
        *end = kernel;
        return;
    }
    *first = start < 0 ? (-start + dilation - 1) / dilation : 0;
    *end = start < in ? (in - 1 - start) / dilation + 1 : 0;
    if (*end > kernel) *end = kernel;
    if (*first > *end) *first = *end;
}

#endif
