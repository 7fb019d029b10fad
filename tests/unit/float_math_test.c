/* SPDX-License-Identifier: MIT
 * base/float_math.h, float_trig.h and sigmoid.h against the C library's double functions. */
#include "cmocka_test.h"

#include "base/float_math.h"
#include "base/float_trig.h"
#include "base/sigmoid.h"

#include <float.h>

/* Error in units in the last place of the result, or of the smallest normal number. */
static double error(float got, double expected) {
    if (isnan(expected)) return isnan(got) ? 0 : 1e9;
    if ((double)got == expected || (float)expected == got) return 0;
    if (isinf(got) || isinf((float)expected)) return 1e9;
    int e;
    frexp(expected, &e);
    return fabs((double)got - expected) / ldexp(1, (e < -125 ? -125 : e) - 24);
}

static double normal_cdf(double x) { return 0.5 * erfc(-x * 0.70710678118654752440); }
static double log1p_unit(double x) { return x >= 0 && x <= 1 ? log1p(x) : 0; }
static float log1p_unitf(float x) { return x >= 0 && x <= 1 ? lwi_log1pf_unit(x) : 0; }
/* 0 where results would soon be subnormal. */
static double sigmoid(double x) { return x < -87 ? 0 : 1 / (1 + exp(-x)); }

static double softplus(double x) { return lwi_softplus_f64(x); }
/* Further left exp is subnormal, and few of its bits are left. */
static double mish(double x) { return x < -80 ? 0 : x * tanh(lwi_softplus_f64(x)); }
static float mishf(float x) { return x < -80 ? 0 : lwi_mish_f32(x); }

/* Beyond, operators ask the C library. */
static bool turns(double x) { return fabs(x) <= (double)LWI_TRIG_LARGEST; }
static double sine(double x) { return turns(x) ? sin(x) : 0; }
static float sinef(float x) { return turns((double)x) ? lwi_sinf(x) : 0; }
static double cosine(double x) { return turns(x) ? cos(x) : 0; }
static float cosinef(float x) { return turns((double)x) ? lwi_cosf(x) : 0; }

/* All floats whose low bits are zero, of both signs. */
static void sweep(const char *name, float (*f)(float), double (*exact)(double), double bound) {
    double worst = 0;
    float where = 0;
    for (uint64_t u = 0; u <= UINT32_MAX; u += 1021) {
        const float x = lwi_bits_float((uint32_t)u);
        const double e = error(f(x), exact((double)x));
        if (e <= worst) continue;
        worst = e;
        where = x;
    }
    print_message("%s: %.2f ulp at %a (%g)\n", name, worst, (double)where, (double)where);
    assert_true(worst < bound);
}

static void functions_are_accurate(void **state) {
    (void)state;
    sweep("sin", sinef, sine, 2);
    sweep("cos", cosinef, cosine, 2);
    sweep("atan", lwi_atanf, atan, 4);
    sweep("asin", lwi_asinf, asin, 4);
    sweep("acos", lwi_acosf, acos, 4);
    sweep("exp", lwi_expf, exp, 2);
    sweep("expm1", lwi_expm1f, expm1, 2);
    sweep("log", lwi_logf, log, 4);
    sweep("log1p", log1p_unitf, log1p_unit, 4);
    sweep("tanh", lwi_tanhf, tanh, 4);
    sweep("sigmoid", lwi_sigmoid_f32, sigmoid, 4);
    sweep("softplus", lwi_softplus_f32, softplus, 4);
    sweep("mish", mishf, mish, 8);
    sweep("erf", lwi_erff, erf, 4);
    sweep("normal", lwi_normal_cdff, normal_cdf, 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(functions_are_accurate)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
