/* SPDX-License-Identifier: MIT
 * MaxPool and AveragePool of images with the channels last, row by row (for conv_chain.c). */
#ifndef LWI_CPU_POOL_H
#define LWI_CPU_POOL_H

#include "backend/cpu/cpu_backend.h"

enum { LWI_POOL_ROWS_SEEN = 16 };

/* What lwi_pool_row wants of a step, if it is such a pooling of at most LWI_POOL_ROWS_SEEN rows;
 * else NULL. Output row r sees the input rows r * stride - begin + k * dilation for 0 <= k <
 * kernel. */
const void *lwi_pool_of(const lwi_cpu_step *step, int64_t *kernel, int64_t *stride,
                        int64_t *dilation, int64_t *begin);
/* Row `row` of an image. x: [n] the input rows that it sees and that are there. */
void lwi_pool_row(const void *pool, const float *const *x, size_t n, size_t row, float *y);

#endif
