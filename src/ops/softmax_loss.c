/* SPDX-License-Identifier: MIT
 * NegativeLogLikelihoodLoss (ONNX 22) and SoftmaxCrossEntropyLoss (ONNX 13): the loss of class
 * scores [N, C, ...] against class indices [N, ...], with a weight for each class. */
#include "ops/wide.h"

#include <math.h>
#include <string.h>

enum { NONE, MEAN, SUM };

static lw_status find_reduction(const lwi_call *c, int *reduction) {
    const char *name = lwi_attr_string(c->node, "reduction", "mean");
    *reduction = !strcmp(name, "none") ? NONE : !strcmp(name, "sum") ? SUM : MEAN;
    if (*reduction == MEAN && strcmp(name, "mean") != 0)
        return lwi_call_fail(c, LW_INVALID, "reduction '%.40s' is not none, mean or sum", name);
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    int reduction = 0;
    const lw_value *x = c->in[0], *t = c->in[1];
    LW_TRY(find_reduction(c, &reduction));
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    LW_TRY(lwi_need_rank(c, 1, x->rank - 1, x->rank - 1));
    for (int d = 0; d < t->rank; d++)
        if (t->dims[d] != x->dims[d ? d + 1 : 0])
            return lwi_call_fail(c, LW_SHAPE,
                                 "dimension %d of the classes is %lld, of the scores "
                                 "%lld",
                                 d, (long long)t->dims[d], (long long)x->dims[d ? d + 1 : 0]);
    if (lwi_has(c, 2) && (c->in[2]->rank != 1 || c->in[2]->dims[0] != x->dims[1]))
        return lwi_call_fail(c, LW_SHAPE, "the weights must have shape [%lld]",
                             (long long)x->dims[1]);
    LW_TRY(lwi_out(c, 0, x->dtype, reduction == NONE ? t->rank : 0, t->dims));
    return lwi_out_like(c, 1, x);
}

/* Places in a row of scores: element `at` of class 0, others `inner` apart. */
typedef struct scores {
    const lw_value *x;
    size_t at, classes, inner;
} scores;

/* log(sum(exp(x))), computed without overflow. */
static double log_sum_exp(const scores *s) {
    double max = -INFINITY, sum = 0;
    for (size_t k = 0; k < s->classes; k++)
        max = fmax(max, lwi_wide(s->x, s->at + k * s->inner));
    if (!isfinite(max)) max = 0;
    for (size_t k = 0; k < s->classes; k++)
        sum += exp(lwi_wide(s->x, s->at + k * s->inner) - max);
    return max + log(sum);
}

typedef struct totals {
    double loss, weight;
} totals;

/* The loss at place i; `normaliser` is subtracted from the score of the class. */
static lw_status add_loss(lwi_call *c, const scores *s, size_t i, double normaliser, bool each,
                          totals *total) {
    const int64_t class = lwi_get_int(c->in[1], i);
    const bool ignored =
        lwi_node_attr(c->node, "ignore_index") && class == lwi_attr_int(c->node, "ignore_index", 0);
    if (!ignored && (class < 0 || (size_t) class >= s->classes))
        return lwi_call_fail(c, LW_RANGE, "class %lld is not one of %zu", (long long)class,
                             s->classes);
    double loss = 0, weight = 0;
    if (!ignored) {
        weight = lwi_has(c, 2) ? lwi_wide(c->in[2], (size_t) class) : 1;
        loss = -weight * (lwi_wide(s->x, s->at + (size_t) class * s->inner) - normaliser);
    }
    total->loss += loss;
    total->weight += weight;
    if (each && c->out[0]) lwi_set_wide(c->out[0], i, loss);
    return LW_OK;
}

static lw_status run(lwi_call *c, bool softmax) {
    int reduction = 0;
    LW_TRY(find_reduction(c, &reduction));
    scores s = {.x = c->in[0]};
    size_t outer;
    lwi_split_axis(s.x, 1, &outer, &s.classes, &s.inner);
    lw_value *log_prob = c->n_out > 1 ? c->out[1] : NULL;
    totals total = {0, 0};
    for (size_t i = 0; i < c->in[1]->count; i++) {
        s.at = i / s.inner * s.classes * s.inner + i % s.inner;
        const double normaliser = softmax ? log_sum_exp(&s) : 0;
        for (size_t k = 0; log_prob && k < s.classes; k++)
            lwi_set_wide(log_prob, s.at + k * s.inner,
                         lwi_wide(s.x, s.at + k * s.inner) - normaliser);
        LW_TRY(add_loss(c, &s, i, normaliser, reduction == NONE, &total));
    }
    if (reduction != NONE && c->out[0])
        lwi_set_wide(c->out[0], 0, reduction == SUM ? total.loss : total.loss / total.weight);
    return LW_OK;
}

static lw_status run_likelihood(lwi_call *c) { return run(c, false); }
static lw_status run_cross_entropy(lwi_call *c) { return run(c, true); }

const lwi_op lwi_op_negative_log_likelihood_loss = {
    .infer = infer, .run = run_likelihood, .flags = LWI_WIDEN};
const lwi_op lwi_op_softmax_cross_entropy_loss = {
    .infer = infer, .run = run_cross_entropy, .flags = LWI_WIDEN};
