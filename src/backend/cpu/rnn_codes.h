/* SPDX-License-Identifier: MIT
 * Products of floats with 8-bit codes where the processor sums products of bytes: floats are split
 * into three codes (kern/split_f32.h), so that a row is as exact as its largest number in float32,
 * and the codes of a matrix are read once for all three. */
#ifndef LWI_RNN_CODES_H
#define LWI_RNN_CODES_H

#include "kern/split_f32.h"

#include <stdbool.h>

typedef struct lwi_rnn_split {
    uint8_t *codes; /* [rows][LWI_SPLIT_PLANES][lwi_q_whole_steps(k)], as gemm_i8 wants its A */
    float *scales;  /* [rows]; NaN: there is a number that is not finite */
} lwi_rnn_split;

/* y (+)= x B factor + bias, for columns [first, first + columns); first is a whole panel. */
typedef struct lwi_rnn_product {
    lwi_rnn_split x;
    size_t k, rows;
    const void *b; /* packed by lwi_rnn_pack_codes */
    size_t all, first, columns;
    float factor;
    const float *bias; /* of the first column, or NULL */
    bool add;
    float *y; /* of the first column */
    size_t y_row;
    int32_t *sums; /* [rows * LWI_SPLIT_PLANES][columns, rounded up to a panel] memory */
} lwi_rnn_product;

/* Bytes of a packed matrix [k, columns], a multiple of 64. */
size_t lwi_rnn_codes_bytes(size_t k, size_t columns);
/* flip: codes are uint8 with 128 as zero. offsets: [lwi_q_whole_steps(k)] memory. */
void lwi_rnn_pack_codes(const uint8_t *codes, bool flip, size_t k, size_t columns, int64_t *offsets,
                        void *to);
void lwi_rnn_split_rows(const float *x, size_t k, size_t rows, const lwi_rnn_split *to);
void lwi_rnn_multiply(const lwi_rnn_product *product);

#endif
