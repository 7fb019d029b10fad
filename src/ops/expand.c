/* SPDX-License-Identifier: MIT
 * Expand and Tile (ONNX 13): repeating what there is. */
#include "base/checked.h"
#include "ops/strided_copy.h"

/* Expand's shape takes part in broadcasting like the shape of a tensor. */
static lw_status infer_expand(lwi_call *c) {
    const lw_value *x = c->in[0];
    int64_t wanted[LW_MAX_RANK], dims[LW_MAX_RANK];
    size_t n = 0;
    LW_TRY(lwi_in_ints(c, 1, wanted, LW_MAX_RANK, &n));
    const int rank = (int)n > x->rank ? (int)n : x->rank;
    for (int d = 0; d < rank; d++) {
        const int at_x = d - (rank - x->rank), at_wanted = d - (rank - (int)n);
        const int64_t a = at_x < 0 ? 1 : x->dims[at_x], b = at_wanted < 0 ? 1 : wanted[at_wanted];
        dims[d] = a == 1 ? b : a;
        if (a != 1 && b != 1 && a != b) {
            char from[LWI_SHAPE_TEXT], to[LWI_SHAPE_TEXT];
            return lwi_call_fail(c, LW_SHAPE, "the shapes %s and %s cannot be broadcast",
                                 lwi_shape_text(x->rank, x->dims, from),
                                 lwi_shape_text((int)n, wanted, to));
        }
    }
    return lwi_out(c, 0, x->dtype, rank, dims);
}

static lw_status run_expand(lwi_call *c) {
    const lw_value *x = c->in[0], *y = c->out[0];
    if (y->count == 0) return LW_OK;
    size_t from[LW_MAX_RANK], to[LW_MAX_RANK];
    lwi_broadcast_strides(x, y->rank, from);
    lwi_strides(y->rank, y->dims, to);
    lwi_strided_copy s = {.size = lwi_dtype_size(y->dtype), .from = x->data, .to = y->data};
    for (int d = 0; d < y->rank; d++)
        lwi_strided_add(&s, (size_t)y->dims[d], (ptrdiff_t)from[d], (ptrdiff_t)to[d]);
    lwi_strided_run(c, &s);
    return LW_OK;
}

static lw_status infer_tile(lwi_call *c) {
    const lw_value *x = c->in[0];
    int64_t repeats[LW_MAX_RANK], dims[LW_MAX_RANK];
    size_t n = 0;
    LW_TRY(lwi_in_ints(c, 1, repeats, LW_MAX_RANK, &n));
    if (n != (size_t)x->rank)
        return lwi_call_fail(c, LW_SHAPE, "repeats has %zu elements, but the input has rank %d", n,
                             x->rank);
    for (int d = 0; d < x->rank; d++)
        if (repeats[d] < 0 || !lwi_mul_i64(x->dims[d], repeats[d], &dims[d]))
            return lwi_call_fail(c, LW_RANGE, "axis %d cannot be repeated %lld times", d,
                                 (long long)repeats[d]);
    return lwi_out(c, 0, x->dtype, x->rank, dims);
}

/* Each axis is two in the output: which repetition, and where in it. */
static lw_status run_tile(lwi_call *c) {
    const lw_value *x = c->in[0], *y = c->out[0];
    if (y->count == 0) return LW_OK;
    size_t from[LW_MAX_RANK], to[LW_MAX_RANK];
    lwi_strides(x->rank, x->dims, from);
    lwi_strides(y->rank, y->dims, to);
    lwi_strided_copy s = {.size = lwi_dtype_size(y->dtype), .from = x->data, .to = y->data};
    for (int d = 0; d < y->rank; d++) {
        lwi_strided_add(&s, (size_t)(y->dims[d] / x->dims[d]), 0,
                        (ptrdiff_t)to[d] * (ptrdiff_t)x->dims[d]);
        lwi_strided_add(&s, (size_t)x->dims[d], (ptrdiff_t)from[d], (ptrdiff_t)to[d]);
    }
    lwi_strided_run(c, &s);
    return LW_OK;
}

const lwi_op lwi_op_expand = {.infer = infer_expand, .run = run_expand};
const lwi_op lwi_op_tile = {.infer = infer_tile, .run = run_tile};
