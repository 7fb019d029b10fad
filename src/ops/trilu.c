/* SPDX-License-Identifier: MIT
 * Trilu (ONNX 14, com.microsoft 1): the upper or lower triangle of matrices, zeros elsewhere. */
#include "ops/op.h"

#include <string.h>

typedef struct triangle {
    const char *x;
    char *y;
    int64_t rows, columns, k;
    size_t size;
    bool upper;
} triangle;

/* The first column of a row that belongs to the upper triangle. */
static size_t border(const triangle *t, int64_t row, int64_t k) {
    if (k >= t->columns || row + k >= t->columns) return (size_t)t->columns;
    return row + k < 0 ? 0 : (size_t)(row + k);
}

static void run_rows(void *arg, size_t begin, size_t end) {
    const triangle *t = arg;
    const size_t columns = (size_t)t->columns;
    for (size_t i = begin; i < end; i++) {
        const int64_t row = (int64_t)(i % (size_t)t->rows);
        const size_t split = border(t, row, t->upper ? t->k : t->k + 1);
        const size_t first = t->upper ? split : 0, last = t->upper ? columns : split;
        const size_t at = i * columns * t->size;
        memset(t->y + at, 0, first * t->size);
        memcpy(t->y + at + first * t->size, t->x + at + first * t->size, (last - first) * t->size);
        memset(t->y + at + last * t->size, 0, (columns - last) * t->size);
    }
}

static lw_status infer(lwi_call *c) {
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    return lwi_out_like(c, 0, c->in[0]);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    if (x->count == 0) return LW_OK;
    triangle t = {.x = x->data,
                  .y = c->out[0]->data,
                  .rows = x->dims[x->rank - 2],
                  .columns = x->dims[x->rank - 1],
                  .size = lwi_dtype_size(x->dtype),
                  .upper = lwi_attr_int(c->node, "upper", 1) != 0};
    if (lwi_has(c, 1)) LW_TRY(lwi_in_int(c, 1, &t.k));
    if (t.k < -t.rows) t.k = -t.rows; /* further away makes no difference, and could overflow */
    if (t.k > t.columns) t.k = t.columns;
    lwi_parallel(c, x->count / (size_t)t.columns, 1 + (1 << 14) / (size_t)t.columns, run_rows, &t);
    return LW_OK;
}

const lwi_op lwi_op_trilu = {.infer = infer, .run = run};
