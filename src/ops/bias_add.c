/* SPDX-License-Identifier: MIT
 * BiasAdd of com.microsoft: x + bias + skip; the bias runs along the last axis. */
#include "ops/op.h"

typedef struct rows {
    const float *x, *bias, *skip;
    float *y;
    size_t n;
} rows;

static void run_rows(void *arg, size_t begin, size_t end) {
    const rows *r = arg;
    for (size_t i = begin; i < end; i++) {
        const float *x = r->x + i * r->n, *skip = r->skip + i * r->n;
        float *y = r->y + i * r->n;
        for (size_t k = 0; k < r->n; k++)
            y[k] = x[k] + r->bias[k] + skip[k];
    }
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    if (x->count == 0) return LW_OK;
    rows r = {x->data, c->in[1]->data, c->in[2]->data, c->out[0]->data, c->in[1]->count};
    lwi_parallel(c, x->count / r.n, 1 + 8192 / r.n, run_rows, &r);
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[0], *bias = c->in[1];
    LW_TRY(lwi_need_rank(c, 0, 1, LW_MAX_RANK));
    if (bias->rank != 1 || bias->dims[0] != x->dims[x->rank - 1] || !lwi_same_shape(x, c->in[2])) {
        char a[LWI_SHAPE_TEXT], b[LWI_SHAPE_TEXT], s[LWI_SHAPE_TEXT];
        return lwi_call_fail(c, LW_SHAPE, "the shapes %s, %s (bias) and %s (skip) do not fit",
                             lwi_shape_text(x->rank, x->dims, a),
                             lwi_shape_text(bias->rank, bias->dims, b),
                             lwi_shape_text(c->in[2]->rank, c->in[2]->dims, s));
    }
    return lwi_out_like(c, 0, x);
}

const lwi_op lwi_op_bias_add = {.infer = infer, .run = run, .flags = LWI_WIDEN};
