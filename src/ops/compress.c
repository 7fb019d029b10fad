/* SPDX-License-Identifier: MIT
 * Compress (ONNX 28): the slices of an axis, or the elements, for which a condition is true. A
 * condition that is too short is false for the rest. */
#include "ops/op.h"

#include <string.h>

/* All elements are one axis if none is given. */
static lw_status read_axis(const lwi_call *c, int *axis, size_t *outer, size_t *dim,
                           size_t *inner) {
    const lw_value *x = c->in[0];
    *axis = -1;
    *outer = *inner = 1;
    *dim = x->count;
    if (lwi_node_attr(c->node, "axis")) {
        LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), x->rank, axis));
        lwi_split_axis(x, *axis, outer, dim, inner);
    }
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[0], *condition = c->in[1];
    size_t outer, dim, inner;
    int axis;
    int64_t n = 0, dims[LW_MAX_RANK];
    LW_TRY(lwi_need_rank(c, 1, 1, 1));
    if (!lwi_known(c, 1)) return lwi_later(c, 1);
    LW_TRY(read_axis(c, &axis, &outer, &dim, &inner));
    const uint8_t *chosen = condition->data;
    for (size_t i = 0; i < condition->count; i++)
        n += chosen[i] != 0;
    for (size_t i = dim; i < condition->count; i++)
        if (chosen[i])
            return lwi_call_fail(c, LW_RANGE,
                                 "element %zu of the condition is true, but there "
                                 "are %zu to choose from",
                                 i, dim);
    if (axis < 0) return lwi_out(c, 0, x->dtype, 1, &n);
    memcpy(dims, x->dims, sizeof dims);
    dims[axis] = n;
    return lwi_out(c, 0, x->dtype, x->rank, dims);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0], *condition = c->in[1];
    const uint8_t *chosen = condition->data;
    size_t outer, dim, inner;
    int axis;
    if (c->out[0]->count == 0) return LW_OK;
    LW_TRY(read_axis(c, &axis, &outer, &dim, &inner));
    const size_t bytes = inner * lwi_dtype_size(x->dtype);
    const size_t n = condition->count < dim ? condition->count : dim;
    char *to = c->out[0]->data;
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < n; i++) {
            if (!chosen[i]) continue;
            memcpy(to, (const char *)x->data + (o * dim + i) * bytes, bytes);
            to += bytes;
        }
    return LW_OK;
}

const lwi_op lwi_op_compress = {.infer = infer, .run = run};
