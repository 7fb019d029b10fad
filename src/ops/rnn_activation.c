/* SPDX-License-Identifier: MIT */
#include "ops/rnn_activation.h"

#include <math.h>
#include <string.h>

#define FUNCTION(name, expression32, expression64)                                                 \
    static void name##_f32(float *row, size_t n, float a, float b) {                               \
        (void)a, (void)b;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            const float x = row[i];                                                                \
            row[i] = expression32;                                                                 \
        }                                                                                          \
    }                                                                                              \
    static void name##_f64(double *row, size_t n, double a, double b) {                            \
        (void)a, (void)b;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            const double x = row[i];                                                               \
            row[i] = expression64;                                                                 \
        }                                                                                          \
    }
/* For expressions that need nothing of math.h. */
#define PLAIN(name, expression) FUNCTION(name, expression, expression)

PLAIN(relu, x > 0 ? x : 0)
PLAIN(affine, a *x + b)
PLAIN(leaky_relu, x >= 0 ? x : a * x)
PLAIN(thresholded_relu, x >= a ? x : 0)
PLAIN(hard_sigmoid, a *x + b < 0 ? 0 : a * x + b > 1 ? 1 : a * x + b)
FUNCTION(tanh, tanhf(x), tanh(x))
FUNCTION(sigmoid, 1 / (1 + expf(-x)), 1 / (1 + exp(-x)))
FUNCTION(scaled_tanh, a *tanhf(b *x), a *tanh(b *x))
FUNCTION(elu, x >= 0 ? x : a * expm1f(x), x >= 0 ? x : a * expm1(x))
FUNCTION(softsign, x / (1 + fabsf(x)), x / (1 + fabs(x)))
FUNCTION(softplus, x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x)),
         x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)))

/* In the order of kernels/recurrent.k. */
static const struct {
    const char *name;
    lwi_rnn_function function;
    bool takes_alpha, takes_beta;
} table[] = {
    {"Relu", {relu_f32, relu_f64, 0, 0, 0}, false, false},
    {"Tanh", {tanh_f32, tanh_f64, 0, 0, 0}, false, false},
    {"Sigmoid", {sigmoid_f32, sigmoid_f64, 0, 0, 0}, false, false},
    {"Affine", {affine_f32, affine_f64, 1, 0, 0}, true, true},
    {"LeakyRelu", {leaky_relu_f32, leaky_relu_f64, 0.01f, 0, 0}, true, false},
    {"ThresholdedRelu", {thresholded_relu_f32, thresholded_relu_f64, 1, 0, 0}, true, false},
    {"ScaledTanh", {scaled_tanh_f32, scaled_tanh_f64, 1, 1, 0}, true, true},
    {"HardSigmoid", {hard_sigmoid_f32, hard_sigmoid_f64, 0.2f, 0.5f, 0}, true, true},
    {"Elu", {elu_f32, elu_f64, 1, 0, 0}, true, false},
    {"Softsign", {softsign_f32, softsign_f64, 0, 0, 0}, false, false},
    {"Softplus", {softplus_f32, softplus_f64, 0, 0, 0}, false, false},
};

/* Exporters disagree about capitals. */
static bool same_name(const char *a, lw_string b) {
    if (strlen(a) != b.size) return false;
    for (size_t i = 0; i < b.size; i++)
        if ((a[i] | 0x20) != (b.data[i] | 0x20)) return false;
    return true;
}

lw_status lwi_rnn_functions(const lwi_node *node, const char *const *absent, size_t n_absent,
                            size_t n, lwi_rnn_function *functions) {
    size_t n_names, n_alpha, n_beta, used_alpha = 0, used_beta = 0;
    const lw_string *names = lwi_attr_strings(node, "activations", &n_names);
    const float *alpha = lwi_attr_floats(node, "activation_alpha", &n_alpha);
    const float *beta = lwi_attr_floats(node, "activation_beta", &n_beta);
    if (names && n_names != n)
        return lwi_node_fail(node, LW_INVALID, "%zu activations, expected %zu", n_names, n);
    for (size_t i = 0; i < n; i++) {
        const char *usual = absent[i % n_absent];
        const lw_string name = names ? names[i] : (lw_string){usual, strlen(usual)};
        size_t k = 0;
        while (k < sizeof table / sizeof *table && !same_name(table[k].name, name))
            k++;
        if (k == sizeof table / sizeof *table)
            return lwi_node_fail(node, LW_UNSUPPORTED, "there is no activation '%.*s'",
                                 (int)(name.size < 40 ? name.size : 40), name.data);
        functions[i] = table[k].function;
        functions[i].code = (int)k;
        /* Each list is consumed by the functions that take such a value. */
        if (table[k].takes_alpha && used_alpha < n_alpha) functions[i].alpha = alpha[used_alpha++];
        if (table[k].takes_beta && used_beta < n_beta) functions[i].beta = beta[used_beta++];
    }
    return LW_OK;
}

bool lwi_rnn_usual_functions(const lwi_node *node, const char *const *absent, size_t n_absent,
                             size_t n) {
    size_t n_names;
    const lw_string *names = lwi_attr_strings(node, "activations", &n_names);
    if (names && n_names != n) return false;
    for (size_t i = 0; names && i < n; i++)
        if (!same_name(absent[i % n_absent], names[i])) return false;
    return true;
}
