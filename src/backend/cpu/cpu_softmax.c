/* SPDX-License-Identifier: MIT
 * Softmax and LogSoftmax of float32, along rows or down columns. */
#include "backend/cpu/cpu_backend.h"
#include "ops/work_slots.h"

enum { GRAIN = 1 << 13 }; /* elements that a thread is worth waking for */

typedef struct softmax {
    size_t outer, dim, inner; /* elements before, along and after the axis */
    size_t blocks;            /* of columns, if inner is not 1 */
    bool logarithm;
} softmax;

typedef struct running {
    const softmax *s;
    const float *x;
    float *y;
    lwi_work_slots slots; /* for columns that are turned */
} running;

static void run_rows(void *arg, size_t begin, size_t end) {
    const running *r = arg;
    for (size_t i = begin; i < end; i++)
        lwi_cpu_kernels()->softmax_f32(r->x + i * r->s->dim, r->y + i * r->s->dim, r->s->dim,
                                       r->s->logarithm);
}

/* Short rows are turned, so that a row of the turned ones is a column of many; few of them too, for
 * a row's bits must not depend on how many there are beside it. */
enum { SHORT = 16, TURNED = 128 };
static void run_short_rows(void *arg, size_t begin, size_t end) {
    const running *r = arg;
    const size_t dim = r->s->dim;
    float turned[SHORT * TURNED];
    for (size_t at = begin; at < end; at += TURNED) {
        const size_t n = end - at < TURNED ? end - at : TURNED;
        const float *x = r->x + at * dim;
        float *y = r->y + at * dim;
        for (size_t i = 0; i < dim; i++)
            for (size_t k = 0; k < n; k++)
                turned[i * n + k] = x[k * dim + i];
        lwi_cpu_kernels()->softmax_columns_f32(turned, turned, dim, n, n, r->s->logarithm);
        for (size_t i = 0; i < dim; i++)
            for (size_t k = 0; k < n; k++)
                y[k * dim + i] = turned[i * n + k];
    }
}

/* Few columns are turned to rows. */
static void run_few_columns(void *arg, size_t begin, size_t end) {
    running *r = arg;
    const size_t dim = r->s->dim, inner = r->s->inner;
    unsigned slot = 0;
    float *rows = lwi_work_slots_take(&r->slots, &slot);
    for (size_t i = begin; i < end; i++) {
        const size_t at = i * dim * inner;
        lwi_cpu_kernels()->transpose_f32(r->x + at, inner, rows, dim, dim, inner);
        for (size_t k = 0; k < inner; k++)
            lwi_cpu_kernels()->softmax_f32(rows + k * dim, rows + k * dim, dim, r->s->logarithm);
        lwi_cpu_kernels()->transpose_f32(rows, dim, r->y + at, inner, inner, dim);
    }
    lwi_work_slots_give(&r->slots, slot);
}

static void run_columns(void *arg, size_t begin, size_t end) {
    const running *r = arg;
    const softmax *s = r->s;
    for (size_t i = begin; i < end; i++) {
        const size_t column = i % s->blocks * LWI_SOFTMAX_COLUMNS, left = s->inner - column;
        const size_t at = i / s->blocks * s->dim * s->inner + column;
        lwi_cpu_kernels()->softmax_columns_f32(
            r->x + at, r->y + at, s->dim, s->inner,
            left < LWI_SOFTMAX_COLUMNS ? left : LWI_SOFTMAX_COLUMNS, s->logarithm);
    }
}

static lw_status prepare(lwi_call *c, bool logarithm) {
    softmax *s = NULL;
    int axis = 0;
    const lw_value *x = c->in[0];
    LW_TRY(lwi_prepare(c, sizeof *s, &s));
    if (x->count == 0) return LW_OK;
    if (x->rank > 0) LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", -1), x->rank, &axis));
    lwi_split_axis(x, axis, &s->outer, &s->dim, &s->inner);
    s->blocks = (s->inner + LWI_SOFTMAX_COLUMNS - 1) / LWI_SOFTMAX_COLUMNS;
    s->logarithm = logarithm;
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    const softmax *s = c->prepared;
    running r = {.s = s, .x = c->in[0]->data, .y = c->out[0]->data};
    if (s->dim == 0) return LW_OK;
    if (s->inner == 1) {
        lwi_parallel(c, s->outer, 1 + GRAIN / s->dim, s->dim <= SHORT ? run_short_rows : run_rows,
                     &r);
        return LW_OK;
    }
    if (s->inner < SHORT && s->dim >= SHORT) {
        LW_TRY(lwi_work_slots_make(c, s->dim * s->inner * sizeof(float), &r.slots));
        lwi_parallel(c, s->outer, 1 + GRAIN / s->dim / s->inner, run_few_columns, &r);
        return LW_OK;
    }
    const size_t width = s->inner < LWI_SOFTMAX_COLUMNS ? s->inner : LWI_SOFTMAX_COLUMNS;
    lwi_parallel(c, s->outer * s->blocks, 1 + GRAIN / width / s->dim, run_columns, &r);
    return LW_OK;
}

/* Small floats arrive as float32. */
static const lwi_kernel *claim(const lwi_call *c, const lwi_kernel *kernel) {
    const lw_dtype dtype = c->in[0]->dtype;
    return dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype) ? kernel : NULL;
}

#define CLAIM(ident, LOGARITHM)                                                                    \
    static lw_status prepare_##ident(lwi_call *c) { return prepare(c, LOGARITHM); }                \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c);                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {prepare_##ident, run};                                   \
        return claim(c, &kernel);                                                                  \
    }
CLAIM(softmax, false)
CLAIM(log_softmax, true)
