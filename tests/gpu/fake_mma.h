/* SPDX-License-Identifier: MIT
 * Which item of a warp has which element of small matrices, and their products: what fake_warp.c
 * and ptx_warp.c have in common. */
#ifndef FAKE_MMA_H
#define FAKE_MMA_H

#include <stdint.h>

/* An item's registers of A and B. */
typedef struct fake_fragments {
    uint32_t a[4], b[2];
} fake_fragments;

/* The item's four sums d of m16n8k8 or m16n8k16 of 16-bit floats, of which `value` makes numbers.
 */
void fake_multiply_floats(float *d, const fake_fragments *warp, int lane, int depth,
                          double value(uint32_t));
double fake_half(uint32_t bits);
double fake_brain(uint32_t bits);
/* Of signed bytes, m8n8k16 (two sums), m16n8k16 and m16n8k32 (four), which wrap. */
void fake_multiply_bytes(int32_t *d, const fake_fragments *warp, int lane, int rows, int depth);
/* The item's register of an 8 x 8 matrix of 16 bits whose rows lie at these places. */
uint32_t fake_matrix_part(const uint16_t *const rows[8], int lane, int turned);

#endif
