/* SPDX-License-Identifier: MIT
 * How the forms of block_dot.h lie. */
#include "kern/block_layout.h"

const uint8_t lwi_block_iq4_values[16] = {1,   24,  45,  63,  79,  93,  106, 118,
                                          129, 141, 153, 166, 181, 197, 217, 241};
const uint8_t lwi_block_fp4_values[16] = {12, 13, 14, 15, 16, 18, 20, 24,
                                          12, 11, 10, 9,  8,  6,  4,  0};
const uint8_t lwi_block_iq1_values[16] = {2, 10, 18, 9, 0, 8, 16, 9};
const uint8_t lwi_block_iq2_values[16] = {51, 68, 86, 43, 35, 18, 0, 43};
const uint8_t lwi_block_iq3_xxs_values[16] = {66, 74, 82, 90, 98, 106, 114, 124,
                                              58, 50, 42, 34, 26, 18,  10,  0};
const uint8_t lwi_block_iq3_s_values[16] = {16, 18, 20, 22, 24, 26, 28, 30,
                                            14, 12, 10, 8,  6,  4,  2,  0};

const lwi_block_layout lwi_block_layouts[LWI_DOT_FORMS] = {
#define LWI_BLOCK_DOT(form, low, high, scaling, zero, table, unit)                                 \
    [LWI_DOT_##form] = {low, high, LWI_SCALING_##scaling, zero, table, unit},
#include "kern/block_dot.def"
#undef LWI_BLOCK_DOT
};

size_t lwi_block_part_head(lwi_block_scaling scaling) {
    static const uint8_t bytes[] = {32, 64, 16, 16, 32, 32, 32, 64};
    return bytes[scaling];
}

size_t lwi_block_part_bytes(const lwi_block_layout *l) {
    return lwi_block_part_head(l->scaling) + (size_t)(l->low + l->high) * 64;
}

size_t lwi_block_head_bytes(lwi_block_scaling scaling) {
    static const uint8_t bytes[] = {0, 0, 0, 32, 64, 32, 64, 0};
    return bytes[scaling];
}

size_t lwi_block_panel_bytes(const lwi_block_layout *l, size_t parts) {
    return parts * lwi_block_part_bytes(l) + (parts + 7) / 8 * lwi_block_head_bytes(l->scaling);
}
