/* SPDX-License-Identifier: MIT
 * Mathematical functions of one number, in float and double: those of the C library, or of
 * float_math.h where those would be slow. Errors are a few units in the last place. */
#include "base/float_math.h"
#include "ops/elementwise.h"

/* (identifier, as float, as double) */
#define FUNCTIONS(X)                                                                               \
    X(acos, acosf(x), acos(x))                                                                     \
    X(acosh, acoshf(x), acosh(x))                                                                  \
    X(asin, asinf(x), asin(x))                                                                     \
    X(asinh, asinhf(x), asinh(x))                                                                  \
    X(atan, atanf(x), atan(x))                                                                     \
    X(atanh, atanhf(x), atanh(x))                                                                  \
    X(ceil, ceilf(x), ceil(x))                                                                     \
    X(cos, cosf(x), cos(x))                                                                        \
    X(cosh, coshf(x), cosh(x))                                                                     \
    X(erf, lwi_erff(x), erf(x))                                                                    \
    X(exp, lwi_expf(x), exp(x))                                                                    \
    X(floor, floorf(x), floor(x))                                                                  \
    X(log, lwi_logf(x), log(x))                                                                    \
    X(reciprocal, 1 / x, 1 / x)                                                                    \
    X(round, nearbyintf(x), nearbyint(x)) /* half to even */                                       \
    X(sin, sinf(x), sin(x))                                                                        \
    X(sinh, sinhf(x), sinh(x))                                                                     \
    X(sqrt, sqrtf(x), sqrt(x))                                                                     \
    X(tan, tanf(x), tan(x))                                                                        \
    X(tanh, lwi_tanhf(x), tanh(x))

#define OPERATOR(NAME, FLOAT, DOUBLE)                                                              \
    LWI_UNARY_LOOP(NAME##_f32, float, float, FLOAT)                                                \
    LWI_UNARY_LOOP(NAME##_f64, double, double, DOUBLE)                                             \
    static lw_status run_##NAME(lwi_call *c) {                                                     \
        static const lwi_unary_loop loops[LW_DTYPE_COUNT] = {                                      \
            [LW_FLOAT32] = NAME##_f32, [LW_FLOAT64] = NAME##_f64};                                 \
        return lwi_run_unary(c, loops, NULL);                                                      \
    }                                                                                              \
    const lwi_op lwi_op_##NAME = {                                                                 \
        .infer = lwi_infer_same, .run = run_##NAME, .flags = LWI_WIDEN | LWI_INPLACE};

FUNCTIONS(OPERATOR)
