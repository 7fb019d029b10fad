/* SPDX-License-Identifier: MIT
 * How the portable form of gemm_i8.inc ends: through memory, with loops that the compiler
 * vectorises. The type sums and LANES are there already. */
#include "kern/gemm_i8.h"
#include "kern/round_code.h"

#include <string.h>

typedef lwi_i8_output coder;

LWI_INLINE coder coder_of(const lwi_i8_output *o) { return *o; }

LWI_INLINE void store_codes(const coder *c, const float *scale, const sums *s0, const sums *s1,
                            int vectors, size_t n, void *y0, void *y1) {
    int32_t row[2][VECTORS * LANES] = {{0}};
    memcpy(row[0], s0, (size_t)vectors * sizeof *s0);
    memcpy(row[1], s1, (size_t)vectors * sizeof *s1);
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)y0)[i] = lwi_round_code((float)row[0][i] * scale[i], c->low, c->high, c->zero);
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)y1)[i] = lwi_round_code((float)row[1][i] * scale[i], c->low, c->high, c->zero);
}

LWI_INLINE void store_row(const lwi_i8_output *o, lwi_i8_store store, const sums *s, int vectors,
                          size_t column, size_t n, void *y) {
    int32_t row[VECTORS * LANES] = {0};
    memcpy(row, s, (size_t)vectors * sizeof *s);
    if (store == LWI_I8_INT32) {
        memcpy(y, row, n * sizeof *row);
        return;
    }
    float *to = y;
    for (size_t i = 0; i < n; i++)
        to[i] = (float)row[i] * o->scale[column + i];
    for (size_t i = 0; i < n && o->addend; i++)
        to[i] += o->addend[column + i];
}
