/* SPDX-License-Identifier: MIT
 * CausalConvWithState (ONNX 27): a depthwise convolution along time that sees the past only, and
 * carries the last k - 1 inputs from call to call. */
#include "ops/op.h"

#include <math.h>
#include <string.h>

typedef struct causal {
    const float *x, *w, *bias, *past; /* bias and past may be NULL */
    float *y, *present;               /* either may be NULL */
    size_t channels, length, k;
    bool silu;
} causal;

static lw_status infer(lwi_call *c) {
    LW_TRY(lwi_need_rank(c, 0, 3, 3));
    LW_TRY(lwi_need_rank(c, 1, 3, 3));
    const int64_t *x = c->in[0]->dims, *w = c->in[1]->dims;
    if (w[0] != x[1] || w[1] != 1 || w[2] < 1)
        return lwi_call_fail(c, LW_SHAPE, "the weights are [%lld,%lld,%lld] for %lld channels",
                             (long long)w[0], (long long)w[1], (long long)w[2], (long long)x[1]);
    if (lwi_has(c, 2) && (c->in[2]->rank != 1 || c->in[2]->dims[0] != x[1]))
        return lwi_call_fail(c, LW_SHAPE, "the bias does not have %lld elements", (long long)x[1]);
    const int64_t state[3] = {x[0], x[1], w[2] - 1};
    if (lwi_has(c, 3) && (c->in[3]->rank != 3 || memcmp(c->in[3]->dims, state, sizeof state) != 0))
        return lwi_call_fail(c, LW_SHAPE, "past_state is not [%lld,%lld,%lld]", (long long)state[0],
                             (long long)state[1], (long long)state[2]);
    LW_TRY(lwi_out_like(c, 0, c->in[0]));
    return lwi_out(c, 1, c->in[0]->dtype, 3, state);
}

/* Element t of a row's past and input one after the other. */
static float at(const causal *s, size_t row, size_t t) {
    if (t >= s->k - 1) return s->x[row * s->length + t - (s->k - 1)];
    return s->past ? s->past[row * (s->k - 1) + t] : 0;
}

static void run_rows(void *arg, size_t begin, size_t end) {
    const causal *s = arg;
    for (size_t row = begin; row < end; row++) {
        const float *w = s->w + row % s->channels * s->k;
        for (size_t t = 0; s->y && t < s->length; t++) {
            float sum = s->bias ? s->bias[row % s->channels] : 0;
            for (size_t i = 0; i < s->k; i++)
                sum += w[i] * at(s, row, t + i);
            s->y[row * s->length + t] = s->silu ? sum / (1 + expf(-sum)) : sum;
        }
        for (size_t i = 0; s->present && i + 1 < s->k; i++)
            s->present[row * (s->k - 1) + i] = at(s, row, s->length + i);
    }
}

static lw_status run(lwi_call *c) {
    const char *activation = lwi_attr_string(c->node, "activation", "none");
    const bool silu = !strcmp(activation, "silu") || !strcmp(activation, "swish");
    if (!silu && strcmp(activation, "none") != 0)
        return lwi_call_fail(c, LW_UNSUPPORTED, "the activation '%.40s' is not known", activation);
    const int64_t *dims = c->in[0]->dims;
    causal s = {.x = c->in[0]->data,
                .w = c->in[1]->data,
                .silu = silu,
                .bias = lwi_has(c, 2) ? c->in[2]->data : NULL,
                .past = lwi_has(c, 3) ? c->in[3]->data : NULL,
                .y = c->out[0] ? c->out[0]->data : NULL,
                .present = c->out[1] ? c->out[1]->data : NULL,
                .channels = (size_t)dims[1],
                .length = (size_t)dims[2],
                .k = (size_t)c->in[1]->dims[2]};
    if (dims[0] == 0 || dims[1] == 0) return LW_OK;
    lwi_parallel(c, (size_t)dims[0] * s.channels, 1 + 4096 / (s.length * s.k + 1), run_rows, &s);
    return LW_OK;
}

const lwi_op lwi_op_causal_conv_with_state = {.infer = infer, .run = run, .flags = LWI_WIDEN};
