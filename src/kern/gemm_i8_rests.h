/* SPDX-License-Identifier: MIT
 * Panels of int8 B for vpmaddubsw, whose sums of two products saturate at 16 bits, and for sums of
 * two of these. Eight k of a column are four products in each of two lanes; where the weights of
 * one sign in a lane are 128 together, 255 times that still fits. What is above it is kept apart: a
 * weight w is c + (w - c), and the rests of four k of all columns are multiplied once more, so that
 * sums stay exact. Weights of trained networks have few. A panel with more rests than there is room
 * for stays whole, and is widened for vpmaddwd while it is read.
 *
 * A panel is [steps][2][width][4], then the number of rests, then the k where they begin, in order,
 * then [rests][width][4]. */
#ifndef LWI_KERN_GEMM_I8_RESTS_H
#define LWI_KERN_GEMM_I8_RESTS_H

#include <stddef.h>
#include <stdint.h>

enum { LWI_I8_WHOLE = -1, LWI_I8_LANE = 128, LWI_I8_MOST_STEPS_FOR_REST = 2 };

static inline size_t lwi_i8_steps(size_t depth) { return (depth + 7) / 8; }
/* How many rests a panel has room for: more take longer than pairs. */
static inline size_t lwi_i8_room(size_t depth) {
    return lwi_i8_steps(depth) / LWI_I8_MOST_STEPS_FOR_REST;
}
static inline size_t lwi_i8_list_bytes(size_t depth) {
    return ((1 + lwi_i8_room(depth)) * sizeof(int32_t) + 63) / 64 * 64;
}

/* Bytes of a panel; `rests` is lwi_kernels.gemm_i8_rests: other levels have plain ones. */
static inline size_t lwi_i8_panel_bytes(size_t width, size_t depth, size_t rests) {
    if (!rests) return depth * width;
    return lwi_i8_steps(depth) * 8 * width + lwi_i8_list_bytes(depth) +
           lwi_i8_room(depth) * 4 * width;
}

#endif
