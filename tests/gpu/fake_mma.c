/* SPDX-License-Identifier: MIT
 * After the PTX ISA: section "Warp Level Matrix Instructions", "Matrix Fragments for mma.m16n8k8",
 * ".m16n8k16", ".m8n8k16" and ".m16n8k32", "ldmatrix". */
#include "fake_mma.h"

#include "base/half.h"

double fake_half(uint32_t bits) { return lwi_f16_to_f32((uint16_t)bits); }
double fake_brain(uint32_t bits) { return lwi_bf16_to_f32((uint16_t)bits); }

/* Element (row, k) of A: it is a_i of item 4 (row % 8) + k % 8 / 2, where i counts rows 0 and 8
 * before columns 0 and 8. */
static uint32_t element_a(const fake_fragments *warp, int row, int k) {
    const fake_fragments *item = &warp[row % 8 * 4 + k % 8 / 2];
    return item->a[row / 8 + k / 8 * 2] >> k % 2 * 16 & 0xffff;
}

/* Element (k, column) of B: of item 4 column + k % 8 / 2. */
static uint32_t element_b(const fake_fragments *warp, int k, int column) {
    const fake_fragments *item = &warp[column * 4 + k % 8 / 2];
    return item->b[k / 8] >> k % 2 * 16 & 0xffff;
}

/* c_i of an item is in row item / 4, or 8 below it for i = 2 and 3, column item % 4 * 2 + i % 2. */
void fake_multiply_floats(float *d, const fake_fragments *warp, int lane, int depth,
                          double value(uint32_t)) {
    for (int i = 0; i < 4; i++) {
        double sum = (double)d[i];
        for (int k = 0; k < depth; k++)
            sum += value(element_a(warp, lane / 4 + i / 2 * 8, k)) *
                   value(element_b(warp, k, lane % 4 * 2 + i % 2));
        d[i] = (float)sum;
    }
}

/* Four signed bytes in a word. Element (row, k) of A [8 or 16, 16 or 32] is in the register of rows
 * row / 8 and of k / 16 (rows first), of item 4 (row % 8) + k % 16 / 4; (k, column) of B likewise
 * of item 4 column + k % 16 / 4. c_i as above. */
void fake_multiply_bytes(int32_t *d, const fake_fragments *warp, int lane, int rows, int depth) {
    for (int i = 0; i < rows / 4; i++) {
        const int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
        uint32_t sum = (uint32_t)d[i];
        for (int k = 0; k < depth; k++) {
            const uint32_t a = warp[row % 8 * 4 + k % 16 / 4].a[row / 8 + k / 16 * (rows / 8)];
            const uint32_t b = warp[column * 4 + k % 16 / 4].b[k / 16];
            sum += (uint32_t)((int8_t)(a >> k % 4 * 8) * (int8_t)(b >> k % 4 * 8));
        }
        d[i] = (int32_t)sum;
    }
}

/* Two neighbours of row lane / 4; turned: of that column. */
uint32_t fake_matrix_part(const uint16_t *const rows[8], int lane, int turned) {
    const int line = lane / 4, column = lane % 4 * 2;
    const uint32_t low = turned ? rows[column][line] : rows[line][column];
    const uint32_t high = turned ? rows[column + 1][line] : rows[line][column + 1];
    return low | high << 16;
}
