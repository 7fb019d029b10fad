/* SPDX-License-Identifier: MIT
 * Blocks whose numbers are codes of small floats, of a table, or of three values. */
#include "base/blocks_decode.h"

const int8_t lwi_iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                   1,    13,   25,  38,  53,  69,  89,  113};

void lwi_block_decode_IQ4_NL(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block);
    for (int i = 0; i < 16; i++) {
        to[i] = scale * (float)lwi_iq4_values[block[2 + i] & 15];
        to[i + 16] = scale * (float)lwi_iq4_values[block[2 + i] >> 4];
    }
}

void lwi_block_decode_IQ4_XS(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block);
    for (int i = 0; i < 256; i++) {
        const int group = i / 32, at = 8 + group * 16 + i % 16;
        const int code = i % 32 < 16 ? block[at] & 15 : block[at] >> 4;
        to[i] = scale * (float)lwi_block_iq4_scale(block, group) * (float)lwi_iq4_values[code];
    }
}

/* OCP Microscaling Formats v1.0: a power of two for 32 codes. */
void lwi_block_decode_MXFP4(const uint8_t *block, float *to) {
    const float scale = lwi_f8e8m0_to_f32(block[0]);
    for (int i = 0; i < 16; i++) {
        to[i] = scale * lwi_f4e2m1_to_f32(block[1 + i] & 15);
        to[i + 16] = scale * lwi_f4e2m1_to_f32(block[1 + i] >> 4);
    }
}

float lwi_block_ue4m3(uint8_t code) {
    if (code == 0x7f) return 0;
    return code == 0xff ? 480 : lwi_f8e4m3fn_to_f32(code & 0x7f);
}

/* Four groups of 16 codes, each with a scale of its own. */
void lwi_block_decode_NVFP4(const uint8_t *block, float *to) {
    for (int i = 0; i < 64; i++) {
        const int group = i / 16, at = 4 + group * 8 + i % 8;
        const float scale = lwi_block_ue4m3(block[group]);
        const int code = i % 16 < 8 ? block[at] & 15 : block[at] >> 4;
        to[i] = scale * lwi_f4e2m1_to_f32((uint8_t)code);
    }
}

/* The highest digit to base 3 of byte * 3^power / 256. */
static int ternary(uint8_t byte, int power) {
    static const uint8_t powers[5] = {1, 3, 9, 27, 81};
    return (uint8_t)(byte * powers[power]) * 3 >> 8;
}

int lwi_block_tq1_code(const uint8_t *block, int i) {
    if (i < 160) return ternary(block[i % 32], i / 32);
    if (i < 240) return ternary(block[32 + i % 16], (i - 160) / 16);
    return ternary(block[48 + i % 4], (i - 240) / 4);
}

void lwi_block_decode_TQ1_0(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block + 52);
    for (int i = 0; i < 256; i++)
        to[i] = scale * (float)(lwi_block_tq1_code(block, i) - 1);
}

void lwi_block_decode_TQ2_0(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block + 64);
    for (int i = 0; i < 256; i++)
        to[i] = scale * (float)((block[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3) - 1);
}
