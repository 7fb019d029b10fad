/* SPDX-License-Identifier: MIT
 * Split (ONNX 18) and SplitToSequence (ONNX 24): parts of a tensor along an axis. */
#include "base/checked.h"
#include "ops/sequence.h"
#include "ops/strided_copy.h"

#include <string.h>

/* The sizes of the parts, as given, must make up the dimension. */
static lw_status check_sizes(const lwi_call *c, const int64_t *sizes, size_t n, int64_t dim) {
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (sizes[i] < 0)
            return lwi_call_fail(c, LW_RANGE, "part %zu has %lld elements", i, (long long)sizes[i]);
        if (!lwi_add_i64(sum, sizes[i], &sum)) sum = INT64_MAX;
    }
    if (sum == dim) return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "the parts have %lld elements together, the axis has %lld",
                         (long long)sum, (long long)dim);
}

/* n parts of the given size, less at the end. */
static void even_sizes(int64_t *sizes, size_t n, int64_t size, int64_t dim) {
    for (size_t i = 0; i < n; i++) {
        sizes[i] = dim < size ? dim : size;
        dim -= sizes[i];
    }
}

/* Elements [at, at + dim) of x along the axis, where dim is that of the part. */
static void copy_part(const lwi_call *c, const lw_value *x, int axis, size_t at,
                      const lw_value *part) {
    if (part->count == 0) return;
    size_t outer, dim, inner;
    lwi_split_axis(x, axis, &outer, &dim, &inner);
    const size_t size = lwi_dtype_size(x->dtype), n = part->count / outer;
    lwi_copy_rows(c, size, (const char *)x->data + at * inner * size, dim * inner, part->data, n,
                  outer, n);
}

/* ------------------------------------------------------------------- Split */

static lw_status infer_split(lwi_call *c) {
    const lw_value *x = c->in[0];
    int axis = 0;
    size_t n = 0;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), x->rank, &axis));
    int64_t *sizes = NULL, dims[LW_MAX_RANK];
    LW_TRY(lwi_scratch(c, c->n_out, sizeof *sizes, &sizes));
    if (lwi_has(c, 1)) {
        LW_TRY(lwi_in_ints(c, 1, sizes, c->n_out, &n));
        if (n != c->n_out)
            return lwi_call_fail(c, LW_SHAPE, "split has %zu parts, but there are %zu outputs", n,
                                 c->n_out);
        LW_TRY(check_sizes(c, sizes, n, x->dims[axis]));
    } else {
        const int64_t parts = lwi_attr_int(c->node, "num_outputs", (int64_t)c->n_out);
        if (parts < (int64_t)c->n_out)
            return lwi_call_fail(c, LW_RANGE, "num_outputs is %lld, but there are %zu outputs",
                                 (long long)parts, c->n_out);
        even_sizes(sizes, c->n_out, x->dims[axis] / parts + (x->dims[axis] % parts != 0),
                   x->dims[axis]);
    }
    memcpy(dims, x->dims, sizeof dims);
    for (size_t i = 0; i < c->n_out; i++) {
        dims[axis] = sizes[i];
        LW_TRY(lwi_out(c, i, x->dtype, x->rank, dims));
    }
    return LW_OK;
}

static lw_status run_split(lwi_call *c) {
    const lw_value *x = c->in[0];
    int axis = 0;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), x->rank, &axis));
    const int64_t parts = lwi_attr_int(c->node, "num_outputs", (int64_t)c->n_out);
    int64_t at = 0, even = 0;
    if (!lwi_has(c, 1)) even = x->dims[axis] / parts + (x->dims[axis] % parts != 0);
    for (size_t i = 0; i < c->n_out; i++) {
        if (c->out[i]) copy_part(c, x, axis, (size_t)at, c->out[i]);
        at += lwi_has(c, 1) ? lwi_get_int(c->in[1], i) : even;
    }
    return LW_OK;
}

static bool split_window(const lwi_call *c, size_t k, size_t *first) {
    size_t outer, dim, inner;
    int axis = 0;
    if (lwi_axis(c, lwi_attr_int(c->node, "axis", 0), c->in[0]->rank, &axis) != LW_OK) return false;
    lwi_split_axis(c->in[0], axis, &outer, &dim, &inner);
    *first = 0;
    if (outer != 1) return false;
    for (size_t i = 0; i < k; i++) {
        if (!c->out[i]) return false; /* its size is not known here */
        *first += (size_t)c->out[i]->dims[axis] * inner;
    }
    return true;
}

/* --------------------------------------------------------- SplitToSequence */

static lw_status sequence_sizes(lwi_call *c, int64_t dim, int64_t **sizes, size_t *n) {
    if (lwi_has(c, 1) && c->in[1]->rank > 0) {
        LW_TRY(lwi_need_rank(c, 1, 1, 1));
        LW_TRY(lwi_scratch(c, c->in[1]->count, sizeof **sizes, sizes));
        LW_TRY(lwi_in_ints(c, 1, *sizes, c->in[1]->count, n));
        return check_sizes(c, *sizes, *n, dim);
    }
    int64_t size = 1;
    if (lwi_has(c, 1)) LW_TRY(lwi_in_int(c, 1, &size));
    if (size <= 0)
        return lwi_call_fail(c, LW_RANGE, "split is %lld, expected at least 1", (long long)size);
    *n = (size_t)(dim / size + (dim % size != 0));
    LW_TRY(lwi_scratch(c, *n, sizeof **sizes, sizes));
    even_sizes(*sizes, *n, size, dim);
    return LW_OK;
}

static lw_status make_part(lwi_call *c, int axis, size_t at, int64_t size, bool keep,
                           lw_value **part) {
    const lw_value *x = c->in[0];
    int64_t dims[LW_MAX_RANK];
    memcpy(dims, x->dims, sizeof dims);
    dims[axis] = size;
    const int rank = keep ? x->rank : x->rank - 1;
    if (!keep) memmove(dims + axis, dims + axis + 1, (size_t)(rank - axis) * sizeof *dims);
    LW_TRY(lwi_tensor_make(&c->host->allocator, x->dtype, rank, dims, part));
    copy_part(c, x, axis, at, *part);
    return LW_OK;
}

static lw_status run_sequence(lwi_call *c) {
    const lw_value *x = c->in[0];
    int axis = 0;
    int64_t *sizes = NULL;
    size_t n = 0, at = 0;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), x->rank, &axis));
    LW_TRY(sequence_sizes(c, x->dims[axis], &sizes, &n));
    const bool keep = lwi_has(c, 1) || lwi_attr_int(c->node, "keepdims", 1) != 0;
    lw_value *sequence = NULL;
    LW_TRY(lwi_value_make(&c->host->allocator, LW_KIND_SEQUENCE, x->dtype, n, &sequence));
    lw_status status = LW_OK;
    for (size_t i = 0; i < n && status == LW_OK; i++) {
        status = make_part(c, axis, at, sizes[i], keep, &sequence->items[i]);
        at += (size_t)sizes[i];
    }
    return lwi_out_own(c, 0, sequence, status);
}

const lwi_op lwi_op_split = {.infer = infer_split, .window = split_window, .run = run_split};
const lwi_op lwi_op_split_to_sequence = {.run = run_sequence};
