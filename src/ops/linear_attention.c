/* SPDX-License-Identifier: MIT
 * LinearAttention (ONNX 27): a state S [d_k, d_v] for each key head takes in one token after the
 * other: S decays, is corrected (the delta rule), and gains the product of key and value. */
#include "ops/op.h"

#include <math.h>
#include <string.h>

enum { Q, K, V, PAST, DECAY, BETA };

typedef struct job {
    const lwi_call *c;
    size_t batch, length, q_heads, kv_heads, d_k, d_v;
    bool gated, delta;
    float scale;
    float *state;  /* [batch, kv_heads, d_k, d_v] */
    float *wanted; /* [batch, kv_heads, d_v] */
} job;

static lw_status need_packed(const lwi_call *c, size_t input, int64_t a, int64_t b) {
    if (!lwi_has(c, input))
        return lwi_call_fail(c, LW_INVALID, "input %zu is needed by this update_rule", input);
    const lw_value *v = c->in[input];
    if (v->rank == 3 && v->dims[0] == c->in[Q]->dims[0] && v->dims[1] == c->in[Q]->dims[1] &&
        (v->dims[2] == a || v->dims[2] == b))
        return LW_OK;
    char shape[LWI_SHAPE_TEXT];
    return lwi_call_fail(c, LW_SHAPE, "input %zu has shape %s", input,
                         lwi_shape_text(v->rank, v->dims, shape));
}

static lw_status read_rule(const lwi_call *c, job *j) {
    const char *rule = lwi_attr_string(c->node, "update_rule", "gated_delta");
    j->gated = !strcmp(rule, "gated") || !strcmp(rule, "gated_delta");
    j->delta = !strcmp(rule, "delta") || !strcmp(rule, "gated_delta");
    if (!j->gated && !j->delta && strcmp(rule, "linear") != 0)
        return lwi_call_fail(c, LW_INVALID, "update_rule is '%.40s'", rule);
    if (lwi_has(c, DECAY) != j->gated || lwi_has(c, BETA) != j->delta)
        return lwi_call_fail(c, LW_INVALID, "decay and beta do not fit update_rule '%s'", rule);
    return LW_OK;
}

static lw_status read_sizes(const lwi_call *c, job *j) {
    for (size_t i = Q; i <= V; i++)
        LW_TRY(lwi_need_rank(c, i, 3, 3));
    const int64_t q_heads = lwi_attr_int(c->node, "q_num_heads", 0);
    const int64_t kv_heads = lwi_attr_int(c->node, "kv_num_heads", 0);
    const int64_t *q = c->in[Q]->dims, *v = c->in[V]->dims;
    if (q_heads <= 0 || kv_heads <= 0 || q_heads % kv_heads || q[2] % q_heads || v[2] % kv_heads)
        return lwi_call_fail(c, LW_INVALID, "%lld query heads and %lld key heads do not fit",
                             (long long)q_heads, (long long)kv_heads);
    const int64_t d_k = q[2] / q_heads, d_v = v[2] / kv_heads;
    if (c->in[K]->dims[2] % kv_heads || c->in[K]->dims[2] / kv_heads != d_k)
        return lwi_call_fail(c, LW_SHAPE, "keys and queries have different sizes");
    LW_TRY(read_rule(c, j));
    const int64_t keys = c->in[K]->dims[2];
    LW_TRY(need_packed(c, K, keys, keys));
    LW_TRY(need_packed(c, V, v[2], v[2]));
    if (j->gated) LW_TRY(need_packed(c, DECAY, kv_heads, keys));
    if (j->delta) LW_TRY(need_packed(c, BETA, kv_heads, 1));
    const int64_t state[4] = {q[0], kv_heads, d_k, d_v};
    if (lwi_has(c, PAST) &&
        (c->in[PAST]->rank != 4 || memcmp(c->in[PAST]->dims, state, sizeof state) != 0))
        return lwi_call_fail(c, LW_SHAPE, "past_state does not have the shape of the state");
    j->batch = (size_t)q[0];
    j->length = (size_t)q[1];
    j->q_heads = (size_t)q_heads;
    j->kv_heads = (size_t)kv_heads;
    j->d_k = (size_t)d_k;
    j->d_v = (size_t)d_v;
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    job j;
    LW_TRY(read_sizes(c, &j));
    const int64_t *q = c->in[Q]->dims;
    const int64_t d_k = (int64_t)j.d_k, d_v = (int64_t)j.d_v;
    LW_TRY(lwi_out(c, 0, c->in[Q]->dtype, 3, (int64_t[]){q[0], q[1], (int64_t)j.q_heads * d_v}));
    return lwi_out(c, 1, lwi_has(c, PAST) ? c->in[PAST]->dtype : c->in[Q]->dtype, 4,
                   (int64_t[]){q[0], (int64_t)j.kv_heads, d_k, d_v});
}

/* The row of input i at a token, for a head: `per` elements each, or one for all heads. */
static const float *row_of(const job *j, size_t i, size_t token, size_t head) {
    const size_t width = (size_t)j->c->in[i]->dims[2], per = width / j->kv_heads;
    return (const float *)j->c->in[i]->data + token * width + (width == 1 ? 0 : head * per);
}

static void decay_state(const job *j, float *s, size_t token, size_t head) {
    const float *g = row_of(j, DECAY, token, head);
    const bool one = (size_t)j->c->in[DECAY]->dims[2] == j->kv_heads;
    for (size_t d = 0; d < j->d_k; d++) {
        const float factor = expf(g[one ? 0 : d]);
        for (size_t m = 0; m < j->d_v; m++)
            s[d * j->d_v + m] *= factor;
    }
}

static void update_state(const job *j, float *s, float *wanted, size_t token, size_t head) {
    const float *k = row_of(j, K, token, head), *v = row_of(j, V, token, head);
    memcpy(wanted, v, j->d_v * sizeof *v);
    if (j->gated) decay_state(j, s, token, head);
    if (j->delta) {
        for (size_t d = 0; d < j->d_k; d++)
            for (size_t m = 0; m < j->d_v; m++)
                wanted[m] -= s[d * j->d_v + m] * k[d];
        const float beta = row_of(j, BETA, token, head)[0];
        for (size_t m = 0; m < j->d_v; m++)
            wanted[m] *= beta;
    }
    for (size_t d = 0; d < j->d_k; d++)
        for (size_t m = 0; m < j->d_v; m++)
            s[d * j->d_v + m] += k[d] * wanted[m];
}

static void read_state(const job *j, const float *s, size_t token, size_t head) {
    const float *q = (const float *)j->c->in[Q]->data + (token * j->q_heads + head) * j->d_k;
    float *y = (float *)j->c->out[0]->data + (token * j->q_heads + head) * j->d_v;
    memset(y, 0, j->d_v * sizeof *y);
    for (size_t d = 0; d < j->d_k; d++)
        for (size_t m = 0; m < j->d_v; m++)
            y[m] += q[d] * s[d * j->d_v + m];
    for (size_t m = 0; m < j->d_v; m++)
        y[m] *= j->scale;
}

static void run_heads(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const size_t group = j->q_heads / j->kv_heads;
    for (size_t i = begin; i < end; i++) {
        const size_t b = i / j->kv_heads, head = i % j->kv_heads;
        float *s = j->state + i * j->d_k * j->d_v;
        for (size_t t = 0; t < j->length; t++) {
            const size_t token = b * j->length + t;
            update_state(j, s, j->wanted + i * j->d_v, token, head);
            for (size_t h = head * group; j->c->out[0] && h < (head + 1) * group; h++)
                read_state(j, s, token, h);
        }
    }
}

static lw_status run(lwi_call *c) {
    job j = {.c = c};
    LW_TRY(read_sizes(c, &j));
    const size_t heads = j.batch * j.kv_heads, count = heads * j.d_k * j.d_v;
    if ((!c->out[0] || c->out[0]->count == 0) && (!c->out[1] || c->out[1]->count == 0))
        return LW_OK;
    j.scale = lwi_attr_float(c->node, "scale", 0);
    if (j.scale == 0) j.scale = (float)(1 / sqrt((double)j.d_k));
    if (c->out[1]) j.state = c->out[1]->data;
    else LW_TRY(lwi_scratch(c, count, sizeof *j.state, &j.state));
    LW_TRY(lwi_scratch(c, heads * j.d_v, sizeof *j.wanted, &j.wanted));
    if (lwi_has(c, PAST)) memcpy(j.state, c->in[PAST]->data, count * sizeof *j.state);
    else if (count) memset(j.state, 0, count * sizeof *j.state);
    lwi_parallel(c, heads, 1, run_heads, &j);
    return LW_OK;
}

const lwi_op lwi_op_linear_attention = {.infer = infer, .run = run, .flags = LWI_WIDEN};
