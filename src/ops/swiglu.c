/* SPDX-License-Identifier: MIT
 * SwiGLU (ONNX 28): a * sigmoid(alpha * a) * b, where a and b have the same shape. */
#include "base/sigmoid.h"
#include "ops/elementwise.h"

#define ALPHA (*(const float *)params)
LWI_BINARY_LOOP(swiglu_f32, float, float, float, a *lwi_sigmoid_f32(ALPHA *a) * b)
LWI_BINARY_LOOP(swiglu_f64, double, double, double, a *lwi_sigmoid_f64((double)ALPHA *a) * b)

static lw_status run(lwi_call *c) {
    static const lwi_binary_loop loops[LW_DTYPE_COUNT] = {
        [LW_FLOAT32] = swiglu_f32, [LW_FLOAT64] = swiglu_f64};
    const float alpha = lwi_attr_float(c->node, "alpha", 1);
    return lwi_run_binary(c, loops, &alpha);
}

static lw_status infer(lwi_call *c) {
    const lw_value *a = c->in[0], *b = c->in[1];
    if (!lwi_same_shape(a, b)) {
        char x[LWI_SHAPE_TEXT], y[LWI_SHAPE_TEXT];
        return lwi_call_fail(c, LW_SHAPE, "the gate has shape %s, the values have %s",
                             lwi_shape_text(a->rank, a->dims, x),
                             lwi_shape_text(b->rank, b->dims, y));
    }
    return lwi_out_like(c, 0, a);
}

const lwi_op lwi_op_swiglu = {.infer = infer, .run = run, .flags = LWI_WIDEN | LWI_INPLACE};
