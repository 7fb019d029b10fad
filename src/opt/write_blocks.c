/* SPDX-License-Identifier: MIT
 * MatMulNBits with accuracy_level 4, which allows to round rows to 8 bits, becomes a product with
 * the blocks of GGUF files (ops/block_matmul.h): the same codes in another order, Q4_0 where the
 * zero point is 8, Q4_1 for others, Q8_0 for 128. Scales become float16, an error of 2^-12 at most
 * beside the 2^-8 of the rows. */
#include "opt/passes.h"

#include "base/blocks.h"
#include "base/blocks_encode.h"
#include "base/checked.h"
#include "base/half.h"
#include "ops/op.h"

#include <math.h>
#include <string.h>

enum {
    A,
    B,
    SCALES,
    ZEROS,
    GROUPS,
    BIAS,
    INT8_ROWS = 4, /* accuracy_level */
    PART = 32      /* numbers of a block that is written */
};

typedef struct product {
    size_t n, k, block, blocks; /* blocks of a row, `block` numbers each */
    unsigned bits;
    const lw_value *codes, *scales, *zeros; /* zeros NULL: half of the range */
    bool least;                             /* blocks have a least number: Q4_1 */
} product;

/* ------------------------------------------------------------------ reading */

static float float_at(const lw_value *v, size_t i) {
    if (v->dtype == LW_FLOAT16) {
        uint16_t half;
        memcpy(&half, (const char *)v->data + i * sizeof half, sizeof half);
        return lwi_f16_to_f32(half);
    }
    float x; /* constants may lie anywhere in a file */
    memcpy(&x, (const char *)v->data + i * sizeof x, sizeof x);
    return x;
}

static float scale_of(const product *p, size_t row, size_t block) {
    return float_at(p->scales, row * p->blocks + block);
}

static float zero_of(const product *p, size_t row, size_t block) {
    const lw_value *z = p->zeros;
    if (!z) return (float)(1u << (p->bits - 1));
    if (z->dtype != LW_UINT8) return float_at(z, row * p->blocks + block);
    const size_t bytes = (p->blocks * p->bits + 7) / 8, at = block * p->bits;
    const unsigned byte = ((const uint8_t *)z->data)[row * bytes + at / 8];
    return (float)(byte >> at % 8 & ((1u << p->bits) - 1));
}

static bool is_half(float x) { return x == 0 || (fabsf(x) >= 0x1p-14F && fabsf(x) <= 65504); }

/* Whether blocks can hold the scales; p->least is set if they need a least number. */
static bool fits(product *p) {
    const float middle = (float)(1u << (p->bits - 1));
    for (size_t i = 0; i < p->n; i++)
        for (size_t b = 0; b < p->blocks; b++) {
            const float scale = scale_of(p, i, b), zero = zero_of(p, i, b);
            if (!is_half(scale) || !(fabsf(scale * zero) <= 65504)) return false;
            p->least |= zero != middle;
        }
    return !(p->least && p->bits == 8);
}

static const lw_value *constant(const lwi_rewrite *r, const lwi_node *node, size_t input,
                                size_t count) {
    const lw_value *v = lwi_constant(r, lwi_weight_of(r, lwi_input(r, node, input)));
    return v && v->data && v->count == count ? v : NULL;
}

static bool is_float(const lw_value *v) {
    return v && (v->dtype == LW_FLOAT32 || v->dtype == LW_FLOAT16);
}

static bool read_tensors(const lwi_rewrite *r, const lwi_node *node, product *p) {
    size_t numbers, bytes;
    if (!lwi_mul_size(p->n, p->k, &numbers) || !lwi_mul_size(numbers, p->bits, &bytes))
        return false;
    p->codes = constant(r, node, B, bytes / 8);
    p->scales = constant(r, node, SCALES, numbers / p->block);
    if (!p->codes || p->codes->dtype != LW_UINT8 || !is_float(p->scales)) return false;
    if (lwi_input(r, node, ZEROS) < 0) return true;
    p->zeros = constant(r, node, ZEROS, p->n * ((p->blocks * p->bits + 7) / 8));
    if (p->zeros && p->zeros->dtype == LW_UINT8) return true;
    p->zeros = constant(r, node, ZEROS, numbers / p->block);
    return is_float(p->zeros);
}

static bool match(const lwi_rewrite *r, const lwi_node *node, product *p) {
    if (!lwi_node_is(node, "com.microsoft", "MatMulNBits")) return false;
    const int64_t n = lwi_attr_int(node, "N", 0), k = lwi_attr_int(node, "K", 0);
    const int64_t block = lwi_attr_int(node, "block_size", 0), bits = lwi_attr_int(node, "bits", 4);
    if (lwi_attr_int(node, "accuracy_level", 0) != INT8_ROWS || lwi_input(r, node, GROUPS) >= 0 ||
        (bits != 4 && bits != 8) || block < PART || block % PART || n <= 0 || k <= 0 || k % block ||
        lwi_shape_of(r->shapes, lwi_input(r, node, A))->dtype != LW_FLOAT32)
        return false;
    *p = (product){.n = (size_t)n,
                   .k = (size_t)k,
                   .block = (size_t)block,
                   .blocks = (size_t)(k / block),
                   .bits = (unsigned)bits};
    return read_tensors(r, node, p) && fits(p);
}

/* ------------------------------------------------------------------ writing */

static const lwi_block_type *type_of(const product *p) {
    return lwi_block_type_find(p->bits == 8 ? LWI_BLOCK_Q8_0
                               : p->least   ? LWI_BLOCK_Q4_1
                                            : LWI_BLOCK_Q4_0);
}

/* 32 codes: of MatMulNBits, neighbours share a byte; in blocks, those 16 apart do. */
static void turn_nibbles(const uint8_t *from, uint8_t *to) {
    for (size_t i = 0; i < PART / 4; i++) {
        to[2 * i] = (uint8_t)((from[i] & 15) | from[i + PART / 4] << 4);
        to[2 * i + 1] = (uint8_t)(from[i] >> 4 | (from[i + PART / 4] & 240));
    }
}

/* 32 numbers of a row, from k on. */
static void write_block(const product *p, size_t row, size_t k, uint8_t *to) {
    const float scale = scale_of(p, row, k / p->block);
    lwi_block_put_half(to, scale);
    to += 2;
    if (p->least) {
        lwi_block_put_half(to, -scale * zero_of(p, row, k / p->block));
        to += 2;
    }
    const uint8_t *codes = (const uint8_t *)p->codes->data + (row * p->k + k) * p->bits / 8;
    if (p->bits == 4) turn_nibbles(codes, to);
    for (size_t i = 0; p->bits == 8 && i < PART; i++)
        to[i] = codes[i] ^ 128; /* less 128 */
}

static lw_status write_weights(lwi_rewrite *r, const product *p, int *made) {
    const lwi_block_type *type = type_of(p);
    const int64_t dims[] = {(int64_t)p->n, (int64_t)(p->k / PART * type->bytes)};
    void *blocks = NULL;
    LW_TRY(lwi_rewrite_weights(r, "blocks", LW_UINT8, 2, dims, &blocks, made));
    uint8_t *to = blocks;
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->k; k += PART, to += type->bytes)
            write_block(p, i, k, to);
    lwi_network_forget(r->network, p->codes->data, p->codes->bytes);
    return LW_OK;
}

static lw_status rewrite(lwi_rewrite *r, size_t index, const product *p) {
    const lwi_node *old = lwi_rewrite_node(r, index);
    const int out = old->outputs[0];
    int inputs[] = {lwi_input(r, old, A), -1, lwi_input(r, old, BIAS)};
    lwi_node *node = NULL;
    LW_TRY(write_weights(r, p, &inputs[1]));
    lwi_rewrite_remove(r, lwi_rewrite_node(r, index));
    LW_TRY(lwi_rewrite_insert(r, index, "lampwick", "BlockMatMul", inputs, inputs[2] < 0 ? 2 : 3,
                              &out, 1, &node));
    LW_TRY(lwi_node_set_int(r->graph->arena, node, "K", (int64_t)p->k));
    r->count++;
    return lwi_node_set_int(r->graph->arena, node, "format", type_of(p)->id);
}

lw_status lwi_pass_write_blocks(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        const lwi_node *node = lwi_rewrite_node(r, i);
        product p;
        if (node && match(r, node, &p)) LW_TRY(rewrite(r, i, &p));
    }
    return LW_OK;
}
