/* SPDX-License-Identifier: MIT
 * BatchNormalization (ONNX 15): each channel, dimension 1, is normalised with a given mean and
 * variance, or in training mode with its own, which then move the running ones. */
#include "ops/moments.h"

#include <math.h>

typedef struct job {
    lwi_call *c;
    size_t batch, channels, inner;
    double epsilon, momentum;
    bool training;
} job;

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[0];
    const int64_t channels = x->rank > 1 ? x->dims[1] : 1;
    LW_TRY(lwi_need_rank(c, 0, 1, LW_MAX_RANK));
    for (size_t i = 1; i < 5; i++)
        if (c->in[i]->rank != 1 || c->in[i]->dims[0] != channels)
            return lwi_call_fail(c, LW_SHAPE, "input %zu must have shape [%lld]", i,
                                 (long long)channels);
    const bool training = lwi_attr_int(c->node, "training_mode", 0) != 0;
    for (size_t i = 1; i < c->n_out; i++)
        if (c->out[i] && !training)
            return lwi_call_fail(c, LW_INVALID, "output %zu exists in training mode only", i);
    LW_TRY(lwi_out_like(c, 0, x));
    LW_TRY(lwi_out_like(c, 1, c->in[3]));
    return lwi_out_like(c, 2, c->in[4]);
}

static lwi_moments channel_moments(const job *j, size_t channel) {
    const lw_value *x = j->c->in[0];
    const double n = (double)(j->batch * j->inner);
    double mean = 0, variance = 0;
    for (size_t b = 0; b < j->batch; b++)
        mean += lwi_sum(x, (b * j->channels + channel) * j->inner, j->inner);
    mean /= n;
    for (size_t b = 0; b < j->batch; b++)
        variance += lwi_sum_squares(x, (b * j->channels + channel) * j->inner, j->inner, mean);
    return (lwi_moments){mean, variance / n};
}

/* Moves the running mean or variance, output `i`, towards what was found. */
static void move_running(const job *j, size_t i, size_t channel, double found) {
    lwi_call *c = j->c;
    if (i >= c->n_out || !c->out[i]) return;
    const double old = lwi_wide(c->in[i + 2], channel);
    lwi_set_wide(c->out[i], channel, old * j->momentum + found * (1 - j->momentum));
}

static void normalise(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    lwi_call *c = j->c;
    for (size_t ch = begin; ch < end; ch++) {
        lwi_moments m = {lwi_wide(c->in[3], ch), lwi_wide(c->in[4], ch)};
        if (j->training) {
            m = channel_moments(j, ch);
            move_running(j, 1, ch, m.mean);
            move_running(j, 2, ch, m.variance);
        }
        const double scale = lwi_wide(c->in[1], ch) / sqrt(m.variance + j->epsilon);
        for (size_t b = 0; b < j->batch; b++)
            lwi_affine(c->in[0], c->out[0], (b * j->channels + ch) * j->inner, j->inner, m.mean,
                       scale, lwi_wide(c->in[2], ch));
    }
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    if (x->count == 0 && !lwi_attr_int(c->node, "training_mode", 0)) return LW_OK;
    job j = {.c = c,
             .channels = 1,
             .inner = 1,
             .epsilon = lwi_attr_float(c->node, "epsilon", 1e-5f),
             .momentum = lwi_attr_float(c->node, "momentum", 0.9f),
             .training = lwi_attr_int(c->node, "training_mode", 0) != 0};
    if (x->rank > 1) lwi_split_axis(x, 1, &j.batch, &j.channels, &j.inner);
    else j.batch = x->count;
    if (x->count == 0) j.batch = 0; /* the other dimensions may be huge */
    if (j.channels)
        lwi_parallel(c, j.channels, 1 + 16384 / (x->count / j.channels + 1), normalise, &j);
    return LW_OK;
}

const lwi_op lwi_op_batch_normalization = {.infer = infer, .run = run, .flags = LWI_WIDEN};
