/* SPDX-License-Identifier: MIT
 * QLinearSigmoid, QLinearLeakyRelu and QLinearConcat of com.microsoft: every code of an 8-bit
 * quantised tensor becomes another one, which a table of 256 entries says. */
#include "ops/qlinear.h"

#include <math.h>
#include <string.h>

enum { X, X_SCALE, X_ZERO, Y_SCALE, Y_ZERO };

typedef struct rows {
    const uint8_t *x;
    uint8_t *y;
    size_t x_stride, y_stride, n; /* of a row */
    uint8_t map[256];
    lwi_q8_map_fn *apply;
} rows;

static void apply_map(const uint8_t *x, size_t n, const uint8_t map[256], uint8_t *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = map[x[i]];
}

static void run_rows(void *arg, size_t begin, size_t end) {
    const rows *r = arg;
    for (size_t row = begin; row < end; row++)
        r->apply(r->x + row * r->x_stride, r->n, r->map, r->y + row * r->y_stride);
}

static void run_part(void *arg, size_t begin, size_t end) {
    const rows *r = arg;
    r->apply(r->x + begin, end - begin, r->map, r->y + begin);
}

static float sigmoid(float x, float unused) {
    (void)unused;
    return 1 / (1 + expf(-x));
}

static float leaky_relu(float x, float alpha) { return x < 0 ? alpha * x : x; }

static lw_status find_map(const lwi_call *c, float (*f)(float, float), float alpha,
                          uint8_t map[256]) {
    const lw_dtype dtype = c->in[X]->dtype;
    lwi_q8 from, to;
    float table[256];
    LW_TRY(lwi_q8_read(c, X_SCALE, X_ZERO, dtype, &from));
    LW_TRY(lwi_q8_read(c, Y_SCALE, Y_ZERO, dtype, &to));
    lwi_q8_table(from, from.scale, table);
    for (int i = 0; i < 256; i++)
        map[i] = lwi_q8_code(to, f(table[i], alpha));
    return LW_OK;
}

lw_status lwi_qlinear_sigmoid_map(const lwi_call *c, uint8_t map[256]) {
    return find_map(c, sigmoid, 0, map);
}

lw_status lwi_qlinear_leaky_relu_map(const lwi_call *c, uint8_t map[256]) {
    return find_map(c, leaky_relu, lwi_attr_float(c->node, "alpha", 0.01f), map);
}

static void run_all(const lwi_call *c, rows *r) {
    r->x = c->in[X]->data;
    r->y = c->out[0]->data;
    lwi_parallel(c, c->in[X]->count, 32768, run_part, r);
}

lw_status lwi_qlinear_sigmoid_run(lwi_call *c, lwi_q8_map_fn *map) {
    rows r = {.apply = map};
    LW_TRY(lwi_qlinear_sigmoid_map(c, r.map));
    run_all(c, &r);
    return LW_OK;
}

lw_status lwi_qlinear_leaky_relu_run(lwi_call *c, lwi_q8_map_fn *map) {
    rows r = {.apply = map};
    LW_TRY(lwi_qlinear_leaky_relu_map(c, r.map));
    run_all(c, &r);
    return LW_OK;
}

static lw_status run_sigmoid(lwi_call *c) { return lwi_qlinear_sigmoid_run(c, apply_map); }
static lw_status run_leaky_relu(lwi_call *c) { return lwi_qlinear_leaky_relu_run(c, apply_map); }

/* -------------------------------------------------------------- concatenation */

enum { CONCAT_SCALE, CONCAT_ZERO, FIRST }; /* then a tensor, its scale and its zero point, ... */

static lw_status check_part(const lwi_call *c, size_t i, lw_dtype dtype) {
    for (size_t k = i; k < i + 3; k++) {
        const lw_dtype want = k == i + 1 ? LW_FLOAT32 : dtype;
        if (!lwi_has(c, k) || c->in[k]->dtype != want)
            return lwi_call_fail(c, LW_TYPE, "input %zu is %s, expected %s", k,
                                 lwi_has(c, k) ? lw_dtype_name(c->in[k]->dtype) : "missing",
                                 lw_dtype_name(want));
    }
    return LW_OK;
}

static lw_status add_part(const lwi_call *c, const lw_value *part, int axis, int64_t *dims) {
    const lw_value *first = c->in[FIRST];
    bool fits = part->rank == first->rank;
    for (int d = 0; d < first->rank && fits; d++)
        if (d != axis) fits = part->dims[d] == dims[d];
    if (fits && !__builtin_add_overflow(dims[axis], part->dims[axis], &dims[axis])) return LW_OK;
    char a[LWI_SHAPE_TEXT], b[LWI_SHAPE_TEXT];
    return lwi_call_fail(c, LW_SHAPE, "the shapes %s and %s cannot be joined along axis %d",
                         lwi_shape_text(first->rank, first->dims, a),
                         lwi_shape_text(part->rank, part->dims, b), axis);
}

static lw_status infer_concat(lwi_call *c) {
    if ((c->n_in - FIRST) % 3 != 0)
        return lwi_call_fail(c, LW_INVALID,
                             "%zu inputs are not triples of tensor, scale and zero "
                             "point",
                             c->n_in - FIRST);
    const lw_value *first = c->in[FIRST];
    const lw_dtype dtype = c->in[CONCAT_ZERO]->dtype;
    int axis;
    LW_TRY(check_part(c, FIRST, dtype));
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), first->rank, &axis));
    int64_t dims[LW_MAX_RANK];
    memcpy(dims, first->dims, sizeof dims);
    for (size_t i = FIRST + 3; i < c->n_in; i += 3) {
        LW_TRY(check_part(c, i, dtype));
        LW_TRY(add_part(c, c->in[i], axis, dims));
    }
    return lwi_out(c, 0, dtype, first->rank, dims);
}

lw_status lwi_qlinear_concat_run(lwi_call *c, lwi_q8_map_fn *map) {
    const lw_value *y = c->out[0];
    if (y->count == 0) return LW_OK;
    lwi_q8 from, to;
    int axis;
    size_t outer, dim, inner, at = 0;
    LW_TRY(lwi_q8_read(c, CONCAT_SCALE, CONCAT_ZERO, y->dtype, &to));
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), y->rank, &axis));
    lwi_split_axis(y, axis, &outer, &dim, &inner);
    for (size_t i = FIRST; i < c->n_in; i += 3) {
        LW_TRY(lwi_q8_read(c, i + 1, i + 2, y->dtype, &from));
        const size_t n = c->in[i]->count / outer;
        rows r = {c->in[i]->data, (uint8_t *)y->data + at, n, dim * inner, n, {0}, map};
        lwi_q8_map(from, to, r.map);
        if (n) lwi_parallel(c, outer, 1 + 32768 / n, run_rows, &r);
        at += n;
    }
    return LW_OK;
}

static lw_status run_concat(lwi_call *c) { return lwi_qlinear_concat_run(c, apply_map); }

const lwi_op lwi_op_qlinear_sigmoid = {
    .infer = lwi_infer_same, .run = run_sigmoid, .flags = LWI_INPLACE};
const lwi_op lwi_op_qlinear_leaky_relu = {
    .infer = lwi_infer_same, .run = run_leaky_relu, .flags = LWI_INPLACE};
const lwi_op lwi_op_qlinear_concat = {.infer = infer_concat, .run = run_concat};
