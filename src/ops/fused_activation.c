/* SPDX-License-Identifier: MIT */
#include "ops/fused_activation.h"

#include <math.h>
#include <string.h>

/* Names, and the values of parameters that are not given. */
static const struct {
    const char *name;
    float a, b;
} KINDS[] = {
    [LWI_ACT_NONE] = {"", 0, 0},
    [LWI_ACT_RELU] = {"Relu", 0, 0},
    [LWI_ACT_LEAKY_RELU] = {"LeakyRelu", 0.01f, 0},
    [LWI_ACT_TANH] = {"Tanh", 0, 0},
    [LWI_ACT_SIGMOID] = {"Sigmoid", 0, 0},
    [LWI_ACT_CLIP] = {"Clip", -3.402823466e38f, 3.402823466e38f},
    [LWI_ACT_HARD_SIGMOID] = {"HardSigmoid", 0.2f, 0.5f},
};

lw_status lwi_activation_read(const lwi_call *c, lwi_activation *activation) {
    const char *name = lwi_attr_string(c->node, "activation", "");
    size_t n = 0, kind = 0;
    const size_t n_kinds = sizeof KINDS / sizeof *KINDS;
    while (kind < n_kinds && strcmp(KINDS[kind].name, name) != 0)
        kind++;
    if (kind == n_kinds)
        return lwi_call_fail(c, LW_UNSUPPORTED, "the activation '%.40s' is not known", name);
    const float *params = lwi_attr_floats(c->node, "activation_params", &n);
    const float a = n > 0 ? params[0] : KINDS[kind].a, b = n > 1 ? params[1] : KINDS[kind].b;
    activation->kind = (lwi_activation_kind)kind;
    activation->a = lwi_attr_float(c->node, "activation_alpha", a);
    activation->b = lwi_attr_float(c->node, "activation_beta", b);
    return LW_OK;
}

#define MAP(EXPRESSION)                                                                            \
    for (size_t i = 0; i < n; i++)                                                                 \
        y[i] = EXPRESSION;                                                                         \
    return
#define ACTIVATE(NAME, T, TANH, EXP)                                                               \
    void NAME(const lwi_activation *activation, T *y, size_t n) {                                  \
        const T a = activation->a, b = activation->b;                                              \
        switch (activation->kind) {                                                                \
        case LWI_ACT_NONE:                                                                         \
            return;                                                                                \
        case LWI_ACT_RELU:                                                                         \
            MAP(y[i] < 0 ? 0 : y[i]);                                                              \
        case LWI_ACT_LEAKY_RELU:                                                                   \
            MAP(y[i] < 0 ? a * y[i] : y[i]);                                                       \
        case LWI_ACT_TANH:                                                                         \
            MAP(TANH(y[i]));                                                                       \
        case LWI_ACT_SIGMOID:                                                                      \
            MAP(1 / (1 + EXP(-y[i])));                                                             \
        case LWI_ACT_CLIP:                                                                         \
            MAP(y[i]<a ? a : y[i]> b ? b : y[i]);                                                  \
        case LWI_ACT_HARD_SIGMOID:                                                                 \
            MAP(a *y[i] + b < 0 ? 0 : a * y[i] + b > 1 ? 1 : a * y[i] + b);                        \
        }                                                                                          \
    }
ACTIVATE(lwi_activate_f32, float, tanhf, expf)
ACTIVATE(lwi_activate_f64, double, tanh, exp)
