/* SPDX-License-Identifier: MIT
 * Operators that only give a tensor another shape: Reshape, Flatten, Squeeze, Unsqueeze, Identity.
 * The output lies on the input's memory. */
#include "base/checked.h"
#include "ops/op.h"

/* Resolves 0 (copy the input's dimension) and -1 (whatever is left) in a wanted shape. */
static lw_status resolve(lwi_call *c, int64_t *dims, size_t n, bool allow_zero) {
    const lw_value *x = c->in[0];
    int unknown = -1;
    size_t known = 1;
    for (size_t i = 0; i < n; i++) {
        if (dims[i] == 0 && !allow_zero) {
            if (i >= (size_t)x->rank)
                return lwi_call_fail(c, LW_SHAPE,
                                     "dimension %zu is 0 (copy), but the input has "
                                     "rank %d",
                                     i, x->rank);
            dims[i] = x->dims[i];
        }
        if (dims[i] == -1) {
            if (unknown >= 0) return lwi_call_fail(c, LW_SHAPE, "two dimensions are -1");
            unknown = (int)i;
        } else if (dims[i] < 0 || !lwi_mul_size(known, (uint64_t)dims[i], &known)) {
            return lwi_call_fail(c, LW_SHAPE, "dimension %zu is %lld", i, (long long)dims[i]);
        }
    }
    if (unknown >= 0) {
        dims[unknown] = known ? (int64_t)(x->count / known) : 0;
        if (!lwi_mul_size(known, (uint64_t)dims[unknown], &known)) known = SIZE_MAX;
    }
    if (known == x->count) return LW_OK;
    char from[LWI_SHAPE_TEXT], to[LWI_SHAPE_TEXT];
    return lwi_call_fail(c, LW_SHAPE, "an input of shape %s cannot be reshaped to %s",
                         lwi_shape_text(x->rank, x->dims, from), lwi_shape_text((int)n, dims, to));
}

static lw_status infer_reshape(lwi_call *c) {
    int64_t dims[LW_MAX_RANK];
    size_t n = 0;
    LW_TRY(lwi_in_ints(c, 1, dims, LW_MAX_RANK, &n));
    LW_TRY(resolve(c, dims, n, lwi_attr_int(c->node, "allowzero", 0) != 0));
    return lwi_out(c, 0, c->in[0]->dtype, (int)n, dims);
}

static lw_status infer_flatten(lwi_call *c) {
    const lw_value *x = c->in[0];
    int64_t axis = lwi_attr_int(c->node, "axis", 1);
    if (axis < 0) axis += x->rank;
    if (axis < 0 || axis > x->rank)
        return lwi_call_fail(c, LW_RANGE, "axis %lld is out of range for rank %d", (long long)axis,
                             x->rank);
    int64_t dims[2] = {1, 1};
    for (int d = 0; d < x->rank; d++)
        dims[d >= axis] *= x->dims[d];
    return lwi_out(c, 0, x->dtype, 2, dims);
}

static lw_status infer_squeeze(lwi_call *c) {
    const lw_value *x = c->in[0];
    int64_t axes[LW_MAX_RANK], dims[LW_MAX_RANK];
    size_t n = 0;
    uint32_t set = 0;
    if (lwi_has(c, 1)) {
        LW_TRY(lwi_in_ints(c, 1, axes, LW_MAX_RANK, &n));
        LW_TRY(lwi_axes(c, axes, n, x->rank, &set));
    } else {
        for (int d = 0; d < x->rank; d++)
            if (x->dims[d] == 1) set |= 1u << d;
    }
    int rank = 0;
    for (int d = 0; d < x->rank; d++) {
        if (!(set >> d & 1)) dims[rank++] = x->dims[d];
        else if (x->dims[d] != 1)
            return lwi_call_fail(c, LW_SHAPE, "axis %d has %lld elements, expected 1", d,
                                 (long long)x->dims[d]);
    }
    return lwi_out(c, 0, x->dtype, rank, dims);
}

static lw_status infer_unsqueeze(lwi_call *c) {
    const lw_value *x = c->in[0];
    int64_t axes[LW_MAX_RANK], dims[LW_MAX_RANK];
    size_t n = 0;
    uint32_t set = 0;
    LW_TRY(lwi_in_ints(c, 1, axes, LW_MAX_RANK, &n));
    const int rank = x->rank + (int)n;
    if (rank > LW_MAX_RANK)
        return lwi_call_fail(c, LW_LIMIT, "the output would have rank %d", rank);
    LW_TRY(lwi_axes(c, axes, n, rank, &set));
    for (int d = 0, from = 0; d < rank; d++)
        dims[d] = set >> d & 1 ? 1 : x->dims[from++];
    return lwi_out(c, 0, x->dtype, rank, dims);
}

static lw_status infer_identity(lwi_call *c) {
    if (c->in[0]->kind != LW_KIND_TENSOR) return LWI_LATER;
    return lwi_out_like(c, 0, c->in[0]);
}

/* Only for what is not a tensor. */
static lw_status run_identity(lwi_call *c) { return lwi_out_value(c, 0, c->in[0]); }

const lwi_op lwi_op_reshape = {.infer = infer_reshape, .flags = LWI_VIEW};
const lwi_op lwi_op_flatten = {.infer = infer_flatten, .flags = LWI_VIEW};
const lwi_op lwi_op_squeeze = {.infer = infer_squeeze, .flags = LWI_VIEW};
const lwi_op lwi_op_unsqueeze = {.infer = infer_unsqueeze, .flags = LWI_VIEW};
const lwi_op lwi_op_identity = {.infer = infer_identity, .run = run_identity, .flags = LWI_VIEW};
