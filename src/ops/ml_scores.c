/* SPDX-License-Identifier: MIT */
#include "ops/ml_scores.h"

#include <math.h>
#include <string.h>

lw_status lwi_find_post_transform(const lwi_call *c, lwi_post_transform *transform) {
    static const char *const names[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"};
    const char *name = lwi_attr_string(c->node, "post_transform", "NONE");
    for (int i = 0; i < 5; i++)
        if (!strcmp(name, names[i])) return *transform = (lwi_post_transform)i, LW_OK;
    return lwi_call_fail(c, LW_INVALID, "post_transform '%.40s' is not known", name);
}

static double logistic(double x) { return 1 / (1 + exp(-x)); }

/* The quantile of the normal distribution with Winitzki's approximation of the inverse error
 * function (2008), a = 0.147: the one that ONNX Runtime and ONNX's reference have. */
static double probit(double p) {
    const double x = 2 * p - 1, l = log((1 - x) * (1 + x));
    const double v = 2 / (3.14159265358979323846 * 0.147) + 0.5 * l;
    const double root = sqrt(sqrt(v * v - l / 0.147) - v);
    return 1.41421356 * (x < 0 ? -root : root);
}

/* Scores that are 0 stay 0 if keep_zeros is set. */
static void softmax(double *scores, size_t n, bool keep_zeros) {
    double max = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        if (scores[i] > max) max = scores[i];
    for (size_t i = 0; i < n; i++) {
        const bool zero = keep_zeros && fabs(scores[i]) <= 1e-7;
        scores[i] = zero ? scores[i] * exp(-max) : exp(scores[i] - max);
        sum += scores[i];
    }
    for (size_t i = 0; i < n; i++)
        scores[i] = sum == 0 ? 0.5 : scores[i] / sum;
}

void lwi_transform_scores(lwi_post_transform t, double *scores, size_t n) {
    if (n == 1 && t != LWI_POST_PROBIT) return;
    if (t == LWI_POST_SOFTMAX || t == LWI_POST_SOFTMAX_ZERO)
        softmax(scores, n, t == LWI_POST_SOFTMAX_ZERO);
    for (size_t i = 0; i < n; i++) {
        if (t == LWI_POST_LOGISTIC) scores[i] = logistic(scores[i]);
        if (t == LWI_POST_PROBIT) scores[i] = probit(scores[i]);
    }
}

void lwi_binary_scores(lwi_post_transform t, bool signs, double score, double pair[2]) {
    pair[0] = signs || t == LWI_POST_LOGISTIC ? -score : 1 - score;
    pair[1] = score;
    if (t == LWI_POST_LOGISTIC || t == LWI_POST_PROBIT) lwi_transform_scores(t, pair, 2);
}

lw_status lwi_find_labels(const lwi_call *c, const char *ints, const char *strings, lwi_labels *l) {
    l->strings = NULL;
    l->ints = lwi_attr_ints(c->node, ints, &l->n);
    if (!l->ints || l->n == 0) l->strings = lwi_attr_strings(c->node, strings, &l->n);
    if (l->n > 0) return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "%s or %s is missing", ints, strings);
}

void lwi_put_label(const lwi_labels *l, size_t index, lw_value *y, size_t row) {
    if (l->strings) ((lw_string *)y->data)[row] = l->strings[index];
    else ((int64_t *)y->data)[row] = l->ints[index];
}

lw_status lwi_feature_rows(const lwi_call *c, size_t *rows, size_t *features) {
    const lw_value *x = c->in[0];
    LW_TRY(lwi_need_rank(c, 0, 1, 2));
    *rows = x->rank == 2 ? (size_t)x->dims[0] : 1;
    *features = (size_t)x->dims[x->rank - 1];
    return LW_OK;
}
