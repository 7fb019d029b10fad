/* SPDX-License-Identifier: MIT
 * lampwick.Conv and lampwick.ConvTranspose: ONNX's operators with the channels last
 * (channels_last.h), whose result is clamped to the attributes low and high. */
#include "ops/channels_last.h"

#include <math.h>

extern const lwi_op lwi_op_conv, lwi_op_conv_transpose;

/* X, W and B; more inputs belong to the epilogue. */
enum { OWN_INPUTS = 3 };

typedef struct clamp {
    float *y, low, high;
} clamp;

static void clamp_part(void *arg, size_t begin, size_t end) {
    const clamp *k = arg;
    for (size_t i = begin; i < end; i++) /* NaN stays */
        k->y[i] = k->y[i] < k->low ? k->low : k->y[i] > k->high ? k->high : k->y[i];
}

static lw_status run(lwi_call *c, const lwi_op *op) {
    LW_TRY(lwi_channels_last_run(c, op, OWN_INPUTS));
    clamp k = {.y = c->out[0]->data,
               .low = lwi_attr_float(c->node, "low", -INFINITY),
               .high = lwi_attr_float(c->node, "high", INFINITY)};
    if (k.low > -INFINITY || k.high < INFINITY)
        lwi_parallel(c, c->out[0]->count, 1 << 14, clamp_part, &k);
    return LW_OK;
}

static lw_status infer_conv(lwi_call *c) {
    return lwi_channels_last_infer(c, &lwi_op_conv, OWN_INPUTS);
}
static lw_status run_conv(lwi_call *c) { return run(c, &lwi_op_conv); }
static lw_status infer_transpose(lwi_call *c) {
    return lwi_channels_last_infer(c, &lwi_op_conv_transpose, OWN_INPUTS);
}
static lw_status run_transpose(lwi_call *c) { return run(c, &lwi_op_conv_transpose); }

const lwi_op lwi_op_last_conv = {.infer = infer_conv, .run = run_conv};
const lwi_op lwi_op_last_conv_transpose = {.infer = infer_transpose, .run = run_transpose};
