/* SPDX-License-Identifier: MIT
 * Kernels of support vector machines as in libsvm (Chang and Lin 2011), and SVMRegressor
 * (ai.onnx.ml 1). */
#include "ops/svm.h"

#include <math.h>
#include <string.h>

enum { LINEAR, POLY, RBF, SIGMOID, KERNELS };

lw_status lwi_svm_read(const lwi_call *c, size_t n_vectors, size_t features, lwi_svm *s) {
    static const char *const names[] = {"LINEAR", "POLY", "RBF", "SIGMOID"};
    const char *name = lwi_attr_string(c->node, "kernel_type", "LINEAR");
    size_t n_params = 0, n_values = 0;
    *s = (lwi_svm){.n_vectors = n_vectors, .features = features};
    while (s->kernel < KERNELS && strcmp(name, names[s->kernel]) != 0)
        s->kernel++;
    if (s->kernel == KERNELS)
        return lwi_call_fail(c, LW_INVALID, "kernel_type '%.40s' is not known", name);
    const float *params = lwi_attr_floats(c->node, "kernel_params", &n_params);
    if (params && n_params >= 3) s->gamma = params[0], s->coef0 = params[1], s->degree = params[2];
    s->vectors = lwi_attr_floats(c->node, "support_vectors", &n_values);
    s->coefficients = lwi_attr_floats(c->node, "coefficients", &s->n_coefficients);
    s->rho = lwi_attr_floats(c->node, "rho", &s->n_rho);
    if (!s->coefficients || !s->rho || s->n_rho == 0)
        return lwi_call_fail(c, LW_INVALID, "coefficients or rho are missing");
    if (n_vectors && (features == 0 || n_values / n_vectors != features || n_values % n_vectors))
        return lwi_call_fail(c, LW_SHAPE,
                             "support_vectors has %zu numbers for %zu vectors of %zu "
                             "features",
                             n_values, n_vectors, features);
    return LW_OK;
}

double lwi_svm_kernel(const lwi_svm *s, const lw_value *x, size_t row, size_t i) {
    const float *vector = s->vectors + i * s->features;
    double sum = 0;
    for (size_t f = 0; f < s->features; f++) {
        const double v = lwi_get_double(x, row * s->features + f), d = v - vector[f];
        sum += s->kernel == RBF ? d * d : v * vector[f];
    }
    if (s->kernel == POLY) return pow(s->gamma * sum + s->coef0, s->degree);
    if (s->kernel == RBF) return exp(-s->gamma * sum);
    if (s->kernel == SIGMOID) return tanh(s->gamma * sum + s->coef0);
    return sum;
}

double lwi_svm_linear(const lwi_svm *s, const lw_value *x, size_t row, size_t first) {
    double sum = 0;
    for (size_t f = 0; f < s->features; f++)
        sum += lwi_get_double(x, row * s->features + f) * s->coefficients[first + f];
    return sum;
}

typedef struct job {
    lwi_call *c;
    lwi_svm svm;
    lwi_post_transform transform;
    bool one_class;
} job;

static void run_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lw_value *x = j->c->in[0];
    for (size_t row = begin; row < end; row++) {
        double score = j->svm.rho[0];
        for (size_t i = 0; i < j->svm.n_vectors; i++)
            score += j->svm.coefficients[i] * lwi_svm_kernel(&j->svm, x, row, i);
        if (j->svm.n_vectors == 0) score += lwi_svm_linear(&j->svm, x, row, 0);
        if (j->one_class) score = score > 0 ? 1 : -1;
        lwi_transform_scores(j->transform, &score, 1);
        ((float *)j->c->out[0]->data)[row] = (float)score;
    }
}

static lw_status infer(lwi_call *c) {
    size_t rows = 0, features = 0;
    LW_TRY(lwi_feature_rows(c, &rows, &features));
    return lwi_out(c, 0, LW_FLOAT32, 2, (const int64_t[]){(int64_t)rows, 1});
}

static lw_status run(lwi_call *c) {
    size_t rows = 0, features = 0;
    const int64_t n = lwi_attr_int(c->node, "n_supports", 0);
    job j = {.c = c, .one_class = lwi_attr_int(c->node, "one_class", 0) != 0};
    LW_TRY(lwi_feature_rows(c, &rows, &features));
    LW_TRY(lwi_find_post_transform(c, &j.transform));
    LW_TRY(lwi_svm_read(c, n > 0 ? (size_t)n : 0, features, &j.svm));
    if (j.svm.n_coefficients < (j.svm.n_vectors ? j.svm.n_vectors : features))
        return lwi_call_fail(c, LW_SHAPE, "there are only %zu coefficients", j.svm.n_coefficients);
    lwi_parallel(c, rows, 1 + 8192 / ((j.svm.n_vectors + 1) * (features + 1)), run_rows, &j);
    return LW_OK;
}

const lwi_op lwi_op_svm_regressor = {.infer = infer, .run = run};
