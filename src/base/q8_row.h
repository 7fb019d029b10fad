/* SPDX-License-Identifier: MIT
 * A row of numbers as blocks of Q8_0: a float16 scale, then 32 codes of 8 bits. The last block may
 * have fewer codes, so that rows of any size need one byte a number and two a block. */
#ifndef LWI_Q8_ROW_H
#define LWI_Q8_ROW_H

#include <stddef.h>
#include <stdint.h>

enum { LWI_Q8_CODES = 32, LWI_Q8_BYTES = 34 }; /* of a whole block */

static inline size_t lwi_q8_row_bytes(size_t n) {
    return n + 2 * (n / LWI_Q8_CODES + (n % LWI_Q8_CODES != 0));
}

void lwi_q8_row_store(const float *x, size_t n, uint8_t *row);
float lwi_q8_row_element(const uint8_t *row, size_t i);

#endif
