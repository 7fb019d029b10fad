/* SPDX-License-Identifier: MIT
 * (base/blocks_decode*.c have the same as numbers.) */
#include "backend/cpu/block_codes.h"

#include "base/blocks_decode.h"

enum { PART = LWI_BLOCK_PART };

/* 16 low nibbles, then 16 high ones. */
static void nibbles(const uint8_t *bytes, uint8_t *codes) {
    for (int i = 0; i < 16; i++) {
        codes[i] = bytes[i] & 15;
        codes[16 + i] = bytes[i] >> 4;
    }
}

static void add_bits(const uint8_t *bits, uint8_t *codes) {
    for (int i = 0; i < PART; i++)
        codes[i] |= (uint8_t)((bits[i / 8] >> i % 8 & 1) << 4);
}

static void signed_bytes(const uint8_t *bytes, uint8_t *codes) {
    for (int i = 0; i < PART; i++)
        codes[i] = bytes[i] ^ 0x80;
}

/* Part p of 8: 32 bytes have the low nibbles of one part and the high ones of the next. */
static void wide_nibbles(const uint8_t *bytes, int p, uint8_t *codes) {
    for (int i = 0; i < PART; i++)
        codes[i] = bytes[p / 2 * 32 + i] >> p % 2 * 4 & 15;
}

/* Bit p of 32 bytes, or pair p of bits. */
static void add_plane(const uint8_t *bytes, int shift, int mask, int up, uint8_t *codes) {
    for (int i = 0; i < PART; i++)
        codes[i] |= (uint8_t)((bytes[i] >> shift & mask) << up);
}

static void pairs(const uint8_t *bytes, int p, uint8_t *codes) {
    for (int i = 0; i < PART; i++)
        codes[i] = bytes[p / 4 * 32 + i] >> p % 4 * 2 & 3;
}

static void q3_codes(const uint8_t *block, int p, uint8_t *codes) {
    pairs(block + 32, p, codes);
    add_plane(block, p, 1, 2, codes);
}

static void q6_codes(const uint8_t *block, int p, uint8_t *codes) {
    const int half = p / 4, quarter = p % 4;
    for (int i = 0; i < PART; i++)
        codes[i] = block[half * 64 + quarter % 2 * 32 + i] >> quarter / 2 * 4 & 15;
    add_plane(block + 128 + half * 32, quarter * 2, 3, 4, codes);
}

/* 8 low nibbles, then 8 high ones. */
static void nvfp4_codes(const uint8_t *block, int p, uint8_t *codes) {
    for (int i = 0; i < PART; i++)
        codes[i] = block[4 + p * 16 + i / 16 * 8 + i % 8] >> i % 16 / 8 * 4 & 15;
}

void lwi_block_codes(uint32_t type, const uint8_t *block, int p, uint8_t codes[PART]) {
    switch (type) {
    case LWI_BLOCK_Q4_0:
    case LWI_BLOCK_IQ4_NL:
        nibbles(block + 2, codes);
        break;
    case LWI_BLOCK_Q4_1:
        nibbles(block + 4, codes);
        break;
    case LWI_BLOCK_Q5_0:
        nibbles(block + 6, codes);
        add_bits(block + 2, codes);
        break;
    case LWI_BLOCK_Q5_1:
        nibbles(block + 8, codes);
        add_bits(block + 4, codes);
        break;
    case LWI_BLOCK_Q8_0:
        signed_bytes(block + 2, codes);
        break;
    case LWI_BLOCK_Q2_K:
        pairs(block + 16, p, codes);
        break;
    case LWI_BLOCK_Q3_K:
        q3_codes(block, p, codes);
        break;
    case LWI_BLOCK_Q4_K:
        wide_nibbles(block + 16, p, codes);
        break;
    case LWI_BLOCK_Q5_K:
        wide_nibbles(block + 48, p, codes);
        add_plane(block + 16, p, 1, 4, codes);
        break;
    case LWI_BLOCK_Q6_K:
        q6_codes(block, p, codes);
        break;
    case LWI_BLOCK_IQ4_XS:
        nibbles(block + 8 + 16 * p, codes);
        break;
    case LWI_BLOCK_MXFP4:
        nibbles(block + 1, codes);
        break;
    case LWI_BLOCK_NVFP4:
        nvfp4_codes(block, p, codes);
        break;
    case LWI_BLOCK_TQ2_0:
        pairs(block, p, codes);
        break;
    case LWI_BLOCK_TQ1_0:
        for (int i = 0; i < PART; i++)
            codes[i] = (uint8_t)lwi_block_tq1_code(block, PART * p + i);
        break;
    case LWI_BLOCK_Q1_0:
        for (int i = 0; i < PART; i++)
            codes[i] = (uint8_t)((block[2 + 4 * p + i / 8] >> i % 8 & 1) * 2);
        break;
    case LWI_BLOCK_Q2_0:
        for (int i = 0; i < PART; i++)
            codes[i] = block[2 + 8 * p + i / 4] >> i % 4 * 2 & 3;
        break;
    default:
        for (int i = 0; i < PART / 8; i++)
            lwi_iq_eight(lwi_iq_find(type), block, 4 * p + i, codes + 8 * i);
        break;
    }
}

/* ------------------------------------------------------------------- scales */

static void put_half(const uint8_t *half, int r, uint8_t *to) { memcpy(to + 2 * r, half, 2); }

/* Where the first float16 of a block is. */
static int half_at(uint32_t type) {
    switch (type) {
    case LWI_BLOCK_Q2_K:
        return 80;
    case LWI_BLOCK_Q3_K:
        return 108;
    case LWI_BLOCK_Q6_K:
        return 208;
    case LWI_BLOCK_TQ1_0:
        return 52;
    case LWI_BLOCK_TQ2_0:
        return 64;
    default:
        return 0;
    }
}

/* The float16 numbers that a block of 256 has for all of its parts. */
static void put_head(uint32_t type, const uint8_t *block, int r, uint8_t *head) {
    const uint16_t iq = lwi_iq_half(type, block);
    if (lwi_iq_find(type)) memcpy(head + 2 * r, &iq, sizeof iq);
    else put_half(block + half_at(type), r, head);
    if (type == LWI_BLOCK_Q4_K || type == LWI_BLOCK_Q5_K || type == LWI_BLOCK_Q2_K)
        put_half(block + half_at(type) + 2, r, head + 32);
}

/* The small scales of the halves; types with one for the whole part want the first. */
static void iq_scales(uint32_t type, const uint8_t *block, int p, int scale[2]) {
    uint8_t codes[8];
    scale[0] = lwi_iq_eight(lwi_iq_find(type), block, 4 * p, codes);
    scale[1] = lwi_iq_eight(lwi_iq_find(type), block, 4 * p + 2, codes);
}

/* The bytes for rows in `to`: how many, 16 apart. */
static int small_scales(uint32_t type, lwi_block_scaling scaling, const uint8_t *block, int p,
                        int scale[2]) {
    switch (type) {
    case LWI_BLOCK_Q4_K:
    case LWI_BLOCK_Q5_K:
        lwi_block_k_scale(block + 4, p, scale, scale + 1);
        return 2;
    case LWI_BLOCK_IQ4_XS:
        scale[0] = lwi_block_iq4_scale(block, p);
        return 1;
    case LWI_BLOCK_Q2_K:
        scale[0] = block[2 * p];
        scale[1] = block[2 * p + 1];
        return 2;
    case LWI_BLOCK_Q3_K:
        scale[0] = lwi_block_q3_scale(block + 96, 2 * p);
        scale[1] = lwi_block_q3_scale(block + 96, 2 * p + 1);
        return 2;
    case LWI_BLOCK_Q6_K:
        scale[0] = block[192 + 2 * p];
        scale[1] = block[192 + 2 * p + 1];
        return 2;
    default:
        iq_scales(type, block, p, scale);
        return scaling == LWI_SCALING_SMALL ? 1 : 2;
    }
}

void lwi_block_scales(uint32_t type, lwi_block_scaling scaling, const uint8_t *block, int p, int r,
                      uint8_t *head, uint8_t *to) {
    int small[2] = {0, 0};
    switch (scaling) {
    case LWI_SCALING_HALF_MIN:
        put_half(block + 2, r, to + 32); /* fall through */
    case LWI_SCALING_HALF:
        put_half(block + half_at(type), r, to);
        break;
    case LWI_SCALING_HALVES: /* the table has twice the numbers */
        for (int h = 0; h < 2; h++) {
            const uint16_t half = lwi_f32_to_f16(0.5F * lwi_block_ue4m3(block[2 * p + h]));
            memcpy(to + 32 * h + 2 * r, &half, sizeof half);
        }
        break;
    case LWI_SCALING_POWER:
        to[r] = block[0];
        break;
    default:
        if (head) put_head(type, block, r, head);
        for (int n = small_scales(type, scaling, block, p, small), i = 0; i < n; i++)
            to[16 * i + r] = (uint8_t)small[i];
        break;
    }
}
