/* SPDX-License-Identifier: MIT */
#include "kern/level.h"
#include "kern/nbits_dot.h"

lwi_nbits_dot_fn LWI_AT(nbits_dot);
float LWI_AT(nbits_dot)(const float *a, const uint8_t *codes, unsigned bits, const float *scales,
                        const float *zeros, size_t blocks, size_t block) {
    const unsigned per_byte = 8 / bits, mask = (1u << bits) - 1;
    float sum = 0;
    for (size_t b = 0; b < blocks; b++, codes += block / per_byte) {
        float part = 0;
        for (size_t i = 0; i < block; i++) {
            const unsigned code = codes[i / per_byte] >> i % per_byte * bits & mask;
            part += *a++ * ((float)code - zeros[b]);
        }
        sum += scales[b] * part;
    }
    return sum;
}
