/* SPDX-License-Identifier: MIT
 * Sum, Mean, Max, Min of any number of tensors with broadcasting (ONNX 13). Max and Min give NaN
 * where an input is NaN. */
#include "ops/elementwise.h"

#include <string.h>

#define EXTREMES(ID, T)                                                                            \
    LWI_BINARY_LOOP(max_##T, T, T, T, a >= b || a != a ? a : b)                                    \
    LWI_BINARY_LOOP(min_##T, T, T, T, a <= b || a != a ? a : b)
#define SUMS(ID, T)                                                                                \
    LWI_BINARY_LOOP(sum_##T, T, T, T, a + b)                                                       \
    LWI_UNARY_LOOP(divide_##T, T, T, x / *(const T *)params)
LWI_NUMBER_TYPES(EXTREMES)
LWI_WIDE_FLOAT_TYPES(SUMS)

#define MAX_ENTRY(ID, T) [ID] = max_##T,
#define MIN_ENTRY(ID, T) [ID] = min_##T,
#define SUM_ENTRY(ID, T) [ID] = sum_##T,
static const lwi_binary_loop max_loops[LW_DTYPE_COUNT] = {LWI_NUMBER_TYPES(MAX_ENTRY)};
static const lwi_binary_loop min_loops[LW_DTYPE_COUNT] = {LWI_NUMBER_TYPES(MIN_ENTRY)};
static const lwi_binary_loop sum_loops[LW_DTYPE_COUNT] = {LWI_WIDE_FLOAT_TYPES(SUM_ENTRY)};

/* The output is combined with one input after the other. The first two are combined at once, since
 * the output may lie on either of them. */
static lw_status fold(lwi_call *c, const lwi_binary_loop loops[LW_DTYPE_COUNT]) {
    const lw_value *y = c->out[0];
    const lwi_binary_loop loop = loops[y->dtype];
    if (!loop)
        return lwi_call_fail(c, LW_TYPE, "there is no kernel for %s", lw_dtype_name(y->dtype));
    if (c->n_in == 1 && y->bytes && y->data != c->in[0]->data)
        memcpy(y->data, c->in[0]->data, y->bytes);
    for (size_t i = 1; i < c->n_in; i++)
        lwi_run_binary_loop(c, i == 1 ? c->in[0] : y, c->in[i], y, loop, NULL);
    return LW_OK;
}

static lw_status run_max(lwi_call *c) { return fold(c, max_loops); }
static lw_status run_min(lwi_call *c) { return fold(c, min_loops); }
static lw_status run_sum(lwi_call *c) { return fold(c, sum_loops); }

static lw_status run_mean(lwi_call *c) {
    LW_TRY(fold(c, sum_loops));
    const lw_value *y = c->out[0];
    const float n = (float)c->n_in;
    const double n_double = (double)c->n_in;
    if (y->dtype == LW_FLOAT32) divide_float(y->data, y->data, y->count, &n);
    else divide_double(y->data, y->data, y->count, &n_double);
    return LW_OK;
}

enum { FLAGS = LWI_WIDEN | LWI_INPLACE };
const lwi_op lwi_op_max = {.infer = lwi_infer_broadcast, .run = run_max, .flags = FLAGS};
const lwi_op lwi_op_min = {.infer = lwi_infer_broadcast, .run = run_min, .flags = FLAGS};
const lwi_op lwi_op_sum = {.infer = lwi_infer_broadcast, .run = run_sum, .flags = FLAGS};
const lwi_op lwi_op_mean = {.infer = lwi_infer_broadcast, .run = run_mean, .flags = FLAGS};
