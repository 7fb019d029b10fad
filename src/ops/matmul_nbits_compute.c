/* SPDX-License-Identifier: MIT
 * The computation of MatMulNBits. For few rows of A, which is how language models generate, each
 * row of B is expanded tile by tile and multiplied at once; for many, rows of B are expanded into
 * the panels of the matrix product. */
#include "ops/matmul_nbits.h"

#include <string.h>

enum { TILE = 256, FEW_ROWS = 8 }; /* elements of B expanded at once; rows of A */

/* Element i of packed integers. An integer lies in at most two bytes. */
static unsigned packed(const uint8_t *data, size_t i, unsigned bits) {
    const size_t at = i * bits;
    const unsigned shift = at & 7, low = data[at >> 3];
    const unsigned high = shift + bits > 8 ? data[(at >> 3) + 1] : 0;
    return (low | high << 8) >> shift & ((1u << bits) - 1);
}

static float zero_of(const lwi_nbits *p, size_t row, size_t block) {
    if (!p->zeros) return (float)(1u << (p->bits - 1));
    if (p->zeros->dtype == LW_FLOAT32)
        return ((const float *)p->zeros->data)[row * p->blocks + block];
    const size_t stride = (p->blocks * p->bits + 7) / 8;
    return (float)packed((const uint8_t *)p->zeros->data + row * stride, block, p->bits);
}

/* Integers [0, n) at data, which starts at a byte, as float. */
static void unpack(const uint8_t *data, unsigned bits, size_t n, float *out) {
    if (bits == 8) {
        for (size_t i = 0; i < n; i++)
            out[i] = data[i];
    } else if (bits == 4) {
        for (size_t i = 0; i + 1 < n; i += 2) {
            out[i] = data[i / 2] & 15;
            out[i + 1] = data[i / 2] >> 4;
        }
        if (n & 1) out[n - 1] = data[n / 2] & 15;
    } else {
        for (size_t i = 0; i < n; i++)
            out[i] = (float)packed(data, i, bits);
    }
}

/* Elements [k, k + n) of a row of B, within one block; k is a multiple of 16. */
static void expand(const lwi_nbits *p, size_t row, size_t k, size_t n, float *out) {
    const size_t block = k / p->block;
    const uint8_t *data = p->b + (row * p->blocks + block) * (p->block * p->bits / 8);
    unpack(data + k % p->block * p->bits / 8, p->bits, n, out);
    if (p->groups) {
        for (size_t i = 0; i < n; i++) {
            const size_t group = (size_t)p->groups[k + i];
            out[i] = (out[i] - zero_of(p, row, group)) * p->scales[row * p->blocks + group];
        }
    } else {
        const float zero = zero_of(p, row, block), scale = p->scales[row * p->blocks + block];
        for (size_t i = 0; i < n; i++)
            out[i] = (out[i] - zero) * scale;
    }
}

/* Expands the next elements of a row, up to end or the end of the block; returns how many. */
static size_t expand_tile(const lwi_nbits *p, size_t row, size_t k, size_t end, float *tile) {
    size_t n = p->block - k % p->block;
    if (n > TILE) n = TILE;
    if (n > end - k) n = end - k;
    expand(p, row, k, n, tile);
    return n;
}

/* Sums in lanes, so that the compiler can keep them in a vector. */
static float dot(const float *x, const float *y, size_t n) {
    enum { LANES = 16 };
    float sums[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int lane = 0; lane < LANES; lane++)
            sums[lane] += x[i + lane] * y[i + lane];
    for (; i < n; i++)
        sum += x[i] * y[i];
    for (int lane = 0; lane < LANES; lane++)
        sum += sums[lane];
    return sum;
}

/* ------------------------------------------------------------- few rows of A */

/* The part of a product of rows that a kernel can do; *done is where it ends. */
static float dot_blocks(const lwi_nbits *p, const float *a, size_t row, size_t *done) {
    enum { CHUNK = 64 };
    const size_t whole = p->k / p->block, bytes = p->block * p->bits / 8;
    float zeros[CHUNK], sum = 0;
    for (size_t first = 0, n; first < whole; first += n) {
        n = whole - first < CHUNK ? whole - first : CHUNK;
        for (size_t i = 0; i < n; i++)
            zeros[i] = zero_of(p, row, first + i);
        sum += p->dot(a + first * p->block, p->b + (row * p->blocks + first) * bytes, p->bits,
                      p->scales + row * p->blocks + first, zeros, n, p->block);
    }
    *done = whole * p->block;
    return sum;
}

/* Columns of Y, which are rows of B. */
static void run_columns(void *arg, size_t begin, size_t end) {
    const lwi_nbits *p = arg;
    const bool blocks = p->dot && !p->groups && (p->bits == 2 || p->bits == 4 || p->bits == 8);
    float tile[TILE];
    for (size_t col = begin; col < end; col++) {
        size_t k = 0;
        for (size_t i = 0; i < p->m; i++) {
            p->y[i * p->n + col] = p->bias ? p->bias[col] : 0;
            if (blocks) p->y[i * p->n + col] += dot_blocks(p, p->a + i * p->k, col, &k);
        }
        for (size_t n; k < p->k; k += n) {
            n = expand_tile(p, col, k, p->k, tile);
            for (size_t i = 0; i < p->m; i++)
                p->y[i * p->n + col] += dot(p->a + i * p->k + k, tile, n);
        }
    }
}

/* ------------------------------------------------------------ many rows of A */

static void operands(const void *arg, size_t product, lwi_operands *o) {
    const lwi_nbits *p = arg;
    (void)product;
    *o = (lwi_operands){.a = {p->a, p->k, 1}, .y = p->y, .y_row = p->n};
}

static void fill(const void *arg, const lwi_panels *to) {
    const lwi_nbits *p = arg;
    float tile[TILE];
    for (size_t c = 0; c < to->columns; c++) {
        float *panel = (float *)to->panels + c / to->width * to->rows * to->width;
        if (c % to->width == 0 && to->columns - c < to->width)
            memset(panel, 0, to->rows * to->width * sizeof *panel);
        float *column = panel + c % to->width;
        for (size_t r = 0, n; r < to->rows; r += n) {
            n = expand_tile(p, to->column + c, to->row + r, to->row + to->rows, tile);
            for (size_t i = 0; i < n; i++)
                column[(r + i) * to->width] = tile[i];
        }
    }
}

static void add_bias(const void *arg, const lwi_block *block) {
    const lwi_nbits *p = arg;
    for (size_t r = 0; r < block->rows; r++) {
        float *y = (float *)block->y + r * block->y_row;
        for (size_t i = 0; i < block->columns; i++)
            y[i] += p->bias[block->column + i];
    }
}

lw_status lwi_nbits_multiply(lwi_call *c, lwi_nbits *p, const lwi_nbits_kernels *kernels) {
    if (!p->b || p->k == 0) {
        for (size_t i = 0; i < p->m * p->n; i++)
            p->y[i] = p->bias ? p->bias[i % p->n] : 0;
        return LW_OK;
    }
    if (p->m <= FEW_ROWS) {
        p->dot = kernels->dot;
        lwi_parallel(c, p->n, 1 + 32768 / (p->k * p->m), run_columns, p);
        return LW_OK;
    }
    const lwi_product product = {.dtype = LW_FLOAT32,
                                 .m = p->m,
                                 .n = p->n,
                                 .k = p->k,
                                 .batch = 1,
                                 .arg = p,
                                 .operands = operands,
                                 .fill = fill,
                                 .finish = p->bias ? add_bias : NULL};
    return lwi_multiply(c, &product, kernels->tile_f32);
}
