/* SPDX-License-Identifier: MIT
 * OneHot (ONNX 28): a new axis that is on where an index says and off elsewhere. An index that is
 * out of range makes all of it off. */
#include "ops/strided_copy.h"

#include <string.h>

enum { INDICES, DEPTH, VALUES };

static lw_status infer(lwi_call *c) {
    const lw_value *indices = c->in[INDICES];
    int64_t depth = 0, dims[LW_MAX_RANK];
    int axis = 0;
    LW_TRY(lwi_in_int(c, DEPTH, &depth));
    if (depth < 0) return lwi_call_fail(c, LW_RANGE, "depth is %lld", (long long)depth);
    if (c->in[VALUES]->count != 2)
        return lwi_call_fail(c, LW_SHAPE, "values has %zu elements, expected 2",
                             c->in[VALUES]->count);
    if (indices->rank == LW_MAX_RANK)
        return lwi_call_fail(c, LW_LIMIT, "indices has rank %d", indices->rank);
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", -1), indices->rank + 1, &axis));
    for (int d = 0, from = 0; d <= indices->rank; d++)
        dims[d] = d == axis ? depth : indices->dims[from++];
    return lwi_out(c, 0, c->in[VALUES]->dtype, indices->rank + 1, dims);
}

static lw_status run(lwi_call *c) {
    const lw_value *indices = c->in[INDICES], *values = c->in[VALUES], *y = c->out[0];
    if (y->count == 0) return LW_OK;
    int axis = 0;
    size_t outer, depth, inner;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", -1), y->rank, &axis));
    lwi_split_axis(y, axis, &outer, &depth, &inner);
    lwi_strided_copy off = {.size = lwi_dtype_size(y->dtype), .from = values->data, .to = y->data};
    lwi_strided_add(&off, y->count, 0, 1);
    lwi_strided_run(c, &off);
    const char *on = (const char *)values->data + off.size;
    for (size_t i = 0; i < indices->count; i++) {
        int64_t at = lwi_get_int(indices, i);
        if (at < 0) at += (int64_t)depth;
        if (at < 0 || at >= (int64_t)depth) continue;
        const size_t to = (i / inner * depth + (size_t)at) * inner + i % inner;
        memcpy((char *)y->data + to * off.size, on, off.size);
    }
    return LW_OK;
}

const lwi_op lwi_op_one_hot = {.infer = infer, .run = run};
