/* SPDX-License-Identifier: MIT */
#include "ops/integer_operand.h"

typedef struct operand {
    const lw_value *matrices, *zeros; /* zeros may be NULL */
    int32_t *to;
    size_t rows, columns; /* of one matrix */
    bool by_row;
} operand;

/* A vector is a matrix of one row, or of one column where zero points go by column. */
static void read_sizes(operand *o) {
    const lw_value *v = o->matrices;
    o->columns = v->rank ? (size_t)v->dims[v->rank - 1] : 1;
    o->rows = v->rank > 1 ? (size_t)v->dims[v->rank - 2] : 1;
    if (v->rank == 1 && !o->by_row) {
        o->rows = o->columns;
        o->columns = 1;
    }
}

lw_status lwi_check_zeros(const lwi_call *c, size_t matrices, size_t zero, bool by_row) {
    if (!lwi_has(c, zero)) return LW_OK;
    operand o = {.matrices = c->in[matrices], .by_row = by_row};
    read_sizes(&o);
    const size_t n = c->in[zero]->count, across = by_row ? o.columns : o.rows;
    const size_t one = by_row ? o.rows : o.columns, all = across ? o.matrices->count / across : one;
    if (n == 1 || n == one || n == all) return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "input %zu has %zu elements, expected 1 or %zu", zero, n,
                         one);
}

static int code(const lw_value *v, size_t i) {
    return v->dtype == LW_INT8 ? ((const int8_t *)v->data)[i] : ((const uint8_t *)v->data)[i];
}

/* One row, with zero point i * step of those from `zero` on for column i. */
static void run_row(const operand *o, size_t from, size_t zero, size_t step) {
    int32_t *to = o->to + from;
    if (o->matrices->dtype == LW_INT8)
        for (size_t i = 0; i < o->columns; i++)
            to[i] = ((const int8_t *)o->matrices->data)[from + i];
    else
        for (size_t i = 0; i < o->columns; i++)
            to[i] = ((const uint8_t *)o->matrices->data)[from + i];
    if (!o->zeros) return;
    if (step == 0) {
        const int32_t z = code(o->zeros, zero);
        for (size_t i = 0; i < o->columns; i++)
            to[i] -= z;
    } else {
        for (size_t i = 0; i < o->columns; i++)
            to[i] -= code(o->zeros, zero + i);
    }
}

static void run_rows(void *arg, size_t begin, size_t end) {
    const operand *o = arg;
    const size_t n = o->zeros ? o->zeros->count : 1;
    for (size_t row = begin; row < end; row++) {
        const size_t zero = o->by_row ? row : row / o->rows * o->columns;
        run_row(o, row * o->columns, zero % n, !o->by_row && n > 1);
    }
}

lw_status lwi_less_zeros(lwi_call *c, size_t matrices, size_t zero, bool by_row,
                         int32_t **numbers) {
    operand o = {.matrices = c->in[matrices],
                 .zeros = lwi_has(c, zero) ? c->in[zero] : NULL,
                 .by_row = by_row};
    LW_TRY(lwi_scratch(c, o.matrices->count, sizeof *o.to, &o.to));
    *numbers = o.to;
    if (o.matrices->count == 0) return LW_OK;
    read_sizes(&o);
    lwi_parallel(c, o.matrices->count / o.columns, 1 + 16384 / o.columns, run_rows, &o);
    return LW_OK;
}
