/* SPDX-License-Identifier: MIT
 * IsInf (ONNX 20) and IsNaN (ONNX 20). */
#include "ops/elementwise.h"

#include <math.h>

typedef struct wanted {
    bool positive, negative;
} wanted;

#define INF_OF(x)                                                                                  \
    (isinf(x) &&                                                                                   \
     ((x) > 0 ? ((const wanted *)params)->positive : ((const wanted *)params)->negative))

LWI_UNARY_LOOP(isinf_f32, float, uint8_t, INF_OF(x))
LWI_UNARY_LOOP(isinf_f64, double, uint8_t, INF_OF(x))
LWI_UNARY_LOOP(isnan_f32, float, uint8_t, isnan(x))
LWI_UNARY_LOOP(isnan_f64, double, uint8_t, isnan(x))

static lw_status run_isinf(lwi_call *c) {
    static const lwi_unary_loop loops[LW_DTYPE_COUNT] = {
        [LW_FLOAT32] = isinf_f32, [LW_FLOAT64] = isinf_f64};
    const wanted w = {.positive = lwi_attr_int(c->node, "detect_positive", 1) != 0,
                      .negative = lwi_attr_int(c->node, "detect_negative", 1) != 0};
    return lwi_run_unary(c, loops, &w);
}

static lw_status run_isnan(lwi_call *c) {
    static const lwi_unary_loop loops[LW_DTYPE_COUNT] = {
        [LW_FLOAT32] = isnan_f32, [LW_FLOAT64] = isnan_f64};
    return lwi_run_unary(c, loops, NULL);
}

static lw_status infer(lwi_call *c) {
    return lwi_out(c, 0, LW_BOOL, c->in[0]->rank, c->in[0]->dims);
}

const lwi_op lwi_op_isinf = {.infer = infer, .run = run_isinf, .flags = LWI_WIDEN};
const lwi_op lwi_op_isnan = {.infer = infer, .run = run_isnan, .flags = LWI_WIDEN};
