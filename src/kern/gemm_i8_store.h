/* SPDX-License-Identifier: MIT
 * How the forms of gemm_i8.inc up to 256 bits end: through memory, with loops that the compiler
 * vectorises. */
#ifndef LWI_KERN_GEMM_I8_STORE_H
#define LWI_KERN_GEMM_I8_STORE_H

#include "kern/gemm_i8.h"
#include "kern/round_code.h"

#include <string.h>

static inline void store_bytes(const lwi_i8_output *o, const int32_t *s, size_t column, size_t n,
                               uint8_t *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = lwi_round_code((float)s[i] * o->scale[column + i], o->low, o->high, o->zero);
}

static inline void store_floats(const lwi_i8_output *o, const int32_t *s, size_t column, size_t n,
                                float *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = (float)s[i] * o->scale[column + i];
    for (size_t i = 0; i < n && o->addend; i++)
        y[i] += o->addend[column + i];
}

static inline void store_ints(const lwi_i8_output *o, lwi_i8_store store, const int32_t *s,
                              size_t column, size_t n, void *y) {
    if (store == LWI_I8_BYTES) store_bytes(o, s, column, n, y);
    else if (store == LWI_I8_FLOAT) store_floats(o, s, column, n, y);
    else memcpy(y, s, n * sizeof *s);
}

#endif
