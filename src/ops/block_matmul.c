/* SPDX-License-Identifier: MIT
 * BlockMatMul: A [..., K] times the transpose of B, whose rows are blocks as in a GGUF file (uint8
 * [N, bytes of a row]), plus a bias [N]. BlockMatMulExperts: for each token, the products with the
 * matrices of the chosen experts. BlockGather: rows by ids, as float32. */
#include "ops/block_matmul.h"

lw_status lwi_block_rows_read(const lwi_call *c, size_t weights, lwi_block_rows *rows) {
    const lw_value *w = c->in[weights];
    const int64_t format = lwi_attr_int(c->node, "format", -1), k = lwi_attr_int(c->node, "K", 0);
    const lwi_block_type *type = lwi_block_type_find((uint32_t)format);
    LW_TRY(lwi_need_rank(c, weights, 2, 3));
    if (format < 0 || !type || k < 1 || (uint64_t)k % type->elements ||
        (uint64_t)w->dims[w->rank - 1] / type->bytes != (uint64_t)k / type->elements ||
        (uint64_t)w->dims[w->rank - 1] % type->bytes)
        return lwi_call_fail(c, LW_SHAPE, "rows of %lld bytes are not %lld elements of format %lld",
                             (long long)w->dims[w->rank - 1], (long long)k, (long long)format);
    *rows = (lwi_block_rows){.type = type,
                             .k = (size_t)k,
                             .bytes = (size_t)w->dims[w->rank - 1],
                             .n = (size_t)w->dims[w->rank - 2],
                             .experts = w->rank == 3 ? (size_t)w->dims[0] : 1};
    return LW_OK;
}

static float dot(const float *a, const float *b, size_t n) {
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* ------------------------------------------------------------- BlockMatMul */

static lw_status infer_matmul(lwi_call *c) {
    lwi_block_rows rows;
    LW_TRY(lwi_block_rows_read(c, 1, &rows));
    const lw_value *a = c->in[0];
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_need_rank(c, 0, 1, LW_MAX_RANK));
    if (a->dims[a->rank - 1] != (int64_t)rows.k || rows.experts != 1)
        return lwi_call_fail(c, LW_SHAPE, "A has rows of %lld, the weights of %zu",
                             (long long)a->dims[a->rank - 1], rows.k);
    const int64_t n = (int64_t)rows.n;
    if (lwi_has(c, 2)) LW_TRY(lwi_need_shape(c, 2, 1, &n));
    for (int i = 0; i < a->rank; i++)
        dims[i] = a->dims[i];
    dims[a->rank - 1] = n;
    return lwi_out(c, 0, a->dtype, a->rank, dims);
}

static lw_status run_matmul(lwi_call *c) {
    lwi_block_rows rows;
    LW_TRY(lwi_block_rows_read(c, 1, &rows));
    if (c->out[0]->count == 0) return LW_OK;
    const size_t m = c->in[0]->count / rows.k;
    const float *a = c->in[0]->data, *bias = lwi_has(c, 2) ? c->in[2]->data : NULL;
    float *row = NULL, *y = c->out[0]->data;
    LW_TRY(lwi_scratch(c, rows.k, sizeof *row, &row));
    for (size_t j = 0; j < rows.n; j++) {
        lwi_blocks_decode(rows.type, (const uint8_t *)c->in[1]->data + j * rows.bytes, rows.k, row);
        for (size_t i = 0; i < m; i++)
            y[i * rows.n + j] = dot(a + i * rows.k, row, rows.k) + (bias ? bias[j] : 0);
        LW_TRY(lwi_check_cancel(c));
    }
    return LW_OK;
}

/* ------------------------------------------------------ BlockMatMulExperts */

static lw_status infer_experts(lwi_call *c) {
    lwi_block_rows rows;
    LW_TRY(lwi_block_rows_read(c, 1, &rows));
    LW_TRY(lwi_need_rank(c, 0, 2, 3));
    LW_TRY(lwi_need_rank(c, 2, 2, 2));
    const lw_value *a = c->in[0], *chosen = c->in[2];
    if (a->dims[a->rank - 1] != (int64_t)rows.k || a->dims[0] != chosen->dims[0] ||
        (a->rank == 3 && a->dims[1] != chosen->dims[1]))
        return lwi_call_fail(c, LW_SHAPE, "A does not fit the choice and rows of %zu", rows.k);
    const int64_t dims[3] = {chosen->dims[0], chosen->dims[1], (int64_t)rows.n};
    return lwi_out(c, 0, a->dtype, 3, dims);
}

static lw_status run_experts(lwi_call *c) {
    lwi_block_rows rows;
    LW_TRY(lwi_block_rows_read(c, 1, &rows));
    const lw_value *a = c->in[0], *chosen = c->in[2];
    const size_t used = (size_t)chosen->dims[1];
    float *row = NULL, *y = c->out[0]->data;
    LW_TRY(lwi_scratch(c, rows.k, sizeof *row, &row));
    for (size_t i = 0; i < chosen->count; i++) {
        const int64_t expert = ((const int64_t *)chosen->data)[i];
        const float *x = (const float *)a->data + (a->rank == 3 ? i : i / used) * rows.k;
        if (expert < 0 || (size_t)expert >= rows.experts)
            return lwi_call_fail(c, LW_RANGE, "there is no expert %lld", (long long)expert);
        const uint8_t *b = (const uint8_t *)c->in[1]->data + (size_t)expert * rows.n * rows.bytes;
        for (size_t j = 0; j < rows.n; j++) {
            lwi_blocks_decode(rows.type, b + j * rows.bytes, rows.k, row);
            y[i * rows.n + j] = dot(x, row, rows.k);
        }
        LW_TRY(lwi_check_cancel(c));
    }
    return LW_OK;
}

/* -------------------------------------------------------------- BlockGather */

static lw_status infer_gather(lwi_call *c) {
    lwi_block_rows rows;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_block_rows_read(c, 0, &rows));
    LW_TRY(lwi_need_rank(c, 1, 0, LW_MAX_RANK - 1));
    const lw_value *ids = c->in[1];
    for (int i = 0; i < ids->rank; i++)
        dims[i] = ids->dims[i];
    dims[ids->rank] = (int64_t)rows.k;
    return lwi_out(c, 0, LW_FLOAT32, ids->rank + 1, dims);
}

static lw_status run_gather(lwi_call *c) {
    lwi_block_rows rows;
    LW_TRY(lwi_block_rows_read(c, 0, &rows));
    const int32_t *ids = c->in[1]->data;
    float *y = c->out[0]->data;
    for (size_t i = 0; i < c->in[1]->count; i++) {
        if (ids[i] < 0 || (size_t)ids[i] >= rows.n)
            return lwi_call_fail(c, LW_RANGE, "id %d is not one of %zu rows", ids[i], rows.n);
        lwi_blocks_decode(rows.type, (const uint8_t *)c->in[0]->data + (size_t)ids[i] * rows.bytes,
                          rows.k, y + i * rows.k);
    }
    return LW_OK;
}

const lwi_op lwi_op_block_matmul = {.infer = infer_matmul, .run = run_matmul};
const lwi_op lwi_op_block_matmul_experts = {.infer = infer_experts, .run = run_experts};
const lwi_op lwi_op_block_gather = {.infer = infer_gather, .run = run_gather};
