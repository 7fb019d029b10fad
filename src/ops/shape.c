/* SPDX-License-Identifier: MIT
 * Shape and Size: the dimensions of a tensor as data. */
#include "ops/op.h"

static void range(const lwi_call *c, int64_t *start, int64_t *end) {
    const int rank = c->in[0]->rank;
    *start = lwi_attr_int(c->node, "start", 0);
    *end = lwi_attr_int(c->node, "end", rank);
    if (*start < 0) *start += rank;
    if (*end < 0) *end += rank;
    *start = *start < 0 ? 0 : *start > rank ? rank : *start;
    *end = *end < *start ? *start : *end > rank ? rank : *end;
}

static lw_status infer_shape(lwi_call *c) {
    int64_t start, end;
    range(c, &start, &end);
    return lwi_out(c, 0, LW_INT64, 1, (int64_t[]){end - start});
}

static lw_status run_shape(lwi_call *c) {
    int64_t start, end, *y = c->out[0]->data;
    range(c, &start, &end);
    for (int64_t d = start; d < end; d++)
        *y++ = c->in[0]->dims[d];
    return LW_OK;
}

static lw_status infer_size(lwi_call *c) { return lwi_out(c, 0, LW_INT64, 0, NULL); }

static lw_status run_size(lwi_call *c) {
    *(int64_t *)c->out[0]->data = (int64_t)c->in[0]->count;
    return LW_OK;
}

const lwi_op lwi_op_shape = {.infer = infer_shape, .run = run_shape, .flags = LWI_DIMS_ONLY};
const lwi_op lwi_op_size = {.infer = infer_size, .run = run_size, .flags = LWI_DIMS_ONLY};
