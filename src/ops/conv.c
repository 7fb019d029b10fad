/* SPDX-License-Identifier: MIT
 * Conv (ONNX 22), and com.microsoft's FusedConv and NhwcFusedConv, which add a tensor Z and apply
 * an activation. */
#include "ops/conv.h"

#include <string.h>

static bool is_nhwc(const lwi_call *c) { return !strcmp(c->node->op_type, "NhwcFusedConv"); }

static lw_status check_z(const lwi_call *c, int rank, const int64_t *dims) {
    const lw_value *z = c->in[3];
    bool same = z->rank == rank;
    for (int d = 0; same && d < rank; d++)
        same = z->dims[d] == dims[d];
    return same ? LW_OK : lwi_call_fail(c, LW_SHAPE, "Z does not have the shape of the output");
}

static lw_status infer(lwi_call *c) {
    lwi_conv v;
    int64_t dims[LW_MAX_RANK];
    const bool last = is_nhwc(c);
    LW_TRY(lwi_conv_shape(c, 0, 1, last, &v));
    LW_TRY(lwi_conv_check_bias(c, &v, 2));
    const int rank = lwi_conv_dims(&v, last, dims);
    if (lwi_has(c, 3)) LW_TRY(check_z(c, rank, dims));
    return lwi_out(c, 0, c->in[0]->dtype, rank, dims);
}

lw_status lwi_conv_run(lwi_call *c, const lwi_tile *tile) {
    lwi_conv v;
    LW_TRY(lwi_conv_shape(c, 0, 1, false, &v));
    if (c->out[0]->count == 0) return LW_OK;
    LW_TRY(lwi_activation_read(c, &v.activation));
    v.x = c->in[0]->data;
    v.w = c->in[1]->data;
    v.bias = lwi_has(c, 2) ? c->in[2]->data : NULL;
    v.z = lwi_has(c, 3) ? c->in[3]->data : NULL;
    v.y = c->out[0]->data;
    return lwi_conv_compute(c, &v, c->out[0]->dtype, tile);
}

/* Channels last: everything is turned to channels first and the result back. */
static lw_status run_nhwc(lwi_call *c) {
    lwi_conv v;
    const lw_value *x = c->in[0];
    lw_value *y = c->out[0];
    LW_TRY(lwi_conv_shape(c, 0, 1, true, &v));
    if (y->count == 0) return LW_OK;
    LW_TRY(lwi_activation_read(c, &v.activation));
    const size_t element = lwi_dtype_size(x->dtype), filters = v.filters * v.groups;
    void *tx, *ty, *tz = NULL;
    LW_TRY(lwi_scratch(c, x->count, element, &tx));
    LW_TRY(lwi_scratch(c, y->count, element, &ty));
    lwi_conv_turn(c, x->data, v.batch, v.in_size, v.channels * v.groups, element, tx);
    if (lwi_has(c, 3)) {
        LW_TRY(lwi_scratch(c, y->count, element, &tz));
        lwi_conv_turn(c, c->in[3]->data, v.batch, v.out_size, filters, element, tz);
    }
    v.x = tx;
    v.w = c->in[1]->data;
    v.bias = lwi_has(c, 2) ? c->in[2]->data : NULL;
    v.z = tz;
    v.y = ty;
    LW_TRY(lwi_conv_compute(c, &v, x->dtype, NULL));
    lwi_conv_turn(c, ty, v.batch, filters, v.out_size, element, y->data);
    return LW_OK;
}

static lw_status run(lwi_call *c) { return lwi_conv_run(c, NULL); }

const lwi_op lwi_op_conv = {.infer = infer, .run = run, .flags = LWI_WIDEN};
const lwi_op lwi_op_fused_conv = {.infer = infer, .run = run, .flags = LWI_WIDEN};
const lwi_op lwi_op_nhwc_fused_conv = {.infer = infer, .run = run_nhwc, .flags = LWI_WIDEN};
