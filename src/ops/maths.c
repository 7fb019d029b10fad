/* SPDX-License-Identifier: MIT
 * Mathematical functions of one number, in float and double: those of the C library, or of
 * float_math.h and float_trig.h where those would be slow. Errors are a few units in the last
 * place. */
#include "base/float_math.h"
#include "base/float_trig.h"
#include "ops/elementwise.h"

/* Turns are counted exactly only where x is small enough; the C library has the rest. */
#define TURNING(NAME, FAST, SLOW)                                                                  \
    static void NAME##_f32(const void *in, void *out, size_t n, const void *params) {              \
        enum { STRETCH = 256 };                                                                    \
        (void)params;                                                                              \
        for (size_t first = 0, some; first < n; first += some) {                                   \
            const float *x = (const float *)in + first;                                            \
            float *y = (float *)out + first;                                                       \
            int large = 0;                                                                         \
            some = n - first < STRETCH ? n - first : STRETCH;                                      \
            for (size_t i = 0; i < some; i++)                                                      \
                large |= !(fabsf(x[i]) <= LWI_TRIG_LARGEST);                                       \
            for (size_t i = 0; large && i < some; i++)                                             \
                y[i] = fabsf(x[i]) <= LWI_TRIG_LARGEST ? FAST(x[i]) : SLOW(x[i]);                  \
            for (size_t i = 0; !large && i < some; i++)                                            \
                y[i] = FAST(x[i]);                                                                 \
        }                                                                                          \
    }
TURNING(sin, lwi_sinf, sinf)
TURNING(cos, lwi_cosf, cosf)

/* (identifier, as float, as double) */
#define FUNCTIONS(X)                                                                               \
    X(acos, lwi_acosf(x), acos(x))                                                                 \
    X(acosh, acoshf(x), acosh(x))                                                                  \
    X(asin, lwi_asinf(x), asin(x))                                                                 \
    X(asinh, asinhf(x), asinh(x))                                                                  \
    X(atan, lwi_atanf(x), atan(x))                                                                 \
    X(atanh, atanhf(x), atanh(x))                                                                  \
    X(ceil, ceilf(x), ceil(x))                                                                     \
    X(cosh, coshf(x), cosh(x))                                                                     \
    X(erf, lwi_erff(x), erf(x))                                                                    \
    X(exp, lwi_expf(x), exp(x))                                                                    \
    X(floor, floorf(x), floor(x))                                                                  \
    X(log, lwi_logf(x), log(x))                                                                    \
    X(reciprocal, 1 / x, 1 / x)                                                                    \
    X(round, nearbyintf(x), nearbyint(x)) /* half to even */                                       \
    X(sinh, sinhf(x), sinh(x))                                                                     \
    X(sqrt, sqrtf(x), sqrt(x))                                                                     \
    X(tan, tanf(x), tan(x))                                                                        \
    X(tanh, lwi_tanhf(x), tanh(x))

#define OPERATOR(NAME, FLOAT, DOUBLE)                                                              \
    LWI_UNARY_LOOP(NAME##_f32, float, float, FLOAT)                                                \
    OPERATOR_OF(NAME, DOUBLE)
/* With the loop for float that there is. */
#define OPERATOR_OF(NAME, DOUBLE)                                                                  \
    LWI_UNARY_LOOP(NAME##_f64, double, double, DOUBLE)                                             \
    static lw_status run_##NAME(lwi_call *c) {                                                     \
        static const lwi_unary_loop loops[LW_DTYPE_COUNT] = {                                      \
            [LW_FLOAT32] = NAME##_f32, [LW_FLOAT64] = NAME##_f64};                                 \
        return lwi_run_unary(c, loops, NULL);                                                      \
    }                                                                                              \
    const lwi_op lwi_op_##NAME = {                                                                 \
        .infer = lwi_infer_same, .run = run_##NAME, .flags = LWI_WIDEN | LWI_INPLACE};

FUNCTIONS(OPERATOR)
OPERATOR_OF(cos, cos(x))
OPERATOR_OF(sin, sin(x))
