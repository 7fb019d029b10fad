/* SPDX-License-Identifier: MIT */
#include "base/q8_row.h"

#include "base/blocks_decode.h"
#include "base/blocks_encode.h"

#include <string.h>

void lwi_q8_row_store(const float *x, size_t n, uint8_t *row) {
    for (; n >= LWI_Q8_CODES; n -= LWI_Q8_CODES, x += LWI_Q8_CODES, row += LWI_Q8_BYTES)
        lwi_block_encode_Q8_0(x, NULL, row);
    if (n == 0) return;
    float last[LWI_Q8_CODES] = {0};
    uint8_t block[LWI_Q8_BYTES];
    memcpy(last, x, n * sizeof *x);
    lwi_block_encode_Q8_0(last, NULL, block);
    memcpy(row, block, 2 + n);
}

float lwi_q8_row_element(const uint8_t *row, size_t i) {
    const uint8_t *block = row + i / LWI_Q8_CODES * LWI_Q8_BYTES;
    return lwi_block_half(block) * (float)(int8_t)block[2 + i % LWI_Q8_CODES];
}
