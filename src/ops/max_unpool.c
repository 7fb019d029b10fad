/* SPDX-License-Identifier: MIT
 * MaxUnpool (ONNX 22): maxima go back to where MaxPool found them, zeros elsewhere. The indices
 * count in the tensor that MaxPool must have seen; a larger output_shape only adds zeros at its
 * ends. */
#include "ops/window.h"

#include <string.h>

/* The shape that pooled to input 0. */
static lw_status unpooled(const lwi_call *c, int64_t *dims) {
    const lw_value *x = c->in[0];
    lwi_window w;
    LW_TRY(lwi_need_rank(c, 0, 3, LW_MAX_RANK));
    LW_TRY(lwi_window_read(c, x->rank - 2, x->dims + 2, NULL, &w));
    memcpy(dims, x->dims, sizeof x->dims);
    for (int d = 0; d < w.rank; d++) {
        if (x->dims[d + 2] > INT32_MAX)
            return lwi_call_fail(c, LW_LIMIT, "dimension %d is too large", d + 2);
        dims[d + 2] = (x->dims[d + 2] - 1) * w.stride[d] + w.kernel[d] - w.begin[d] - w.end[d];
        if (dims[d + 2] < 0)
            return lwi_call_fail(c, LW_SHAPE, "dimension %d becomes %lld", d + 2,
                                 (long long)dims[d + 2]);
    }
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[0];
    int64_t dims[LW_MAX_RANK], wanted[LW_MAX_RANK];
    LW_TRY(unpooled(c, dims));
    if (!lwi_same_shape(x, c->in[1]))
        return lwi_call_fail(c, LW_SHAPE, "the indices do not have the shape of the input");
    if (!lwi_has(c, 2)) return lwi_out(c, 0, x->dtype, x->rank, dims);
    size_t n = 0;
    LW_TRY(lwi_in_ints(c, 2, wanted, LW_MAX_RANK, &n));
    if (n != (size_t)x->rank)
        return lwi_call_fail(c, LW_SHAPE, "output_shape has %zu elements, expected %d", n, x->rank);
    for (int d = 0; d < x->rank; d++)
        if (wanted[d] < dims[d])
            return lwi_call_fail(c, LW_SHAPE, "output_shape[%d] is %lld, expected at least %lld", d,
                                 (long long)wanted[d], (long long)dims[d]);
    return lwi_out(c, 0, x->dtype, x->rank, wanted);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    lw_value *y = c->out[0];
    int64_t dims[LW_MAX_RANK];
    size_t count = 0, strides[LW_MAX_RANK];
    LW_TRY(unpooled(c, dims));
    LW_TRY(lwi_shape_count(x->rank, dims, &count));
    lwi_strides(y->rank, y->dims, strides);
    if (y->bytes > 0) memset(y->data, 0, y->bytes);
    const bool same = !memcmp(dims, y->dims, (size_t)x->rank * sizeof *dims);
    for (size_t i = 0; i < x->count; i++) {
        const int64_t index = ((const int64_t *)c->in[1]->data)[i];
        if (index < 0 || (uint64_t)index >= count)
            return lwi_call_fail(c, LW_RANGE, "index %lld is not in a tensor of %zu elements",
                                 (long long)index, count);
        int64_t place[LW_MAX_RANK];
        size_t to = same ? (size_t)index : 0;
        if (!same) lwi_window_index(x->rank, dims, (size_t)index, place);
        for (int d = 0; d < x->rank && !same; d++)
            to += (size_t)place[d] * strides[d];
        if (x->dtype == LW_FLOAT32) ((float *)y->data)[to] = ((const float *)x->data)[i];
        else ((double *)y->data)[to] = ((const double *)x->data)[i];
    }
    return LW_OK;
}

const lwi_op lwi_op_max_unpool = {.infer = infer, .run = run, .flags = LWI_WIDEN};
