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

void lwi_block_codes(lwi_block_dot_form form, const uint8_t *block, int p, uint8_t codes[PART]) {
    switch (form) {
    case LWI_DOT_Q4_0:
    case LWI_DOT_IQ4_NL:
        nibbles(block + 2, codes);
        break;
    case LWI_DOT_Q4_1:
        nibbles(block + 4, codes);
        break;
    case LWI_DOT_Q5_0:
        nibbles(block + 6, codes);
        add_bits(block + 2, codes);
        break;
    case LWI_DOT_Q5_1:
        nibbles(block + 8, codes);
        add_bits(block + 4, codes);
        break;
    case LWI_DOT_Q8_0:
        signed_bytes(block + 2, codes);
        break;
    case LWI_DOT_Q2_K:
        pairs(block + 16, p, codes);
        break;
    case LWI_DOT_Q3_K:
        q3_codes(block, p, codes);
        break;
    case LWI_DOT_Q4_K:
        wide_nibbles(block + 16, p, codes);
        break;
    case LWI_DOT_Q5_K:
        wide_nibbles(block + 48, p, codes);
        add_plane(block + 16, p, 1, 4, codes);
        break;
    case LWI_DOT_Q6_K:
        q6_codes(block, p, codes);
        break;
    case LWI_DOT_IQ4_XS:
        nibbles(block + 8 + 16 * p, codes);
        break;
    case LWI_DOT_MXFP4:
        nibbles(block + 1, codes);
        break;
    case LWI_DOT_FORMS:
        break;
    }
}

/* ------------------------------------------------------------------- scales */

static void put_half(const uint8_t *half, int r, uint8_t *to) { memcpy(to + 2 * r, half, 2); }

/* The float16 numbers that a block of 256 has for all of its parts. */
static void put_head(lwi_block_dot_form form, const uint8_t *block, int r, uint8_t *head) {
    const int at = form == LWI_DOT_Q2_K   ? 80
                   : form == LWI_DOT_Q3_K ? 108
                   : form == LWI_DOT_Q6_K ? 208
                                          : 0;
    put_half(block + at, r, head);
    if (form == LWI_DOT_Q4_K || form == LWI_DOT_Q5_K || form == LWI_DOT_Q2_K)
        put_half(block + at + 2, r, head + 32);
}

static void put_small(lwi_block_dot_form form, const uint8_t *block, int p, int r, uint8_t *to) {
    int scale = 0, min = 0;
    switch (form) {
    case LWI_DOT_Q4_K:
    case LWI_DOT_Q5_K:
        lwi_block_k_scale(block + 4, p, &scale, &min);
        to[r] = (uint8_t)scale;
        to[16 + r] = (uint8_t)min;
        break;
    case LWI_DOT_IQ4_XS:
        to[r] = (uint8_t)(lwi_block_iq4_scale(block, p));
        break;
    case LWI_DOT_Q2_K:
        to[r] = block[2 * p];
        to[16 + r] = block[2 * p + 1];
        break;
    case LWI_DOT_Q3_K:
        to[r] = (uint8_t)lwi_block_q3_scale(block + 96, 2 * p);
        to[16 + r] = (uint8_t)lwi_block_q3_scale(block + 96, 2 * p + 1);
        break;
    case LWI_DOT_Q6_K:
        to[r] = block[192 + 2 * p];
        to[16 + r] = block[192 + 2 * p + 1];
        break;
    default:
        break;
    }
}

void lwi_block_scales(lwi_block_dot_form form, const uint8_t *block, int p, int r, uint8_t *head,
                      uint8_t *to) {
    switch (lwi_block_layouts[form].scaling) {
    case LWI_SCALING_HALF_MIN:
        put_half(block + 2, r, to + 32); /* fall through */
    case LWI_SCALING_HALF:
        put_half(block, r, to);
        break;
    case LWI_SCALING_POWER:
        to[r] = block[0];
        break;
    default:
        if (head) put_head(form, block, r, head);
        put_small(form, block, p, r, to);
        break;
    }
}
