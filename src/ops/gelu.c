/* SPDX-License-Identifier: MIT
 * Gelu (ONNX 20; Hendrycks and Gimpel 2016, arXiv 1606.08415). Written with erfc and the logistic
 * function, which keep the small results far left of zero: 1 + erf(u) = erfc(-u) and
 * (1 + tanh(u)) / 2 = sigmoid(2u). */
#include "base/sigmoid.h"
#include "ops/elementwise.h"

#include <string.h>

#define SQRT_HALF 0.70710678118654752440
#define TWO_SQRT_2_BY_PI 1.59576912160573071176

LWI_UNARY_LOOP(erf_f32, float, float, x *lwi_normal_cdff(x))
LWI_UNARY_LOOP(erf_f64, double, double, 0.5 * x * erfc(-x * SQRT_HALF))
LWI_UNARY_LOOP(tanh_f32, float, float,
               x *lwi_sigmoid_f32((float)TWO_SQRT_2_BY_PI *(x + 0.044715f * x * x * x)))
LWI_UNARY_LOOP(tanh_f64, double, double,
               x *lwi_sigmoid_f64(TWO_SQRT_2_BY_PI *(x + 0.044715 * x * x * x)))

static lw_status run(lwi_call *c) {
    static const lwi_unary_loop exact[LW_DTYPE_COUNT] = {
        [LW_FLOAT32] = erf_f32, [LW_FLOAT64] = erf_f64};
    static const lwi_unary_loop by_tanh[LW_DTYPE_COUNT] = {
        [LW_FLOAT32] = tanh_f32, [LW_FLOAT64] = tanh_f64};
    return lwi_run_unary(c, lwi_attr_is(c->node, "approximate", "tanh") ? by_tanh : exact, NULL);
}

static lw_status check(const lwi_node *node) {
    const char *a = lwi_attr_string(node, "approximate", "none");
    if (!strcmp(a, "none") || !strcmp(a, "tanh")) return LW_OK;
    return lwi_node_fail(node, LW_INVALID, "approximate is '%.40s', expected none or tanh", a);
}

const lwi_op lwi_op_gelu = {
    .check = check, .infer = lwi_infer_same, .run = run, .flags = LWI_WIDEN | LWI_INPLACE};
