/* SPDX-License-Identifier: MIT
 * Products of rows with weights in blocks. Quantised weights are packed once for the model and
 * multiplied as integers; rows are rounded to 8 bits for that. float32, float16 and bfloat16
 * weights, and types without a form in kern/block_dot.h, are multiplied in float32
 * (block_floats.h). Either way a result depends on its own row only. */
#ifndef LWI_BLOCK_PRODUCT_H
#define LWI_BLOCK_PRODUCT_H

#include "backend/cpu/block_pack.h"
#include "backend/cpu/cpu_backend.h"
#include "ops/work_slots.h"
#include "ops/block_matmul.h"

/* Products that are worth a thread, which take about as long as giving it work. */
enum { LWI_BLOCK_PORTION = 1 << 15 };

typedef struct lwi_block_weights {
    lwi_block_rows rows;
    lwi_block_pack pack;
    const void *packed; /* panels of codes or of numbers; NULL: neither is there */
    bool integers;      /* they are codes */
    size_t columns;     /* of the product that a panel makes */
    size_t number;      /* bytes of one in panels of numbers */
    size_t depth;       /* of a sum that is not cut, for those that are multiplied in float32 */
} lwi_block_weights;

/* In prepare: the weights that an input of the call is. */
lw_status lwi_block_weights_prepare(lwi_call *call, size_t input, lwi_block_weights *weights);

/* A product that is under way. */
typedef struct lwi_block_product {
    const lwi_kernels *kernels;
    const lwi_block_weights *weights;
    const uint8_t *file; /* the weights' own bytes */
    size_t m;
    const float *x; /* [m, k] */
    size_t x_row;
    int8_t *a; /* rounded */
    lwi_block_sums *sums;
    lwi_work_slots slots; /* for widened weights */
} lwi_block_product;

/* In run: rounds the rows of x [m, k] if need be. file: the weights' own bytes. other: a product of
 * the same rows that has begun and whose weights are multiplied likewise, as integers or not, so
 * that what it has made of the rows can be had; or NULL. */
lw_status lwi_block_product_begin(lwi_call *call, const lwi_block_weights *weights,
                                  const void *file, const float *x, size_t m,
                                  const lwi_block_product *other, lwi_block_product *product);
/* How many there are of a matrix, and the products of one with a row; those of floats, which take
 * longer to read, count twice. */
size_t lwi_block_panels(const lwi_block_weights *weights);
size_t lwi_block_panel_work(const lwi_block_weights *weights);
/* y [n, columns of the panels] of rows [row, row + n) with panels [first, last) of a matrix; y is
 * where the first panel's column of the first row goes. bias: of all columns, or NULL. */
typedef struct lwi_block_part {
    size_t matrix, row, n, first, last;
    float *y;
    const float *bias;
} lwi_block_part;
void lwi_block_multiply(lwi_block_product *product, const lwi_block_part *part);

#endif
