/* SPDX-License-Identifier: MIT
 * TopK (ONNX 24): the k largest or smallest elements along an axis, best first (also where any
 * order would do). Of equal elements the one with the lower index comes first; NaN counts as
 * larger than every number. A heap of the k best so far, with the worst at its root. */
#include "ops/op.h"

typedef struct job {
    const void *x;
    size_t dim, inner, k;
    bool largest;
    int64_t *best; /* k indices for each row, rows one after the other */
    void (*row)(const struct job *j, size_t at, int64_t *best);
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
    static bool before_##T(const job *j, const T *x, int64_t a, int64_t b) {                       \
        const T va = x[(size_t)a * j->inner], vb = x[(size_t)b * j->inner];                        \
        const bool less = va < vb || (vb != vb && va == va);                                       \
        const bool more = va > vb || (va != va && vb == vb);                                       \
        if (less || more) return j->largest ? more : less;                                         \
        return a < b;                                                                              \
    }                                                                                              \
    static void sink_##T(const job *j, const T *x, int64_t *heap, size_t n, size_t i) {            \
        const int64_t moved = heap[i];                                                             \
        for (size_t child; (child = 2 * i + 1) < n; i = child) {                                   \
            if (child + 1 < n && before_##T(j, x, heap[child], heap[child + 1])) child++;          \
            if (before_##T(j, x, heap[child], moved)) break;                                       \
            heap[i] = heap[child];                                                                 \
        }                                                                                          \
        heap[i] = moved;                                                                           \
    }                                                                                              \
    static void row_##T(const job *j, size_t at, int64_t *heap) {                                  \
        const T *x = (const T *)j->x + at;                                                         \
        for (size_t i = 0; i < j->k; i++)                                                          \
            heap[i] = (int64_t)i;                                                                  \
        for (size_t i = j->k / 2; i-- > 0;)                                                        \
            sink_##T(j, x, heap, j->k, i);                                                         \
        for (size_t i = j->k; i < j->dim; i++)                                                     \
            if (before_##T(j, x, (int64_t)i, heap[0])) {                                           \
                heap[0] = (int64_t)i;                                                              \
                sink_##T(j, x, heap, j->k, 0);                                                     \
            }                                                                                      \
        for (size_t n = j->k; n-- > 1;) { /* the worst goes to the end */                          \
            const int64_t worst = heap[0];                                                         \
            heap[0] = heap[n];                                                                     \
            heap[n] = worst;                                                                       \
            sink_##T(j, x, heap, n, 0);                                                            \
        }                                                                                          \
    }
LWI_NUMBER_TYPES(ROW)

#define CASE(DTYPE, T) [DTYPE] = row_##T,
static void (*const ROWS[LW_DTYPE_COUNT])(const job *, size_t,
                                          int64_t *) = {LWI_NUMBER_TYPES(CASE)};

static void run_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t r = begin; r < end; r++)
        j->row(j, r / j->inner * j->dim * j->inner + r % j->inner, j->best + r * j->k);
}

#define COPY(BITS)                                                                                 \
    static void copy_##BITS(const job *j, size_t at, const int64_t *best, void *out, size_t to) {  \
        const uint##BITS##_t *x = (const uint##BITS##_t *)j->x + at;                               \
        uint##BITS##_t *y = (uint##BITS##_t *)out + to;                                            \
        for (size_t i = 0; i < j->k; i++)                                                          \
            y[i * j->inner] = x[(size_t)best[i] * j->inner];                                       \
    }
COPY(8)
COPY(16)
COPY(32)
COPY(64)

static void copy_values(const job *j, size_t item, size_t at, const int64_t *best, void *y,
                        size_t to) {
    if (item == 1) copy_8(j, at, best, y, to);
    else if (item == 2) copy_16(j, at, best, y, to);
    else if (item == 4) copy_32(j, at, best, y, to);
    else copy_64(j, at, best, y, to);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    int axis = 0;
    int64_t k = 0;
    LW_TRY(find_axis(c, &axis));
    LW_TRY(lwi_in_int(c, 1, &k));
    if (x->count == 0 || k == 0) return LW_OK;
    job j = {.x = x->data,
             .k = (size_t)k,
             .largest = lwi_attr_int(c->node, "largest", 1) != 0,
             .row = ROWS[x->dtype]};
    size_t outer;
    lwi_split_axis(x, axis, &outer, &j.dim, &j.inner);
    const size_t rows = outer * j.inner;
    LW_TRY(lwi_scratch(c, rows * j.k, sizeof *j.best, &j.best));
    lwi_parallel(c, rows, 1 + 4096 / j.dim, run_rows, &j);
    for (size_t r = 0; r < rows; r++) {
        const size_t from = r / j.inner * j.dim * j.inner + r % j.inner;
        const size_t to = r / j.inner * j.k * j.inner + r % j.inner;
        const int64_t *best = j.best + r * j.k;
        if (c->out[0]) copy_values(&j, lwi_dtype_size(x->dtype), from, best, c->out[0]->data, to);
        if (!c->out[1]) continue;
        int64_t *indices = (int64_t *)c->out[1]->data + to;
        for (size_t i = 0; i < j.k; i++)
            indices[i * j.inner] = best[i];
    }
    return LW_OK;
}

const lwi_op lwi_op_topk = {.infer = infer, .run = run, .flags = LWI_WIDEN};
