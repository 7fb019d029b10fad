/* SPDX-License-Identifier: MIT
 * Shapes and batches of matrix products (matmul.h). */
#include "ops/matmul.h"

#include "base/checked.h"

/* The dimensions of the batch; the two others are rows and columns of the matrix. */
typedef struct split {
    int rank;
    int64_t dims[LW_MAX_RANK];
    size_t strides[LW_MAX_RANK];
} split;

static lw_status read_side(const lwi_call *c, size_t input, bool left, lwi_matmul_side *side,
                           split *batch) {
    const lw_value *v = side->value = c->in[input];
    LW_TRY(lwi_need_rank(c, input, 1, LW_MAX_RANK));
    *batch = (split){0};
    if (v->rank == 1) {
        side->rows = left ? 1 : v->dims[0];
        side->columns = left ? v->dims[0] : 1;
        side->row = left ? (size_t)v->dims[0] : 1;
        side->column = 1;
        return LW_OK;
    }
    const bool moved = lwi_attr_int(c->node, left ? "transBatchA" : "transBatchB", 0) != 0;
    const int rows = moved ? 0 : v->rank - 2, columns = v->rank - 1;
    size_t strides[LW_MAX_RANK];
    lwi_strides(v->rank, v->dims, strides);
    for (int d = 0; d < v->rank - 1; d++) {
        if (d == rows) continue;
        batch->dims[batch->rank] = v->dims[d];
        batch->strides[batch->rank++] = strides[d];
    }
    const bool turned = lwi_attr_int(c->node, left ? "transA" : "transB", 0) != 0;
    side->rows = v->dims[turned ? columns : rows];
    side->columns = v->dims[turned ? rows : columns];
    side->row = strides[turned ? columns : rows];
    side->column = strides[turned ? rows : columns];
    return LW_OK;
}

static void place(const split *batch, int rank, size_t *strides) {
    for (int d = 0; d < rank; d++) {
        const int from = d - (rank - batch->rank);
        strides[d] = from >= 0 && batch->dims[from] != 1 ? batch->strides[from] : 0;
    }
}

static lw_status broadcast(const lwi_call *c, const split *a, const split *b, lwi_matmul *x) {
    x->batch_rank = a->rank > b->rank ? a->rank : b->rank;
    x->batch = 1;
    for (int d = 0; d < x->batch_rank; d++) {
        const int da = d - (x->batch_rank - a->rank), db = d - (x->batch_rank - b->rank);
        const int64_t na = da >= 0 ? a->dims[da] : 1, nb = db >= 0 ? b->dims[db] : 1;
        if (na != nb && na != 1 && nb != 1)
            return lwi_call_fail(c, LW_SHAPE, "batches of %lld and %lld matrices do not match",
                                 (long long)na, (long long)nb);
        x->dims[d] = na == 1 ? nb : na;
        if (!lwi_mul_size(x->batch, (uint64_t)x->dims[d], &x->batch)) x->batch = 0;
    }
    place(a, x->batch_rank, x->a.strides);
    place(b, x->batch_rank, x->b.strides);
    return LW_OK;
}

lw_status lwi_matmul_shape(const lwi_call *c, size_t a, size_t b, lwi_matmul *x) {
    split batch_a, batch_b;
    LW_TRY(read_side(c, a, true, &x->a, &batch_a));
    LW_TRY(read_side(c, b, false, &x->b, &batch_b));
    if (x->a.columns != x->b.rows)
        return lwi_call_fail(c, LW_SHAPE, "matrices of %lld columns and %lld rows do not match",
                             (long long)x->a.columns, (long long)x->b.rows);
    LW_TRY(broadcast(c, &batch_a, &batch_b, x));
    x->m = (size_t)x->a.rows;
    x->n = (size_t)x->b.columns;
    x->k = (size_t)x->a.columns;
    x->rank = x->batch_rank;
    if (c->in[a]->rank > 1) x->dims[x->rank++] = x->a.rows;
    if (c->in[b]->rank > 1) x->dims[x->rank++] = x->b.columns;
    return LW_OK;
}

size_t lwi_matmul_offset(const lwi_matmul *x, const lwi_matmul_side *side, size_t product) {
    size_t offset = 0;
    for (int d = x->batch_rank - 1; d >= 0; d--) {
        offset += product % (size_t)x->dims[d] * side->strides[d];
        product /= (size_t)x->dims[d];
    }
    return offset;
}

typedef struct batch {
    const lwi_matmul *x;
    const char *a, *b;
    char *y;
    size_t size;
    void (*finish)(const void *arg, const lwi_block *block);
    const void *arg;
} batch;

static void operands(const void *arg, size_t i, lwi_operands *o) {
    const batch *s = arg;
    const lwi_matmul *x = s->x;
    o->a = (lwi_matrix){s->a + lwi_matmul_offset(x, &x->a, i) * s->size, x->a.row, x->a.column};
    o->b = (lwi_matrix){s->b + lwi_matmul_offset(x, &x->b, i) * s->size, x->b.row, x->b.column};
    o->y = s->y + i * x->m * x->n * s->size;
    o->y_row = x->n;
}

void lwi_matmul_fold(lwi_matmul *x) {
    if (x->a.column != 1 || x->a.row != x->k) return;
    size_t next = x->m * x->k;
    for (int d = x->batch_rank - 1; d >= 0; d--) {
        if (x->b.strides[d] != 0 || (x->dims[d] != 1 && x->a.strides[d] != next)) return;
        next *= (size_t)x->dims[d];
    }
    x->m *= x->batch;
    x->batch = 1;
    x->batch_rank = 0;
}

static void finish_product(const void *arg, const lwi_block *block) {
    const batch *s = arg;
    s->finish(s->arg, block);
}

lw_status lwi_matmul_multiply(lwi_call *c, const lwi_matmul *x, lw_dtype dtype, const void *a,
                              const void *b, void *y,
                              void (*finish)(const void *arg, const lwi_block *block),
                              const void *arg, const lwi_tile *tile_f32) {
    lwi_matmul folded = *x;
    if (x->batch > 1 && !finish) lwi_matmul_fold(&folded);
    const batch s = {&folded, a, b, y, lwi_dtype_size(dtype), finish, arg};
    const lwi_product p = {.dtype = lwi_product_dtype(dtype),
                           .m = folded.m,
                           .n = folded.n,
                           .k = folded.k,
                           .batch = folded.batch,
                           .arg = &s,
                           .operands = operands,
                           .finish = finish ? finish_product : NULL};
    return lwi_multiply(c, &p, tile_f32);
}
