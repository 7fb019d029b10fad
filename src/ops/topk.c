/* SPDX-License-Identifier: MIT
 * TopK (ONNX 24): the k largest or smallest elements along an axis, best first (also where any
 * order would do). Of equal elements the one with the lower index comes first; NaN counts as
 * larger than every number. A heap of the k best so far, with the worst at its root. */
#include "ops/topk.h"

typedef struct job {
    lwi_topk t;
    int64_t *best; /* k indices for each row, rows one after the other */
    void (*row)(const lwi_topk *t, size_t at, int64_t *best);
} job;

static lw_status find_axis(const lwi_call *c, int *axis) {
    LW_TRY(lwi_need_rank(c, 0, 1, LW_MAX_RANK));
    return lwi_axis(c, lwi_attr_int(c->node, "axis", -1), c->in[0]->rank, axis);
}

static lw_status infer(lwi_call *c) {
    int axis = 0;
    int64_t k = 0, dims[LW_MAX_RANK];
    LW_TRY(find_axis(c, &axis));
    LW_TRY(lwi_in_int(c, 1, &k));
    const lw_value *x = c->in[0];
    if (k < 0 || k > x->dims[axis])
        return lwi_call_fail(c, LW_RANGE, "k is %lld, but axis %d has %lld elements", (long long)k,
                             axis, (long long)x->dims[axis]);
    for (int d = 0; d < x->rank; d++)
        dims[d] = d == axis ? k : x->dims[d];
    LW_TRY(lwi_out(c, 0, x->dtype, x->rank, dims));
    return lwi_out(c, 1, LW_INT64, x->rank, dims);
}

/* before_T: element a comes before element b in the output. */
#define ROW(DTYPE, T)                                                                              \
    static bool before_##T(const lwi_topk *t, const T *x, int64_t a, int64_t b) {                  \
        const T va = x[(size_t)a * t->inner], vb = x[(size_t)b * t->inner];                        \
        const bool less = va < vb || (vb != vb && va == va);                                       \
        const bool more = va > vb || (va != va && vb == vb);                                       \
        if (less || more) return t->largest ? more : less;                                         \
        return a < b;                                                                              \
    }                                                                                              \
    static void sink_##T(const lwi_topk *t, const T *x, int64_t *heap, size_t n, size_t i) {       \
        const int64_t moved = heap[i];                                                             \
        for (size_t child; (child = 2 * i + 1) < n; i = child) {                                   \
            if (child + 1 < n && before_##T(t, x, heap[child], heap[child + 1])) child++;          \
            if (before_##T(t, x, heap[child], moved)) break;                                       \
            heap[i] = heap[child];                                                                 \
        }                                                                                          \
        heap[i] = moved;                                                                           \
    }                                                                                              \
    static void row_##T(const lwi_topk *t, size_t at, int64_t *heap) {                             \
        const T *x = (const T *)t->x + at;                                                         \
        for (size_t i = 0; i < t->k; i++)                                                          \
            heap[i] = (int64_t)i;                                                                  \
        for (size_t i = t->k / 2; i-- > 0;)                                                        \
            sink_##T(t, x, heap, t->k, i);                                                         \
        for (size_t i = t->k; i < t->dim; i++)                                                     \
            if (before_##T(t, x, (int64_t)i, heap[0])) {                                           \
                heap[0] = (int64_t)i;                                                              \
                sink_##T(t, x, heap, t->k, 0);                                                     \
            }                                                                                      \
        for (size_t n = t->k; n-- > 1;) { /* the worst goes to the end */                          \
            const int64_t worst = heap[0];                                                         \
            heap[0] = heap[n];                                                                     \
            heap[n] = worst;                                                                       \
            sink_##T(t, x, heap, n, 0);                                                            \
        }                                                                                          \
    }
LWI_NUMBER_TYPES(ROW)

#define CASE(DTYPE, T) [DTYPE] = row_##T,
static void (*const ROWS[LW_DTYPE_COUNT])(const lwi_topk *, size_t,
                                          int64_t *) = {LWI_NUMBER_TYPES(CASE)};

static void run_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t r = begin; r < end; r++)
        j->row(&j->t, lwi_topk_row(&j->t, r), j->best + r * j->t.k);
}

#define COPY(BITS)                                                                                 \
    static void copy_##BITS(const lwi_topk *t, const void *x_row, const int64_t *best,             \
                            void *y_row) {                                                         \
        const uint##BITS##_t *x = x_row;                                                           \
        uint##BITS##_t *y = y_row;                                                                 \
        for (size_t i = 0; i < t->k; i++)                                                          \
            y[i * t->inner] = x[(size_t)best[i] * t->inner];                                       \
    }
COPY(8)
COPY(16)
COPY(32)
COPY(64)

static void copy_values(const lwi_topk *t, size_t item, const char *x, const int64_t *best,
                        char *y) {
    if (item == 1) copy_8(t, x, best, y);
    else if (item == 2) copy_16(t, x, best, y);
    else if (item == 4) copy_32(t, x, best, y);
    else copy_64(t, x, best, y);
}

void lwi_topk_write(const lwi_call *c, const lwi_topk *t, size_t row, const int64_t *best) {
    const size_t item = lwi_dtype_size(c->in[0]->dtype);
    const size_t to = row / t->inner * t->k * t->inner + row % t->inner;
    if (c->out[0])
        copy_values(t, item, (const char *)t->x + lwi_topk_row(t, row) * item, best,
                    (char *)c->out[0]->data + to * item);
    if (!c->out[1]) return;
    int64_t *indices = (int64_t *)c->out[1]->data + to;
    for (size_t i = 0; i < t->k; i++)
        indices[i * t->inner] = best[i];
}

lw_status lwi_topk_read(const lwi_call *c, lwi_topk *t) {
    int axis = 0;
    int64_t k = 0;
    LW_TRY(find_axis(c, &axis));
    LW_TRY(lwi_in_int(c, 1, &k));
    *t = (lwi_topk){
        .x = c->in[0]->data, .k = (size_t)k, .largest = lwi_attr_int(c->node, "largest", 1) != 0};
    size_t outer;
    lwi_split_axis(c->in[0], axis, &outer, &t->dim, &t->inner);
    t->rows = k == 0 || t->dim == 0 ? 0 : outer * t->inner;
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    job j = {.row = ROWS[c->in[0]->dtype]};
    LW_TRY(lwi_topk_read(c, &j.t));
    if (j.t.rows == 0) return LW_OK;
    LW_TRY(lwi_scratch(c, j.t.rows * j.t.k, sizeof *j.best, &j.best));
    lwi_parallel(c, j.t.rows, 1 + 4096 / j.t.dim, run_rows, &j);
    for (size_t r = 0; r < j.t.rows; r++)
        lwi_topk_write(c, &j.t, r, j.best + r * j.t.k);
    return LW_OK;
}

const lwi_op lwi_op_topk = {.infer = infer, .run = run, .flags = LWI_WIDEN};
