/* SPDX-License-Identifier: MIT
 * Panels of int8 B for vpmaddubsw, whose sums of two products saturate at 16 bits. Where the
 * weights of one sign that meet in a lane of 16 bits are 128 together, 255 times that still fits:
 * two k of a column, or four where the lanes of eight k are added up before they are widened. What
 * is above 128 is kept apart: a weight w is c + (w - c), and the rests of four k of eight columns
 * are multiplied once more, so that sums stay exact. Weights of trained networks have few. A panel
 * with more rests than there is room for takes two k to a lane, or else stays whole, and is widened
 * for vpmaddwd while it is read.
 *
 * A panel is [steps][2][16][4], then its head, then the k where rests begin, in order, first for
 * the left eight columns, then for the right ones, then [rests][8][4]. */
#ifndef LWI_KERN_GEMM_I8_RESTS_H
#define LWI_KERN_GEMM_I8_RESTS_H

#include <stddef.h>
#include <stdint.h>

enum { LWI_I8_LANE = 128 };
typedef enum lwi_i8_form { LWI_I8_FOURS, LWI_I8_TWOS, LWI_I8_WHOLE } lwi_i8_form;

typedef struct lwi_i8_head {
    int32_t form, left, right; /* how many rests the columns have */
    int32_t at[];
} lwi_i8_head;

static inline size_t lwi_i8_steps(size_t depth) { return (depth + 7) / 8; }
/* How many rests a panel has room for: more take longer than other forms. */
static inline size_t lwi_i8_room(size_t depth) { return lwi_i8_steps(depth); }
static inline size_t lwi_i8_head_bytes(size_t depth) {
    return (sizeof(lwi_i8_head) + lwi_i8_room(depth) * sizeof(int32_t) + 63) / 64 * 64;
}

/* Bytes of a panel; `rests` is lwi_kernels.gemm_i8_rests: other levels have plain ones. */
static inline size_t lwi_i8_panel_bytes(size_t width, size_t depth, size_t rests) {
    if (!rests) return depth * width;
    return lwi_i8_steps(depth) * 8 * width + lwi_i8_head_bytes(depth) + lwi_i8_room(depth) * 32;
}

#endif
