/* SPDX-License-Identifier: MIT
 * MatMulNBits of com.microsoft: A [..., K] times the transpose of B [N, K], whose rows are
 * quantised in blocks to integers of 2 to 8 bits, lowest bits first. Every block has a scale, and
 * a zero point: given (packed like the row, or as a number of A's type), or half of the range. */
#include "base/checked.h"
#include "ops/op.h"

enum { A, B, SCALES, ZEROS, GROUPS, BIAS };
enum { TILE = 256 }; /* elements of B expanded at once */

typedef struct product {
    const float *a, *scales, *bias;
    const uint8_t *b;
    const lw_value *zeros;
    const int32_t *groups;
    float *y;
    size_t m, k, n, block, blocks;
    unsigned bits;
} product;

/* Element i of packed integers. An integer lies in at most two bytes. */
static unsigned packed(const uint8_t *data, size_t i, unsigned bits) {
    const size_t at = i * bits;
    const unsigned shift = at & 7, low = data[at >> 3];
    const unsigned high = shift + bits > 8 ? data[(at >> 3) + 1] : 0;
    return (low | high << 8) >> shift & ((1u << bits) - 1);
}

static float zero_of(const product *p, size_t row, size_t block) {
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
static void expand(const product *p, size_t row, size_t k, size_t n, float *out) {
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

/* Columns of Y, which are rows of B. */
static void run_columns(void *arg, size_t begin, size_t end) {
    const product *p = arg;
    float tile[TILE];
    for (size_t col = begin; col < end; col++) {
        for (size_t i = 0; i < p->m; i++)
            p->y[i * p->n + col] = p->bias ? p->bias[col] : 0;
        for (size_t k = 0, n; p->b && k < p->k; k += n) {
            n = p->block - k % p->block;
            if (n > TILE) n = TILE;
            if (n > p->k - k) n = p->k - k;
            expand(p, col, k, n, tile);
            for (size_t i = 0; i < p->m; i++)
                p->y[i * p->n + col] += dot(p->a + i * p->k + k, tile, n);
        }
    }
}

static lw_status check_groups(const lwi_call *c, size_t k, size_t blocks) {
    const int32_t *groups = c->in[GROUPS]->data;
    for (size_t i = 0; i < k; i++)
        if (groups[i] < 0 || (size_t)groups[i] >= blocks)
            return lwi_call_fail(c, LW_RANGE, "g_idx[%zu] is %d, expected 0 to %zu", i, groups[i],
                                 blocks - 1);
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    const lw_value *a = c->in[A];
    product p = {.a = a->data, .scales = c->in[SCALES]->data, .y = c->out[0]->data};
    if (c->out[0]->count == 0) return LW_OK;
    p.k = (size_t)lwi_attr_int(c->node, "K", 0);
    p.n = (size_t)lwi_attr_int(c->node, "N", 0);
    p.m = c->out[0]->count / p.n;
    p.block = (size_t)lwi_attr_int(c->node, "block_size", 0);
    p.blocks = p.k / p.block + (p.k % p.block != 0);
    p.bits = (unsigned)lwi_attr_int(c->node, "bits", 4);
    if (lwi_has(c, BIAS)) p.bias = c->in[BIAS]->data;
    if (c->in[B]->count > 0) {
        p.b = c->in[B]->data;
        if (lwi_has(c, ZEROS)) p.zeros = c->in[ZEROS];
        if (lwi_has(c, GROUPS)) {
            LW_TRY(check_groups(c, p.k, p.blocks));
            p.groups = c->in[GROUPS]->data;
        }
    }
    lwi_parallel(c, p.n, 1 + 32768 / (p.k * p.m + 1), run_columns, &p);
    return LW_OK;
}

static lw_status need_count(const lwi_call *c, size_t input, const char *name, size_t rows,
                            size_t columns) {
    size_t count = 0;
    if (!lwi_has(c, input)) return LW_OK;
    if (lwi_mul_size(rows, columns, &count) && c->in[input]->count == count) return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "%s has %zu elements, expected %zu x %zu", name,
                         c->in[input]->count, rows, columns);
}

static lw_status check_sizes(const lwi_call *c, size_t k, size_t n) {
    const size_t block = (size_t)lwi_attr_int(c->node, "block_size", 0);
    const size_t bits = (size_t)lwi_attr_int(c->node, "bits", 4);
    const size_t blocks = k / block + (k % block != 0);
    const bool is_packed = lwi_has(c, ZEROS) && c->in[ZEROS]->dtype == LW_UINT8;
    size_t row = 0;
    LW_TRY(need_count(c, BIAS, "the bias", n, 1));
    if (c->in[B]->count == 0) return LW_OK; /* a projection that was left out */
    if (!lwi_mul_size(blocks, block * bits / 8, &row)) row = SIZE_MAX;
    LW_TRY(need_count(c, B, "B", n, row));
    LW_TRY(need_count(c, SCALES, "scales", n, blocks));
    LW_TRY(need_count(c, ZEROS, "zero_points", n, is_packed ? (blocks * bits + 7) / 8 : blocks));
    if (lwi_has(c, GROUPS) && c->in[GROUPS]->count < k)
        return lwi_call_fail(c, LW_SHAPE, "g_idx has %zu elements, expected %zu",
                             c->in[GROUPS]->count, k);
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    const lw_value *a = c->in[A];
    const int64_t k = lwi_attr_int(c->node, "K", 0), n = lwi_attr_int(c->node, "N", 0);
    LW_TRY(lwi_need_rank(c, A, 1, LW_MAX_RANK));
    if (a->dims[a->rank - 1] != k)
        return lwi_call_fail(c, LW_SHAPE, "A has rows of %lld elements, expected K = %lld",
                             (long long)a->dims[a->rank - 1], (long long)k);
    if (lwi_has(c, ZEROS) && c->in[ZEROS]->dtype != LW_UINT8 && c->in[ZEROS]->dtype != a->dtype)
        return lwi_call_fail(c, LW_TYPE, "zero_points is %s, expected uint8 or %s",
                             lw_dtype_name(c->in[ZEROS]->dtype), lw_dtype_name(a->dtype));
    LW_TRY(check_sizes(c, (size_t)k, (size_t)n));
    int64_t dims[LW_MAX_RANK];
    for (int d = 0; d < a->rank; d++)
        dims[d] = a->dims[d];
    dims[a->rank - 1] = n;
    return lwi_out(c, 0, a->dtype, a->rank, dims);
}

static lw_status check(const lwi_node *node) {
    const int64_t block = lwi_attr_int(node, "block_size", 0), bits = lwi_attr_int(node, "bits", 4);
    const int64_t k = lwi_attr_int(node, "K", 0), n = lwi_attr_int(node, "N", 0);
    if (bits < 2 || bits > 8)
        return lwi_node_fail(node, LW_RANGE, "bits is %lld, expected 2 to 8", (long long)bits);
    if (block < 16 || block > 1 << 30 || (block & (block - 1)) != 0)
        return lwi_node_fail(node, LW_RANGE,
                             "block_size is %lld, expected a power of two from 16 on",
                             (long long)block);
    if (k < 0 || n < 0 || k > INT64_MAX / 8)
        return lwi_node_fail(node, LW_RANGE, "K is %lld and N is %lld", (long long)k, (long long)n);
    if (lwi_attr_int(node, "weight_prepacked", 0) != 0)
        return lwi_node_fail(node, LW_UNSUPPORTED, "weights packed for one kind of GPU");
    return LW_OK;
}

const lwi_op lwi_op_matmul_nbits = {.check = check, .infer = infer, .run = run, .flags = LWI_WIDEN};
