/* SPDX-License-Identifier: MIT
 * lampwick.Conv and lampwick.ConvTranspose: ONNX's operators with the channels last
 * (channels_last.h), with an epilogue (epilogue.h). */
#include "ops/channels_last.h"
#include "ops/epilogue.h"

extern const lwi_op lwi_op_conv, lwi_op_conv_transpose;

/* X, W and B; more inputs belong to the epilogue. */
enum { OWN_INPUTS = 3 };

static lw_status run(lwi_call *c, const lwi_op *op) {
    LW_TRY(lwi_channels_last_run(c, op, OWN_INPUTS));
    return lwi_epilogue_run(c, OWN_INPUTS);
}

static lw_status infer(lwi_call *c, const lwi_op *op) {
    LW_TRY(lwi_channels_last_infer(c, op, OWN_INPUTS));
    return lwi_epilogue_infer(c, OWN_INPUTS);
}

static lw_status check(const lwi_node *node) { return lwi_epilogue_check(node, OWN_INPUTS); }

static lw_status infer_conv(lwi_call *c) { return infer(c, &lwi_op_conv); }
static lw_status run_conv(lwi_call *c) { return run(c, &lwi_op_conv); }
static lw_status infer_transpose(lwi_call *c) { return infer(c, &lwi_op_conv_transpose); }
static lw_status run_transpose(lwi_call *c) { return run(c, &lwi_op_conv_transpose); }

const lwi_op lwi_op_last_conv = {
    .check = check, .infer = infer_conv, .run = run_conv, .flags = LWI_WIDEN};
const lwi_op lwi_op_last_conv_transpose = {
    .check = check, .infer = infer_transpose, .run = run_transpose, .flags = LWI_WIDEN};
