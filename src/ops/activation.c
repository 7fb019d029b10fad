/* SPDX-License-Identifier: MIT
 * Activation functions of one tensor, in float and double, with up to two numbers as attributes
 * (a and b below). Formulas: the ONNX operator specifications. Each is written so that it neither
 * overflows on the way nor loses small results: expm1 and log1p near zero, exp of negative numbers
 * only. */
#include "base/sigmoid.h"
#include "ops/elementwise.h"

/* attributes; double, so that a loop in double has defaults such as 1 / 6 in full */
typedef struct numbers {
    double a, b;
} numbers;
#define A(T) ((T)((const numbers *)params)->a)
#define B(T) ((T)((const numbers *)params)->b)

#define CLAMP01(v) ((v) < 0 ? 0 : (v) > 1 ? 1 : (v))

/* (identifier, attributes a and b with their defaults, formula for T with suffix S) */
#define FUNCTIONS(X)                                                                               \
    X(celu, "alpha", 1, NULL, 0, x < 0 ? A(T) * EXPM1(x / A(T)) : x)                               \
    X(elu, "alpha", 1, NULL, 0, x < 0 ? A(T) * EXPM1(x) : x)                                       \
    X(hard_sigmoid, "alpha", 0.2f, "beta", 0.5, CLAMP01(A(T) * x + B(T)))                          \
    X(hard_swish, NULL, 1.0 / 6, NULL, 0.5, x * CLAMP01(A(T) * x + B(T)))                          \
    X(leaky_relu, "alpha", 0.01f, NULL, 0, x < 0 ? A(T) * x : x)                                   \
    X(mish, NULL, 0, NULL, 0, CALL(mish)(x))                                                       \
    X(selu, "alpha", 1.67326319217681884765625, "gamma", 1.05070102214813232421875,                \
      x > 0 ? B(T) * x : B(T) * A(T) * EXPM1(x))                                                   \
    X(sigmoid, NULL, 0, NULL, 0, CALL(sigmoid)(x))                                                 \
    X(softplus, NULL, 0, NULL, 0, CALL(softplus)(x))                                               \
    X(softsign, NULL, 0, NULL, 0, x / (1 + FABS(x)))                                               \
    X(swish, "alpha", 1, NULL, 0, x *CALL(sigmoid)(A(T) * x))                                      \
    X(thresholded_relu, "alpha", 1, NULL, 0, x > A(T) ? x : 0)

static numbers read_numbers(const lwi_node *node, const char *a, double a_absent, const char *b,
                            double b_absent) {
    numbers n = {a_absent, b_absent};
    if (a) n.a = (double)lwi_attr_float(node, a, (float)a_absent);
    if (b) n.b = (double)lwi_attr_float(node, b, (float)b_absent);
    return n;
}

/* float */
#define T float
#define EXPM1 lwi_expm1f
#define FABS fabsf
#define CALL(name) lwi_##name##_f32
#define LOOP_F32(NAME, A_NAME, A_ABSENT, B_NAME, B_ABSENT, EXPR)                                   \
    LWI_UNARY_LOOP(NAME##_f32, float, float, EXPR)
FUNCTIONS(LOOP_F32)
#undef T
#undef EXPM1
#undef FABS
#undef CALL

/* double */
#define T double
#define EXPM1 expm1
#define FABS fabs
#define CALL(name) lwi_##name##_f64
#define LOOP_F64(NAME, A_NAME, A_ABSENT, B_NAME, B_ABSENT, EXPR)                                   \
    LWI_UNARY_LOOP(NAME##_f64, double, double, EXPR)
FUNCTIONS(LOOP_F64)

#define OPERATOR(NAME, A_NAME, A_ABSENT, B_NAME, B_ABSENT, EXPR)                                   \
    static lw_status run_##NAME(lwi_call *c) {                                                     \
        static const lwi_unary_loop loops[LW_DTYPE_COUNT] = {                                      \
            [LW_FLOAT32] = NAME##_f32, [LW_FLOAT64] = NAME##_f64};                                 \
        const numbers n = read_numbers(c->node, A_NAME, A_ABSENT, B_NAME, B_ABSENT);               \
        return lwi_run_unary(c, loops, &n);                                                        \
    }                                                                                              \
    const lwi_op lwi_op_##NAME = {                                                                 \
        .infer = lwi_infer_same, .run = run_##NAME, .flags = LWI_WIDEN | LWI_INPLACE};
FUNCTIONS(OPERATOR)
