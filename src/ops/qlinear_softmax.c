/* SPDX-License-Identifier: MIT
 * QLinearSoftmax of com.microsoft: softmax of an 8-bit quantised tensor along an axis or, for
 * opsets below 13, over all dimensions from the axis on. The exponential depends only on how far
 * a code is below the largest one of its row, so it comes from a table. */
#include "ops/qlinear.h"

#include <math.h>

enum { X, X_SCALE, X_ZERO, Y_SCALE, Y_ZERO };

typedef struct rows {
    const uint8_t *x;
    uint8_t *y;
    size_t dim, inner;
    float exponential[256]; /* of -i * scale */
    unsigned flip;          /* makes codes that are signed ascend as bytes */
    lwi_q8 q;
} rows;

static void run_rows(void *arg, size_t begin, size_t end) {
    const rows *r = arg;
    for (size_t row = begin; row < end; row++) {
        const size_t at = row / r->inner * r->dim * r->inner + row % r->inner;
        const uint8_t *x = r->x + at;
        unsigned top = 0;
        for (size_t i = 0; i < r->dim; i++) {
            const unsigned code = x[i * r->inner] ^ r->flip;
            if (code > top) top = code;
        }
        double sum = 0;
        for (size_t i = 0; i < r->dim; i++)
            sum += (double)r->exponential[top - (x[i * r->inner] ^ r->flip)];
        for (size_t i = 0; i < r->dim; i++) {
            const float e = r->exponential[top - (x[i * r->inner] ^ r->flip)];
            r->y[at + i * r->inner] = lwi_q8_code(r->q, e / (float)sum);
        }
    }
}

static lw_status axis_of(const lwi_call *c, int *axis) {
    const int64_t opset = lwi_attr_int(c->node, "opset", 13);
    *axis = 0;
    if (c->in[X]->rank == 0) return LW_OK;
    return lwi_axis(c, lwi_attr_int(c->node, "axis", opset < 13 ? 1 : -1), c->in[X]->rank, axis);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[X];
    if (x->count == 0) return LW_OK;
    rows r = {.x = x->data, .y = c->out[0]->data, .flip = x->dtype == LW_INT8 ? 128 : 0};
    lwi_q8 from;
    int axis;
    size_t outer;
    LW_TRY(axis_of(c, &axis));
    LW_TRY(lwi_q8_read(c, X_SCALE, X_ZERO, x->dtype, &from));
    LW_TRY(lwi_q8_read(c, Y_SCALE, Y_ZERO, x->dtype, &r.q));
    for (int i = 0; i < 256; i++)
        r.exponential[i] = expf((float)-i * from.scale);
    lwi_split_axis(x, axis, &outer, &r.dim, &r.inner);
    if (lwi_attr_int(c->node, "opset", 13) < 13) {
        r.dim *= r.inner;
        r.inner = 1;
    }
    lwi_parallel(c, outer * r.inner, 1 + 4096 / r.dim, run_rows, &r);
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    int axis;
    LW_TRY(axis_of(c, &axis));
    return lwi_infer_same(c);
}

const lwi_op lwi_op_qlinear_softmax = {.infer = infer, .run = run};
