/* SPDX-License-Identifier: MIT
 * QLinearAdd, QLinearMul and QLinearWhere of com.microsoft: element by element with broadcasting,
 * on 8-bit quantised tensors. */
#include "ops/broadcast.h"
#include "ops/qlinear.h"

static lw_status infer(lwi_call *c, const lw_value *const *in, size_t n, lw_dtype dtype) {
    lwi_call operands = *c;
    operands.in = in;
    operands.n_in = n;
    int rank = 0;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_broadcast(&operands, 0, n, &rank, dims));
    return lwi_out(c, 0, dtype, rank, dims);
}

/* ---------------------------------------------------------- sums and products */

enum { A, A_SCALE, A_ZERO, B, B_SCALE, B_ZERO, C_SCALE, C_ZERO };

typedef struct binary {
    lwi_broadcast_plan plan;
    const uint8_t *a, *b;
    uint8_t *y;
    lwi_qlinear_binary q;
    float a_table[256], b_table[256]; /* what the codes stand for */
} binary;

static void run_binary(void *arg, size_t begin, size_t end) {
    const binary *x = arg;
    for (lwi_rows r = lwi_rows_at(&x->plan, begin, end); r.n; lwi_rows_next(&r)) {
        const uint8_t *a = x->a + r.at[0], *b = x->b + r.at[1];
        for (size_t i = 0; i < r.n; i++) {
            const float u = x->a_table[a[i * r.step[0]]], v = x->b_table[b[i * r.step[1]]];
            x->y[r.out + i] = lwi_q8_code(x->q.to, x->q.product ? u * v * x->q.factor : u + v);
        }
    }
}

lw_status lwi_qlinear_binary_read(const lwi_call *c, bool product, lwi_qlinear_binary *q) {
    const lw_dtype dtype = c->in[A]->dtype;
    *q = (lwi_qlinear_binary){.product = product, .factor = 1};
    LW_TRY(lwi_q8_read(c, A_SCALE, A_ZERO, dtype, &q->a));
    LW_TRY(lwi_q8_read(c, B_SCALE, B_ZERO, dtype, &q->b));
    LW_TRY(lwi_q8_read(c, C_SCALE, C_ZERO, dtype, &q->to));
    if (product) {
        q->factor = q->a.scale * q->b.scale / q->to.scale;
        q->a.scale = q->b.scale = 1;
    } else {
        q->a.scale /= q->to.scale;
        q->b.scale /= q->to.scale;
    }
    q->to.scale = 1;
    return LW_OK;
}

static lw_status run(lwi_call *c, bool product) {
    const lw_value *in[2] = {c->in[A], c->in[B]}, *y = c->out[0];
    binary x = {.a = in[0]->data, .b = in[1]->data, .y = y->data};
    LW_TRY(lwi_qlinear_binary_read(c, product, &x.q));
    lwi_q8_table(x.q.a, x.q.a.scale, x.a_table);
    lwi_q8_table(x.q.b, x.q.b.scale, x.b_table);
    lwi_plan_broadcast(&x.plan, y->rank, y->dims, in, 2);
    lwi_parallel(c, y->count, 8192, run_binary, &x);
    return LW_OK;
}

static lw_status run_add(lwi_call *c) { return run(c, false); }
static lw_status run_mul(lwi_call *c) { return run(c, true); }

static lw_status infer_binary(lwi_call *c) {
    return infer(c, (const lw_value *const[]){c->in[A], c->in[B]}, 2, c->in[A]->dtype);
}

/* --------------------------------------------------------------------- where */

enum { CONDITION, X, X_SCALE, X_ZERO, Y, Y_SCALE, Y_ZERO, Z_SCALE, Z_ZERO };

typedef struct choice {
    lwi_broadcast_plan plan;
    const uint8_t *condition, *x, *y;
    uint8_t *z;
    uint8_t x_map[256], y_map[256]; /* codes to codes of the result */
} choice;

static void run_choice(void *arg, size_t begin, size_t end) {
    const choice *w = arg;
    for (lwi_rows r = lwi_rows_at(&w->plan, begin, end); r.n; lwi_rows_next(&r))
        for (size_t i = 0; i < r.n; i++)
            w->z[r.out + i] = w->condition[r.at[0] + i * r.step[0]]
                                  ? w->x_map[w->x[r.at[1] + i * r.step[1]]]
                                  : w->y_map[w->y[r.at[2] + i * r.step[2]]];
}

static lw_status run_where(lwi_call *c) {
    const lw_value *in[3] = {c->in[CONDITION], c->in[X], c->in[Y]}, *z = c->out[0];
    choice w = {.condition = in[0]->data, .x = in[1]->data, .y = in[2]->data, .z = z->data};
    lwi_q8 x, y, q;
    LW_TRY(lwi_q8_read(c, X_SCALE, X_ZERO, z->dtype, &x));
    LW_TRY(lwi_q8_read(c, Y_SCALE, Y_ZERO, z->dtype, &y));
    LW_TRY(lwi_q8_read(c, Z_SCALE, Z_ZERO, z->dtype, &q));
    lwi_q8_map(x, q, w.x_map);
    lwi_q8_map(y, q, w.y_map);
    lwi_plan_broadcast(&w.plan, z->rank, z->dims, in, 3);
    lwi_parallel(c, z->count, 16384, run_choice, &w);
    return LW_OK;
}

static lw_status infer_where(lwi_call *c) {
    return infer(c, (const lw_value *const[]){c->in[CONDITION], c->in[X], c->in[Y]}, 3,
                 c->in[X]->dtype);
}

const lwi_op lwi_op_qlinear_add = {.infer = infer_binary, .run = run_add};
const lwi_op lwi_op_qlinear_mul = {.infer = infer_binary, .run = run_mul};
const lwi_op lwi_op_qlinear_where = {.infer = infer_where, .run = run_where};
