/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>

#include "kern/gemm_bf16.h"
#include "kern/level.h"

lwi_narrow_bf16_fn LWI_AT(narrow_bf16);
void LWI_AT(narrow_bf16)(const float *x, uint16_t *y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        const bool is_nan = (bits & 0x7fffffff) > 0x7f800000;
        y[i] = (uint16_t)((is_nan ? bits | 1 << 22 : bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }
}
