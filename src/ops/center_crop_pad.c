/* SPDX-License-Identifier: MIT
 * CenterCropPad (ONNX 18): cuts or pads (with zeros) evenly on both sides. */
#include "ops/window.h"

#include <string.h>

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[0];
    int64_t dims[LW_MAX_RANK], wanted[LW_MAX_RANK];
    size_t n = 0, n_axes = 0;
    uint32_t set = 0;
    LW_TRY(lwi_in_ints(c, 1, wanted, LW_MAX_RANK, &n));
    const int64_t *axes = lwi_attr_ints(c->node, "axes", &n_axes);
    if (n != (axes ? n_axes : (size_t)x->rank))
        return lwi_call_fail(c, LW_SHAPE, "shape has %zu elements for %zu axes", n,
                             axes ? n_axes : (size_t)x->rank);
    if (axes) LW_TRY(lwi_axes(c, axes, n_axes, x->rank, &set));
    memcpy(dims, x->dims, sizeof dims);
    for (size_t i = 0; i < n; i++) {
        int axis = (int)i;
        if (axes) LW_TRY(lwi_axis(c, axes[i], x->rank, &axis));
        if (wanted[i] < 0)
            return lwi_call_fail(c, LW_SHAPE, "shape[%zu] is %lld", i, (long long)wanted[i]);
        dims[axis] = wanted[i];
    }
    return lwi_out(c, 0, x->dtype, x->rank, dims);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    lw_value *y = c->out[0];
    const size_t element = lwi_dtype_size(x->dtype);
    if (y->count == 0) return LW_OK;
    memset(y->data, 0, y->bytes);
    if (x->count == 0) return LW_OK;
    const int rank = x->rank;
    int64_t size[LW_MAX_RANK], place[LW_MAX_RANK] = {0};
    size_t from = 0, to = 0, x_strides[LW_MAX_RANK], y_strides[LW_MAX_RANK];
    lwi_strides(rank, x->dims, x_strides);
    lwi_strides(rank, y->dims, y_strides);
    for (int d = 0; d < rank; d++) {
        const int64_t less = x->dims[d] - y->dims[d];
        size[d] = less > 0 ? y->dims[d] : x->dims[d];
        if (less > 0) from += (size_t)(less / 2) * x_strides[d];
        else to += (size_t)(-less / 2) * y_strides[d];
    }
    const size_t run = rank ? (size_t)size[rank - 1] : 1;
    const size_t rows = lwi_window_count(rank, size) / run;
    for (size_t r = 0; r < rows; r++) {
        size_t a = from, b = to;
        for (int d = 0; d < rank - 1; d++) {
            a += (size_t)place[d] * x_strides[d];
            b += (size_t)place[d] * y_strides[d];
        }
        memcpy((char *)y->data + b * element, (const char *)x->data + a * element, run * element);
        lwi_window_next(rank - 1, size, place);
    }
    return LW_OK;
}

const lwi_op lwi_op_center_crop_pad = {.infer = infer, .run = run};
