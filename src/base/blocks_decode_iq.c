/* SPDX-License-Identifier: MIT
 * Blocks whose numbers are chosen from codebooks, 8 or 4 at a time ("IQ"). Whatever the type, a
 * number is a level by its code, times a small odd scale, a unit and the block's own scale. */
#include "base/blocks_decode.h"
#include "base/iq_grids.h"

static uint32_t word(const uint8_t *bytes) {
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static int short_at(const uint8_t *bytes) { return bytes[0] | bytes[1] << 8; }

/* Seven signs, and an eighth that makes their number even. */
static unsigned even_signs(uint32_t seven) {
    uint32_t parity = seven ^ seven >> 4;
    parity ^= parity >> 2;
    parity ^= parity >> 1;
    return (seven & 127) | (parity & 1) << 7;
}

/* n numbers of a codebook; signs stand above their bits. */
static void take(unsigned entry, int bits, int n, unsigned signs, uint8_t *codes) {
    for (int j = 0; j < n; j++) {
        codes[j] = (uint8_t)((entry & ((1U << bits) - 1)) | (signs >> j & 1) << bits);
        entry >>= bits;
    }
}

static void take_fours(unsigned first, unsigned second, unsigned signs, uint8_t *codes) {
    take(first, 3, 4, signs, codes);
    take(second, 3, 4, signs >> 4, codes + 4);
}

static int nibble(const uint8_t *bytes, int i) { return bytes[i / 2] >> i % 2 * 4 & 15; }

static int iq2_xxs(const uint8_t *block, int i, uint8_t codes[8]) {
    const uint8_t *group = block + 2 + i / 4 * 8;
    const uint32_t rest = word(group + 4);
    take(lwi_grid_iq2_xxs[group[i % 4]], 2, 8, even_signs(rest >> i % 4 * 7 & 127), codes);
    return (int)(rest >> 28);
}

static int iq2_xs(const uint8_t *block, int i, uint8_t codes[8]) {
    const int code = short_at(block + 2 + 2 * i);
    take(lwi_grid_iq2_xs[code & 511], 2, 8, even_signs((uint32_t)code >> 9), codes);
    return nibble(block + 66, i / 2);
}

static int iq2_s(const uint8_t *block, int i, uint8_t codes[8]) {
    const int code = block[2 + i] | (block[66 + i / 4] >> i % 4 * 2 & 3) << 8;
    take(lwi_grid_iq2_s[code], 2, 8, block[34 + i], codes);
    return nibble(block + 74, i / 2);
}

static int iq3_xxs(const uint8_t *block, int i, uint8_t codes[8]) {
    const uint32_t rest = word(block + 66 + i / 4 * 4);
    take_fours(lwi_grid_iq3_xxs[block[2 + 2 * i]], lwi_grid_iq3_xxs[block[3 + 2 * i]],
               even_signs(rest >> i % 4 * 7 & 127), codes);
    return (int)(rest >> 28);
}

static int iq3_s(const uint8_t *block, int i, uint8_t codes[8]) {
    const int high = block[66 + i / 4] >> i % 4 * 2;
    take_fours(lwi_grid_iq3_s[block[2 + 2 * i] | (high & 1) << 8],
               lwi_grid_iq3_s[block[3 + 2 * i] | (high & 2) << 7], block[74 + i], codes);
    return nibble(block + 106, i / 4);
}

/* Numbers -1, 0 and 1, all moved up or down by an eighth: `down` is as if all had a sign. */
static void take_moved(int entry, bool down, uint8_t *codes) {
    take(lwi_grid_iq1_s[entry], 2, 8, down ? 255 : 0, codes);
}

static int iq1_s(const uint8_t *block, int i, uint8_t codes[8]) {
    const int high = short_at(block + 34 + i / 4 * 2);
    take_moved(block[2 + i] | (high >> i % 4 * 3 & 7) << 8, high & 0x8000, codes);
    return high >> 12 & 7;
}

static int iq1_m(const uint8_t *block, int i, uint8_t codes[8]) {
    const int high = block[32 + i / 2] >> i % 2 * 4;
    take_moved(block[i] | (high & 7) << 8, high & 8, codes);
    return short_at(block + 48 + i / 8 * 2) >> i % 8 / 2 * 3 & 7;
}

#define IQ2                                                                                        \
    0.125F, { 8, 25, 43, 0, -8, -25, -43, 0 }
#define IQ1                                                                                        \
    0.125F, { -7, 1, 9, 0, -9, -1, 7, 0 }
static const lwi_iq_type types[] = {
    {LWI_BLOCK_IQ2_XXS, iq2_xxs, IQ2},
    {LWI_BLOCK_IQ2_XS, iq2_xs, IQ2},
    {LWI_BLOCK_IQ2_S, iq2_s, IQ2},
    {LWI_BLOCK_IQ3_XXS,
     iq3_xxs,
     0.25F,
     {4, 12, 20, 28, 36, 44, 52, 62, -4, -12, -20, -28, -36, -44, -52, -62}},
    {LWI_BLOCK_IQ3_S, iq3_s, 1, {1, 3, 5, 7, 9, 11, 13, 15, -1, -3, -5, -7, -9, -11, -13, -15}},
    {LWI_BLOCK_IQ1_S, iq1_s, IQ1},
    {LWI_BLOCK_IQ1_M, iq1_m, IQ1},
};

const lwi_iq_type *lwi_iq_find(uint32_t id) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].id == id) return types + i;
    return NULL;
}

/* That of IQ1_M is in the highest bits of four words of small scales. */
uint16_t lwi_iq_half(uint32_t id, const uint8_t *block) {
    int bits = 0;
    if (id != LWI_BLOCK_IQ1_M) return (uint16_t)short_at(block);
    for (int i = 0; i < 4; i++)
        bits |= short_at(block + 48 + 2 * i) >> 12 << 4 * i;
    return (uint16_t)bits;
}

int lwi_iq_eight(const lwi_iq_type *type, const uint8_t *block, int i, uint8_t codes[8]) {
    return 2 * type->read(block, i, codes) + 1;
}

static void decode(uint32_t id, const uint8_t *block, float *to) {
    const lwi_iq_type *type = lwi_iq_find(id);
    const float scale = lwi_f16_to_f32(lwi_iq_half(id, block)) * type->unit;
    for (int i = 0; i < 32; i++) {
        uint8_t codes[8];
        const float s = scale * (float)lwi_iq_eight(type, block, i, codes);
        for (int j = 0; j < 8; j++)
            *to++ = s * (float)type->levels[codes[j]];
    }
}

#define LWI_IQ(ident)                                                                              \
    void lwi_block_decode_##ident(const uint8_t *block, float *to) {                               \
        decode(LWI_BLOCK_##ident, block, to);                                                      \
    }
LWI_IQ(IQ2_XXS)
LWI_IQ(IQ2_XS)
LWI_IQ(IQ2_S)
LWI_IQ(IQ3_XXS)
LWI_IQ(IQ3_S)
LWI_IQ(IQ1_S)
LWI_IQ(IQ1_M)
#undef LWI_IQ
