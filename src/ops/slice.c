/* SPDX-License-Identifier: MIT
 * Slice (ONNX 13): each axis from a start up to an end by a step, as in Python. */
#include "ops/strided_copy.h"

/* What is taken of one axis. */
typedef struct range {
    int64_t start, step, count;
} range;

static int64_t clamp(int64_t x, int64_t low, int64_t high) {
    return x < low ? low : x > high ? high : x;
}

/* start and end may be anything: huge ones mean "as far as it goes". */
static range resolve(int64_t start, int64_t end, int64_t step, int64_t dim) {
    range r = {.step = step};
    if (dim == 0) return r;
    if (start < 0) start += dim;
    if (end < 0) end += dim;
    if (step > 0) {
        r.start = clamp(start, 0, dim);
        end = clamp(end, 0, dim);
        if (end > r.start) r.count = (end - r.start - 1) / step + 1;
    } else {
        r.start = clamp(start, 0, dim - 1);
        end = clamp(end, -1, dim - 1);
        if (end < r.start) /* unsigned: -INT64_MIN is no int64 */
            r.count = (int64_t)((uint64_t)(r.start - end - 1) / (0 - (uint64_t)step)) + 1;
    }
    return r;
}

enum { DATA, STARTS, ENDS, AXES, STEPS };

static lw_status read_list(const lwi_call *c, size_t input, size_t n, int64_t *values) {
    size_t found = 0;
    LW_TRY(lwi_in_ints(c, input, values, LW_MAX_RANK, &found));
    if (found == n) return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "input %zu has %zu elements, starts has %zu", input, found,
                         n);
}

static lw_status read_ranges(const lwi_call *c, range ranges[LW_MAX_RANK]) {
    const lw_value *x = c->in[DATA];
    int64_t starts[LW_MAX_RANK], ends[LW_MAX_RANK], axes[LW_MAX_RANK], steps[LW_MAX_RANK];
    size_t n = 0;
    LW_TRY(lwi_in_ints(c, STARTS, starts, LW_MAX_RANK, &n));
    for (size_t i = 0; i < n; i++) {
        axes[i] = (int64_t)i;
        steps[i] = 1;
    }
    LW_TRY(read_list(c, ENDS, n, ends));
    if (lwi_has(c, AXES)) LW_TRY(read_list(c, AXES, n, axes));
    if (lwi_has(c, STEPS)) LW_TRY(read_list(c, STEPS, n, steps));
    uint32_t set = 0;
    LW_TRY(lwi_axes(c, axes, n, x->rank, &set));
    for (int d = 0; d < x->rank; d++)
        ranges[d] = (range){.step = 1, .count = x->dims[d]};
    for (size_t i = 0; i < n; i++) {
        int axis = 0;
        LW_TRY(lwi_axis(c, axes[i], x->rank, &axis));
        if (steps[i] == 0) return lwi_call_fail(c, LW_RANGE, "the step of axis %d is 0", axis);
        ranges[axis] = resolve(starts[i], ends[i], steps[i], x->dims[axis]);
    }
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    range ranges[LW_MAX_RANK];
    int64_t dims[LW_MAX_RANK];
    LW_TRY(read_ranges(c, ranges));
    for (int d = 0; d < c->in[DATA]->rank; d++)
        dims[d] = ranges[d].count;
    return lwi_out(c, 0, c->in[DATA]->dtype, c->in[DATA]->rank, dims);
}

/* Whole rows, one after the other, of one index of each axis before. */
static bool window(const lwi_call *c, size_t k, size_t *first) {
    const lw_value *x = c->in[DATA];
    range ranges[LW_MAX_RANK];
    size_t strides[LW_MAX_RANK];
    bool inside = false; /* of the outermost axis of which more than one is taken */
    if (k != 0 || read_ranges(c, ranges) != LW_OK) return false;
    lwi_strides(x->rank, x->dims, strides);
    *first = 0;
    for (int d = 0; d < x->rank; d++) {
        const range *r = &ranges[d];
        if (inside && r->count != x->dims[d]) return false;
        if (r->count > 1 && r->step != 1) return false;
        inside |= r->count > 1;
        *first += (size_t)r->start * strides[d];
    }
    return true;
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[DATA], *y = c->out[0];
    if (y->count == 0) return LW_OK;
    range ranges[LW_MAX_RANK];
    size_t from[LW_MAX_RANK], to[LW_MAX_RANK], start = 0;
    LW_TRY(read_ranges(c, ranges));
    lwi_strides(x->rank, x->dims, from);
    lwi_strides(y->rank, y->dims, to);
    lwi_strided_copy s = {.size = lwi_dtype_size(y->dtype), .to = y->data};
    for (int d = 0; d < y->rank; d++) {
        start += (size_t)ranges[d].start * from[d];
        if (ranges[d].count > 1)
            lwi_strided_add(&s, (size_t)ranges[d].count, (ptrdiff_t)from[d] * ranges[d].step,
                            (ptrdiff_t)to[d]);
    }
    s.from = (const char *)x->data + start * s.size;
    lwi_strided_run(c, &s);
    return LW_OK;
}

const lwi_op lwi_op_slice = {.infer = infer, .window = window, .run = run};
