/* SPDX-License-Identifier: MIT
 * Blocks of GGUF files from float32 numbers: plain numbers, and blocks with one scale. Without
 * weights these give the bits that GGML's reference gives. */
#include "base/blocks_encode.h"
#include "base/blocks_fit.h"

#include <math.h>

static lwi_block_encode_fn *const encoders[LWI_BLOCK_IDS] = {
#define LWI_ENCODER(ident) [LWI_BLOCK_##ident] = lwi_block_encode_##ident,
    LWI_ENCODED(LWI_ENCODER)
#undef LWI_ENCODER
};

bool lwi_blocks_encodable(const lwi_block_type *type) { return encoders[type->id] != NULL; }

void lwi_blocks_encode(const lwi_block_type *type, const float *x, size_t n, const float *w,
                       void *blocks) {
    uint8_t *block = blocks;
    for (size_t i = 0; i < n; i += type->elements, block += type->bytes)
        encoders[type->id](x + i, w ? w + i : NULL, block);
}

void lwi_block_encode_F32(const float *x, const float *w, uint8_t *block) {
    (void)w;
    memcpy(block, x, sizeof *x);
}

void lwi_block_encode_F16(const float *x, const float *w, uint8_t *block) {
    (void)w;
    lwi_block_put_half(block, *x);
}

void lwi_block_encode_BF16(const float *x, const float *w, uint8_t *block) {
    (void)w;
    const uint16_t bits = lwi_f32_to_bf16(*x);
    block[0] = (uint8_t)(bits & 255);
    block[1] = (uint8_t)(bits >> 8);
}

/* The first number that is farthest from 0. */
static float farthest(const float *x) {
    float most = 0;
    for (int i = 0; i < 32; i++)
        if (fabsf(x[i]) > fabsf(most)) most = x[i];
    return most;
}

static void range_of(const float *x, float *min, float *max) {
    *min = *max = x[0];
    for (int i = 1; i < 32; i++) {
        if (x[i] < *min) *min = x[i];
        if (x[i] > *max) *max = x[i];
    }
}

/* Codes (x - min) / scale + shift of 4 or 5 bits: low halves in 16 bytes, fifth bits in high. */
static void put_codes(const float *x, float min, float scale, float shift, int most, uint8_t *low,
                      uint8_t *high) {
    const float inverse = lwi_block_inverse(scale);
    uint32_t fifths = 0;
    memset(low, 0, 16);
    for (int i = 0; i < 32; i++) {
        const int code = lwi_block_cut((x[i] - min) * inverse + shift, 0, most);
        low[i % 16] |= (uint8_t)((code & 15) << i / 16 * 4);
        fifths |= (uint32_t)(code >> 4) << i;
    }
    for (int i = 0; high && i < 4; i++)
        high[i] = (uint8_t)(fifths >> 8 * i & 255);
}

static int code_4(float x) { return lwi_block_round(x, -8, 7); }

static int code_5(float x) { return lwi_block_round(x, -16, 15); }

void lwi_block_encode_Q4_0(const float *x, const float *w, uint8_t *block) {
    const float scale = w ? lwi_block_fit_scale(x, w, 32, (lwi_block_edges){-8, 7, 0.1F}, code_4)
                          : farthest(x) / -8;
    lwi_block_put_half(block, scale);
    put_codes(x, 0, scale, 8.5F, 15, block + 2, NULL);
}

/* A scale and a min, behind which `high` and the codes stand. */
static void encode_range(const float *x, const float *w, int most, uint8_t *block, uint8_t *high,
                         uint8_t *low) {
    float min, max;
    range_of(x, &min, &max);
    float scale = (max - min) / (float)most;
    if (w) {
        const lwi_block_group fit = lwi_block_fit_group(x, w, (lwi_block_shape){32, most, 0});
        scale = lwi_block_as_half(fit.scale);
        min = lwi_block_as_half(-fit.min);
    }
    lwi_block_put_half(block, scale);
    lwi_block_put_half(block + 2, min);
    put_codes(x, min, scale, 0.5F, most, low, high);
}

void lwi_block_encode_Q4_1(const float *x, const float *w, uint8_t *block) {
    encode_range(x, w, 15, block, NULL, block + 4);
}

void lwi_block_encode_Q5_0(const float *x, const float *w, uint8_t *block) {
    const float scale = w ? lwi_block_fit_scale(x, w, 32, (lwi_block_edges){-16, 15, 0.1F}, code_5)
                          : farthest(x) / -16;
    lwi_block_put_half(block, scale);
    put_codes(x, 0, scale, 16.5F, 31, block + 6, block + 2);
}

void lwi_block_encode_Q5_1(const float *x, const float *w, uint8_t *block) {
    encode_range(x, w, 31, block, block + 4, block + 8);
}

void lwi_block_encode_Q8_0(const float *x, const float *w, uint8_t *block) {
    (void)w;
    const float scale = fabsf(farthest(x)) / 127, inverse = lwi_block_inverse(scale);
    lwi_block_put_half(block, scale);
    for (int i = 0; i < 32; i++) {
        const float a = fabsf(x[i] * inverse), whole = floorf(a);
        const int code = lwi_block_cut(whole + floorf(2 * (a - whole)), 0, 127);
        block[2 + i] = (uint8_t)(int8_t)(x[i] < 0 ? -code : code);
    }
}
