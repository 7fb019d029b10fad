/* SPDX-License-Identifier: MIT
 * Relu (ONNX 14), PRelu (ONNX 16) and Shrink (ONNX 9): activations that integers have too. */
#include "ops/elementwise.h"

/* --- Relu; NaN stays NaN --- */

#define RELU(ID, T) LWI_UNARY_LOOP(relu_##T, T, T, x < 0 ? 0 : x)
LWI_WIDE_FLOAT_TYPES(RELU)
LWI_SIGNED_TYPES(RELU)
#define RELU_ENTRY(ID, T) [ID] = relu_##T,
static const lwi_unary_loop relu_loops[LW_DTYPE_COUNT] = {LWI_WIDE_FLOAT_TYPES(RELU_ENTRY)
                                                              LWI_SIGNED_TYPES(RELU_ENTRY)};

static lw_status run_relu(lwi_call *c) { return lwi_run_unary(c, relu_loops, NULL); }

/* --- PRelu: integers wrap, so that they are multiplied as unsigned numbers --- */

#define PRELU(ID, T, WIDE) LWI_BINARY_LOOP(prelu_##T, T, T, T, a < 0 ? (T)((WIDE)a * (WIDE)b) : a)
PRELU(LW_FLOAT32, float, float)
PRELU(LW_FLOAT64, double, double)
PRELU(LW_INT32, int32_t, uint32_t)
PRELU(LW_INT64, int64_t, uint64_t)
LWI_BINARY_LOOP(prelu_unsigned32, uint32_t, uint32_t, uint32_t, ((void)b, a))
LWI_BINARY_LOOP(prelu_unsigned64, uint64_t, uint64_t, uint64_t, ((void)b, a))
static const lwi_binary_loop prelu_loops[LW_DTYPE_COUNT] = {
    [LW_FLOAT32] = prelu_float, [LW_FLOAT64] = prelu_double,    [LW_INT32] = prelu_int32_t,
    [LW_INT64] = prelu_int64_t, [LW_UINT32] = prelu_unsigned32, [LW_UINT64] = prelu_unsigned64,
};

/* The slope is broadcast to the shape of the input, not the other way. */
static lw_status infer_prelu(lwi_call *c) {
    const lw_value *x = c->in[0];
    int rank = 0;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_broadcast(c, 0, 2, &rank, dims));
    bool same = rank == x->rank;
    for (int d = 0; d < rank && same; d++)
        same = dims[d] == x->dims[d];
    if (!same) {
        char a[LWI_SHAPE_TEXT], b[LWI_SHAPE_TEXT];
        return lwi_call_fail(c, LW_SHAPE, "the slope %s cannot be broadcast to the input %s",
                             lwi_shape_text(c->in[1]->rank, c->in[1]->dims, a),
                             lwi_shape_text(x->rank, x->dims, b));
    }
    return lwi_out_like(c, 0, x);
}

static lw_status run_prelu(lwi_call *c) { return lwi_run_binary(c, prelu_loops, NULL); }

/* --- Shrink: in double, which is exact for all types but 64-bit integers --- */

typedef struct shrink {
    double lambd, bias;
} shrink;

static inline double shrunk(double x, const shrink *s) {
    return x < -s->lambd ? x + s->bias : x > s->lambd ? x - s->bias : 0;
}

/* Integers are cut off and wrap; the bounds keep the conversion defined. */
static inline uint64_t shrunk_integer(double x, const shrink *s) {
    const double y = shrunk(x, s);
    if (y >= 0x1p63) return y < 0x1p64 ? (uint64_t)y : UINT64_MAX;
    return y > -0x1p63 ? (uint64_t)(int64_t)y : (uint64_t)INT64_MIN;
}

#define SHRINK_FLOAT(ID, T) LWI_UNARY_LOOP(shrink_##T, T, T, shrunk((double)x, params))
#define SHRINK_INTEGER(ID, T) LWI_UNARY_LOOP(shrink_##T, T, T, shrunk_integer((double)x, params))
LWI_WIDE_FLOAT_TYPES(SHRINK_FLOAT)
LWI_INTEGER_TYPES(SHRINK_INTEGER)
#define SHRINK_ENTRY(ID, T) [ID] = shrink_##T,
static const lwi_unary_loop shrink_loops[LW_DTYPE_COUNT] = {LWI_NUMBER_TYPES(SHRINK_ENTRY)};

static lw_status run_shrink(lwi_call *c) {
    const shrink s = {.lambd = lwi_attr_float(c->node, "lambd", 0.5f),
                      .bias = lwi_attr_float(c->node, "bias", 0)};
    return lwi_run_unary(c, shrink_loops, &s);
}

enum { FLAGS = LWI_WIDEN | LWI_INPLACE };
const lwi_op lwi_op_relu = {.infer = lwi_infer_same, .run = run_relu, .flags = FLAGS};
const lwi_op lwi_op_prelu = {.infer = infer_prelu, .run = run_prelu, .flags = FLAGS};
const lwi_op lwi_op_shrink = {.infer = lwi_infer_same, .run = run_shrink, .flags = FLAGS};
