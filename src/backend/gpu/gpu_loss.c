/* SPDX-License-Identifier: MIT
 * NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss. */
#include "backend/gpu/gpu_backend.h"

#include <string.h>

enum { SCORES, TARGETS, WEIGHTS };

static bool takes(const lwi_call *c, const lwi_gpu_step *step) {
    const bool weighted = lwi_has(c, WEIGHTS);
    return lwi_gpu_moves(c) && lwi_gpu_is_real(step, c->in[SCORES]->dtype) &&
           lwi_gpu_is_integer(lwi_gpu_type_of(c->in[TARGETS]->dtype)) && c->in[SCORES]->count > 0 &&
           (!weighted || lwi_gpu_is_real(step, c->in[WEIGHTS]->dtype));
}

static size_t number_size(const lwi_call *c) {
    return lwi_gpu_has_doubles(c) ? sizeof(double) : sizeof(float);
}

/* Scores, or their logarithms of probabilities: a wanted output, or scratch memory. */
typedef struct scores {
    size_t outer, classes, inner, bytes;
    bool softmax, wanted;
} scores;

static void give_scores(const lwi_call *c, const scores *s, lwi_gpu_step *step,
                        lwi_gpu_launch *launch) {
    if (!s->softmax) lwi_gpu_in(launch, c, SCORES);
    else if (s->wanted) lwi_gpu_out(launch, 1);
    else lwi_gpu_scratch(step, launch, s->bytes);
}

static lw_status launch_softmax(const lwi_call *c, const scores *s, lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "softmax_columns"),
                         s->outer * s->inner, &launch));
    lwi_gpu_in(launch, c, SCORES);
    give_scores(c, s, step, launch);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[SCORES]->dtype));
    lwi_gpu_int(launch, (int64_t)s->classes);
    lwi_gpu_int(launch, 1);
    lwi_gpu_int(launch, (int64_t)s->inner);
    lwi_gpu_int(launch, (int64_t)(s->outer * s->inner));
    return LW_OK;
}

static lw_status launch_losses(const lwi_call *c, const scores *s, bool summed,
                               lwi_gpu_step *step) {
    const size_t n = c->in[TARGETS]->count;
    const int weights = lwi_has(c, WEIGHTS) ? (int)lwi_gpu_type_of(c->in[WEIGHTS]->dtype) : 0;
    const int types = (int)lwi_gpu_type_of(c->in[SCORES]->dtype) |
                      (int)lwi_gpu_type_of(c->in[TARGETS]->dtype) << 4 | weights << 8 |
                      (int)lwi_gpu_type_of(c->out[0]->dtype) << 12;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "class_losses"), n, &launch));
    give_scores(c, s, step, launch);
    lwi_gpu_in(launch, c, TARGETS);
    lwi_gpu_in(launch, c, WEIGHTS);
    lwi_gpu_out(launch, 0);
    lwi_gpu_scratch_at(step, launch, s->bytes, 2 * n * number_size(c));
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, types);
    lwi_gpu_int(launch, (int64_t)s->classes);
    lwi_gpu_int(launch, (int64_t)s->inner);
    lwi_gpu_int(launch, lwi_has(c, WEIGHTS));
    lwi_gpu_int(launch, lwi_node_attr(c->node, "ignore_index") != NULL);
    lwi_gpu_int(launch, lwi_attr_int(c->node, "ignore_index", 0));
    lwi_gpu_int(launch, summed);
    lwi_gpu_int(launch, (int64_t)n);
    return LW_OK;
}

static lw_status plan_loss(const lwi_call *c, bool softmax, lwi_gpu_step *step, bool *taken) {
    const char *reduction = lwi_attr_string(c->node, "reduction", "mean");
    const bool summed = strcmp(reduction, "none") != 0;
    scores s = {.softmax = softmax, .wanted = c->n_out > 1 && c->out[1]};
    lwi_gpu_launch *launch = NULL;
    if (!takes(c, step)) return lwi_gpu_refuse(step, "its types");
    lwi_split_axis(c->in[SCORES], 1, &s.outer, &s.classes, &s.inner);
    if (softmax) s.bytes = (c->in[SCORES]->bytes + LWI_ALIGN - 1) & ~(size_t)(LWI_ALIGN - 1);
    *taken = true;
    if (softmax) LW_TRY(launch_softmax(c, &s, step));
    if (!c->out[0]) return LW_OK;
    LW_TRY(launch_losses(c, &s, summed, step));
    if (!summed) return LW_OK;
    LW_TRY(lwi_gpu_groups(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "total_loss"), 1, 1, 1,
                          &launch));
    lwi_gpu_scratch_at(step, launch, s.bytes, 2 * c->in[TARGETS]->count * number_size(c));
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->out[0]->dtype));
    lwi_gpu_int(launch, !strcmp(reduction, "mean"));
    lwi_gpu_int(launch, (int64_t)c->in[TARGETS]->count);
    return LW_OK;
}

lw_status lwi_gpu_likelihood_loss(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_loss(c, false, step, taken);
}

lw_status lwi_gpu_cross_entropy_loss(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_loss(c, true, step, taken);
}
