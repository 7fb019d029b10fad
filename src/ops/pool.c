/* SPDX-License-Identifier: MIT
 * MaxPool, AveragePool and LpPool (ONNX 22), and com.microsoft's NhwcMaxPool. */
#include "ops/pool.h"

#include "ops/conv.h"

#include <string.h>

lw_status lwi_pool_window(const lwi_call *c, bool channels_last, lwi_window *w) {
    const lw_value *x = c->in[0];
    LW_TRY(lwi_need_rank(c, 0, 3, LW_MAX_RANK));
    LW_TRY(lwi_window_read(c, x->rank - 2, x->dims + (channels_last ? 1 : 2), NULL, w));
    return lwi_window_slide(c, lwi_attr_int(c->node, "ceil_mode", 0) != 0, w);
}

static lw_status infer_pool(lwi_call *c, bool channels_last) {
    lwi_window w;
    int64_t dims[LW_MAX_RANK];
    const lw_value *x = c->in[0];
    LW_TRY(lwi_pool_window(c, channels_last, &w));
    memcpy(dims, x->dims, sizeof dims);
    memcpy(dims + (channels_last ? 1 : 2), w.out, (size_t)w.rank * sizeof *dims);
    LW_TRY(lwi_out(c, 0, x->dtype, x->rank, dims));
    return lwi_out(c, 1, LW_INT64, x->rank, dims);
}

static lw_status infer(lwi_call *c) { return infer_pool(c, false); }
static lw_status infer_nhwc(lwi_call *c) { return infer_pool(c, true); }

static lw_status run(lwi_call *c, lwi_pool_kind kind) {
    const lw_value *x = c->in[0];
    lwi_pool_planes p = {.kind = kind,
                         .count_pads = lwi_attr_int(c->node, "count_include_pad", 0) != 0,
                         .p = (double)lwi_attr_int(c->node, "p", 2),
                         .x = x->data};
    LW_TRY(lwi_pool_window(c, false, &p.window));
    if (p.p < 1) return lwi_call_fail(c, LW_RANGE, "p is %g, expected at least 1", p.p);
    p.planes = (size_t)x->dims[0] * (size_t)x->dims[1];
    if (c->out[0] && c->out[0]->count > 0) {
        p.y = c->out[0]->data;
        lwi_pool_compute(c, x->dtype, &p);
    }
    if (c->n_out > 1 && c->out[1] && c->out[1]->count > 0)
        return lwi_pool_indices(c, x, &p.window, lwi_attr_int(c->node, "storage_order", 0) != 0,
                                c->out[1]->data);
    return LW_OK;
}

static lw_status run_max(lwi_call *c) { return run(c, LWI_POOL_MAX); }
static lw_status run_average(lwi_call *c) { return run(c, LWI_POOL_AVERAGE); }
static lw_status run_lp(lwi_call *c) { return run(c, LWI_POOL_LP); }

static lw_status run_nhwc(lwi_call *c) {
    const lw_value *x = c->in[0];
    lw_value *y = c->out[0];
    lwi_pool_planes p = {.kind = LWI_POOL_MAX};
    LW_TRY(lwi_pool_window(c, true, &p.window));
    if (y->count == 0) return LW_OK;
    const size_t batch = (size_t)x->dims[0], channels = (size_t)x->dims[x->rank - 1];
    p.planes = batch * channels;
    void *turned = NULL;
    LW_TRY(lwi_scratch(c, x->count, 1, &turned));
    LW_TRY(lwi_scratch(c, y->count, 1, &p.y));
    p.x = turned;
    lwi_conv_turn(c, x->data, batch, lwi_window_count(p.window.rank, p.window.in), channels, 1,
                  turned);
    lwi_pool_compute(c, x->dtype, &p);
    lwi_conv_turn(c, p.y, batch, channels, p.out_size, 1, y->data);
    return LW_OK;
}

const lwi_op lwi_op_max_pool = {.infer = infer, .run = run_max, .flags = LWI_WIDEN};
const lwi_op lwi_op_average_pool = {.infer = infer, .run = run_average, .flags = LWI_WIDEN};
const lwi_op lwi_op_lp_pool = {.infer = infer, .run = run_lp, .flags = LWI_WIDEN};
const lwi_op lwi_op_nhwc_max_pool = {.infer = infer_nhwc, .run = run_nhwc};
