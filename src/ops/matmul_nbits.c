/* SPDX-License-Identifier: MIT
 * MatMulNBits of com.microsoft: A [..., K] times the transpose of B [N, K], whose rows are
 * quantised in blocks to integers of 2 to 8 bits, lowest bits first. Every block has a scale, and
 * a zero point: given (packed like the row, or as a number of A's type), or half of the range. */
#include "ops/matmul_nbits.h"

#include "base/checked.h"

enum { A, B, SCALES, ZEROS, GROUPS, BIAS };

static lw_status check_groups(const lwi_call *c, size_t k, size_t blocks) {
    const int32_t *groups = c->in[GROUPS]->data;
    for (size_t i = 0; i < k; i++)
        if (groups[i] < 0 || (size_t)groups[i] >= blocks)
            return lwi_call_fail(c, LW_RANGE, "g_idx[%zu] is %d, expected 0 to %zu", i, groups[i],
                                 blocks - 1);
    return LW_OK;
}

lw_status lwi_matmul_nbits_run(lwi_call *c, const lwi_nbits_kernels *kernels) {
    lwi_nbits p = {.a = c->in[A]->data, .scales = c->in[SCALES]->data, .y = c->out[0]->data};
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
    return lwi_nbits_multiply(c, &p, kernels);
}

static lw_status run(lwi_call *c) { return lwi_matmul_nbits_run(c, &(lwi_nbits_kernels){0}); }

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
