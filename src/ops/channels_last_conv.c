/* SPDX-License-Identifier: MIT
 * lampwick.Conv and lampwick.ConvTranspose: ONNX's operators with the channels last
 * (channels_last.h), with an epilogue (epilogue.h). */
#include "ops/channels_last.h"
#include "ops/epilogue.h"

extern const lwi_op lwi_op_conv, lwi_op_conv_transpose;

/* X, W and B; more inputs belong to the epilogue. */
enum { OWN_INPUTS = 3 };

static void scale_filters(const float *w, const float *scale, size_t filters, size_t n, float *to) {
    for (size_t f = 0; f < filters; f++)
        for (size_t i = 0; i < n; i++)
            to[f * n + i] = w[f * n + i] * scale[f];
}

/* The attribute scale has a factor for each filter, with which the weights are multiplied. */
static lw_status scale_weights(lwi_call *c, const float *scale, size_t filters, lw_value *scaled) {
    const lw_value *w = c->in[1];
    float *to = NULL;
    LW_TRY(lwi_scratch(c, w->count, sizeof *to, &to));
    LW_TRY(lwi_tensor_init(scaled, LW_FLOAT32, w->rank, w->dims, to));
    scale_filters(w->data, scale, filters, w->count / filters, to);
    return LW_OK;
}

static lw_status run(lwi_call *c, const lwi_op *op) {
    enum { MOST_INPUTS = OWN_INPUTS + LWI_PROGRAM_INPUTS };
    const lw_value *in[MOST_INPUTS];
    lw_value scaled;
    lwi_call inner = *c;
    size_t n = 0;
    const float *scale = lwi_attr_floats(c->node, "scale", &n);
    if (scale && n) {
        LW_TRY(scale_weights(c, scale, n, &scaled));
        for (size_t i = 0; i < c->n_in; i++)
            in[i] = i == 1 ? &scaled : c->in[i];
        inner.in = in;
    }
    LW_TRY(lwi_channels_last_run(&inner, op, OWN_INPUTS));
    return lwi_epilogue_run(c, OWN_INPUTS);
}

static lw_status infer(lwi_call *c, const lwi_op *op) {
    LW_TRY(lwi_channels_last_infer(c, op, OWN_INPUTS));
    return lwi_epilogue_infer(c, OWN_INPUTS);
}

static lw_status check(const lwi_node *node) { return lwi_epilogue_check(node, OWN_INPUTS); }

static lw_status infer_conv(lwi_call *c) {
    size_t n = 0;
    if (lwi_attr_floats(c->node, "scale", &n) && (int64_t)n != c->in[1]->dims[0])
        return lwi_call_fail(c, LW_SHAPE, "%zu factors for %lld filters", n,
                             (long long)c->in[1]->dims[0]);
    return infer(c, &lwi_op_conv);
}
static lw_status run_conv(lwi_call *c) { return run(c, &lwi_op_conv); }
static lw_status infer_transpose(lwi_call *c) { return infer(c, &lwi_op_conv_transpose); }
static lw_status run_transpose(lwi_call *c) { return run(c, &lwi_op_conv_transpose); }

const lwi_op lwi_op_last_conv = {
    .check = check, .infer = infer_conv, .run = run_conv, .flags = LWI_WIDEN};
const lwi_op lwi_op_last_conv_transpose = {
    .check = check, .infer = infer_transpose, .run = run_transpose, .flags = LWI_WIDEN};
