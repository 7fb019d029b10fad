/* SPDX-License-Identifier: MIT
 * com.microsoft.GroupQueryAttention, as ONNX Runtime's CPU provider computes it: queries, keys and
 * values of new tokens are normalised and rotated, appended to a cache, and attended to. */
#include "ops/attention_core.h"
#include "ops/rotary.h"

#include <math.h>
#include <string.h>

enum {
    QUERY,
    KEY,
    VALUE,
    PAST_K,
    PAST_V,
    LENGTHS,
    TOTAL,
    COSINES,
    SINES,
    POSITIONS,
    BIAS,
    SINK,
    K_SCALE,
    V_SCALE,
    Q_NORM,
    K_NORM,
    NEW
};

typedef struct sizes {
    int64_t batch, length, heads, kv_heads, head;
    int64_t total, past, capacity; /* the longest sequence, rows of past and of present */
    bool packed;
} sizes;

static lw_status check_features(const lwi_call *c) {
    const char *k = lwi_attr_string(c->node, "k_quant_type", "NONE");
    const char *v = lwi_attr_string(c->node, "v_quant_type", "NONE");
    if (strcmp(k, "NONE") || strcmp(v, "NONE") || lwi_has(c, K_SCALE) || lwi_has(c, V_SCALE))
        return lwi_call_fail(c, LW_UNSUPPORTED, "quantised caches are not supported");
    if (lwi_attr_int(c->node, "sliding_window_cache", 0))
        return lwi_call_fail(c, LW_UNSUPPORTED, "sliding_window_cache is not supported");
    if (lwi_has(c, KEY) != lwi_has(c, VALUE) || lwi_has(c, PAST_K) != lwi_has(c, PAST_V) ||
        lwi_has(c, Q_NORM) != lwi_has(c, K_NORM))
        return lwi_call_fail(c, LW_INVALID, "key, past or norm is given without its counterpart");
    if (lwi_attr_int(c->node, "do_rotary", 0) && (!lwi_has(c, COSINES) || !lwi_has(c, SINES)))
        return lwi_call_fail(c, LW_INVALID, "do_rotary needs cos_cache and sin_cache");
    return LW_OK;
}

static lw_status read_heads(const lwi_call *c, sizes *s) {
    LW_TRY(lwi_need_rank(c, QUERY, 3, 3));
    const int64_t *q = c->in[QUERY]->dims;
    s->batch = q[0];
    s->length = q[1];
    s->heads = lwi_attr_int(c->node, "num_heads", 0);
    s->kv_heads = lwi_attr_int(c->node, "kv_num_heads", 0);
    s->packed = !lwi_has(c, KEY);
    if (s->heads <= 0 || s->kv_heads <= 0 || s->heads > INT32_MAX || s->kv_heads > INT32_MAX ||
        s->heads % s->kv_heads)
        return lwi_call_fail(c, LW_INVALID, "%lld query heads cannot share %lld key heads",
                             (long long)s->heads, (long long)s->kv_heads);
    const int64_t parts = s->heads + (s->packed ? 2 * s->kv_heads : 0);
    if (q[2] == 0 || q[2] % parts)
        return lwi_call_fail(c, LW_SHAPE, "a hidden size of %lld is not for %lld heads",
                             (long long)q[2], (long long)parts);
    s->head = q[2] / parts;
    return LW_OK;
}

static lw_status check_inputs(const lwi_call *c, const sizes *s) {
    LW_TRY(check_features(c));
    const int64_t kv[3] = {s->batch, s->length, s->kv_heads * s->head};
    LW_TRY(lwi_need_shape(c, KEY, 3, kv));
    LW_TRY(lwi_need_shape(c, VALUE, 3, kv));
    LW_TRY(lwi_need_shape(c, Q_NORM, 1, &s->head));
    LW_TRY(lwi_need_shape(c, K_NORM, 1, &s->head));
    LW_TRY(lwi_need_shape(c, SINK, 1, &s->heads));
    LW_TRY(lwi_need_shape(c, NEW, 1, &s->batch));
    if (c->in[LENGTHS]->count != (size_t)s->batch)
        return lwi_call_fail(c, LW_SHAPE, "seqlens_k must have %lld elements", (long long)s->batch);
    return LW_OK;
}

/* What depends on the number of tokens, which is data. */
static lw_status read_cache_sizes(const lwi_call *c, sizes *s) {
    LW_TRY(lwi_in_int(c, TOTAL, &s->total));
    if (s->total < 0)
        return lwi_call_fail(c, LW_RANGE, "total_sequence_length is %lld", (long long)s->total);
    s->past = 0;
    if (lwi_has(c, PAST_K)) {
        LW_TRY(lwi_need_rank(c, PAST_K, 4, 4));
        s->past = c->in[PAST_K]->dims[2];
        const int64_t past[4] = {s->batch, s->kv_heads, s->past, s->head};
        LW_TRY(lwi_need_shape(c, PAST_K, 4, past));
        LW_TRY(lwi_need_shape(c, PAST_V, 4, past));
    }
    s->capacity = s->past > s->total ? s->past : s->total;
    size_t count, bytes;
    const int64_t cache[4] = {s->batch, s->kv_heads, s->capacity, s->head};
    return lwi_shape_bytes(LW_FLOAT32, 4, cache, &count, &bytes);
}

static lw_status infer(lwi_call *c) {
    sizes s = {0};
    LW_TRY(read_heads(c, &s));
    LW_TRY(check_inputs(c, &s));
    const lw_dtype dtype = c->in[0]->dtype;
    LW_TRY(lwi_out(c, 0, dtype, 3, (int64_t[]){s.batch, s.length, s.heads * s.head}));
    LW_TRY(read_cache_sizes(c, &s));
    const int64_t cache[4] = {s.batch, s.kv_heads, s.capacity, s.head};
    LW_TRY(lwi_out(c, 1, dtype, 4, cache));
    LW_TRY(lwi_out(c, 2, dtype, 4, cache));
    return lwi_out(c, 3, dtype, 4, (int64_t[]){s.batch, s.heads, s.length, s.total});
}

/* ------------------------------------------------------------- new tokens */

typedef struct job {
    lwi_call *c;
    sizes s;
    int64_t *begin, *end, *count; /* of each sequence: tokens before, after, and new ones */
} job;

/* A first prompt may be padded at the right: all its tokens are taken as new. */
static lw_status place_tokens(job *j) {
    lwi_call *c = j->c;
    const size_t batch = (size_t)j->s.batch;
    LW_TRY(lwi_scratch(c, batch * 3, sizeof *j->begin, &j->begin));
    j->end = j->begin + batch;
    j->count = j->end + batch;
    for (size_t b = 0; b < batch; b++) {
        j->end[b] = lwi_get_int(c->in[LENGTHS], b) + 1;
        j->count[b] = lwi_has(c, NEW) ? lwi_get_int(c->in[NEW], b) : j->s.length;
        const bool prompt = !lwi_has(c, NEW) && j->s.length == j->s.total;
        if (j->count[b] < 0 || j->count[b] > j->s.length || j->end[b] < 0 || j->end[b] > j->s.total)
            return lwi_call_fail(c, LW_RANGE, "sequence %zu has %lld new tokens of %lld", b,
                                 (long long)j->count[b], (long long)j->end[b]);
        j->begin[b] = prompt ? 0 : j->end[b] - j->count[b];
        if (j->begin[b] < 0 || j->begin[b] > (prompt ? 0 : j->s.past))
            return lwi_call_fail(c, LW_RANGE, "sequence %zu needs %lld tokens of a past of %lld", b,
                                 (long long)j->begin[b], (long long)j->s.past);
    }
    return LW_OK;
}

/* RMS normalisation of one head (Zhang and Sennrich 2019, arXiv 1910.07467). */
static void normalise(float *x, const float *weight, size_t n, double epsilon) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * x[i];
    const float factor = (float)(1 / sqrt(sum / (double)n + epsilon));
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] * factor * weight[i];
}

typedef struct turn {
    const job *j;
    lwi_heads from;
    float *to; /* [batch, heads, length, size] */
    size_t heads;
    const float *norm; /* or NULL */
    double epsilon;
    bool rotary;
    lwi_rotation rotation;
} turn;

static lw_status position_of(const job *j, size_t b, size_t t, size_t rows, size_t *row) {
    const lwi_call *c = j->c;
    int64_t at = j->begin[b] + (int64_t)t;
    if (lwi_has(c, POSITIONS)) {
        const lw_value *p = c->in[POSITIONS];
        const size_t i = b * (size_t)j->s.length + t;
        at = p->count > i ? lwi_get_int(p, i) : p->count ? lwi_get_int(p, 0) + (int64_t)t : at;
    }
    if (at < 0 || (uint64_t)at >= rows)
        return lwi_call_fail(c, LW_RANGE, "position %lld is not in caches of %zu rows",
                             (long long)at, rows);
    *row = (size_t)at;
    return LW_OK;
}

/* All heads of one token. */
static lw_status turn_token(const turn *t, size_t b, size_t i) {
    const lwi_call *c = t->j->c;
    const size_t n = (size_t)t->j->s.head, length = (size_t)t->j->s.length;
    size_t row = 0;
    if (t->rotary && (int64_t)i < t->j->count[b])
        LW_TRY(position_of(t->j, b, i, (size_t)c->in[COSINES]->dims[0], &row));
    for (size_t h = 0; h < t->heads; h++) {
        float *to = t->to + ((b * t->heads + h) * length + i) * n;
        memcpy(to, (float *)t->from.data + b * t->from.batch + h * t->from.head + i * t->from.row,
               n * sizeof *to);
        if (t->norm) normalise(to, t->norm, n, t->epsilon);
        if (t->rotary)
            lwi_rotate(&t->rotation, to,
                       (const float *)c->in[COSINES]->data + row * t->rotation.half,
                       (const float *)c->in[SINES]->data + row * t->rotation.half, to);
    }
    return LW_OK;
}

/* Rows normalised and rotated, in scratch memory; the rows themselves if there is nothing to do. */
static lw_status turn_rows(const job *j, size_t heads, size_t norm, const char *epsilon,
                           lwi_heads *rows) {
    lwi_call *c = j->c;
    const sizes *s = &j->s;
    turn t = {.j = j, .from = *rows, .heads = heads};
    t.rotary = lwi_attr_int(c->node, "do_rotary", 0) != 0;
    t.norm = lwi_has(c, norm) ? c->in[norm]->data : NULL;
    t.epsilon = lwi_attr_float(c->node, epsilon, lwi_attr_float(c->node, "qk_norm_epsilon", 1e-6f));
    if (!t.rotary && !t.norm) return LW_OK;
    if (t.rotary) {
        LW_TRY(lwi_need_rank(c, COSINES, 2, 2));
        LW_TRY(lwi_need_shape(c, SINES, 2, c->in[COSINES]->dims));
        t.rotation = (lwi_rotation){(size_t)s->head, (size_t)c->in[COSINES]->dims[1],
                                    lwi_attr_int(c->node, "rotary_interleaved", 0) != 0};
        if (t.rotation.half > t.rotation.n / 2)
            return lwi_call_fail(c, LW_SHAPE, "%zu angles for heads of %zu elements",
                                 t.rotation.half, t.rotation.n);
    }
    const size_t length = (size_t)s->length, n = (size_t)s->head;
    LW_TRY(lwi_scratch(c, (size_t)s->batch * heads * length * n, sizeof *t.to, &t.to));
    for (size_t b = 0; b < (size_t)s->batch; b++)
        for (size_t i = 0; i < length; i++)
            LW_TRY(turn_token(&t, b, i));
    *rows = (lwi_heads){t.to, heads * length * n, length * n, n};
    return LW_OK;
}

/* ------------------------------------------------------------------ cache */

/* Writes the past and the new tokens into output i, or scratch memory if it is not wanted. */
static lw_status fill_cache(const job *j, size_t i, lwi_heads *rows) {
    lwi_call *c = j->c;
    const sizes *s = &j->s;
    const size_t n = (size_t)s->head, room = (size_t)s->capacity * n, past = (size_t)s->past * n;
    const size_t heads = (size_t)s->kv_heads;
    float *cache = i < c->n_out && c->out[i] ? c->out[i]->data : NULL;
    if (!cache) LW_TRY(lwi_scratch(c, (size_t)s->batch * heads * room, sizeof *cache, &cache));
    for (size_t k = 0; k < (size_t)s->batch * heads && room; k++) {
        const size_t b = k / heads;
        float *to = cache + k * room;
        const size_t old = (size_t)j->begin[b] * n;
        if (old)
            memcpy(to, (const float *)c->in[i == 1 ? PAST_K : PAST_V]->data + k * past,
                   old * sizeof *to);
        memset(to + old, 0, (room - old) * sizeof *to);
        const float *from = (const float *)rows->data + b * rows->batch + k % heads * rows->head;
        for (int64_t t = 0; t < j->count[b]; t++)
            memcpy(to + (size_t)(j->begin[b] + t) * n, from + (size_t)t * rows->row,
                   n * sizeof *to);
    }
    *rows = (lwi_heads){cache, heads * room, room, n};
    return LW_OK;
}

/* -------------------------------------------------------------- attention */

static void find_heads(const lwi_call *c, const sizes *s, lwi_attention *a) {
    const size_t heads = (size_t)s->heads, kv_heads = (size_t)s->kv_heads, n = (size_t)s->head;
    const lw_value *q = c->in[QUERY];
    a->q = lwi_heads_packed(q, heads + (s->packed ? 2 * kv_heads : 0));
    if (s->packed) {
        a->k = a->v = a->q;
        if (q->count == 0) return;
        a->k.data = (float *)q->data + heads * n;
        a->v.data = (float *)q->data + (heads + kv_heads) * n;
    } else {
        a->k = lwi_heads_packed(c->in[KEY], kv_heads);
        a->v = lwi_heads_packed(c->in[VALUE], kv_heads);
    }
}

static lw_status find_sink(lwi_call *c, lwi_attention *a) {
    if (lwi_has(c, SINK)) {
        a->sink = c->in[SINK]->data;
    } else if (lwi_attr_int(c->node, "smooth_softmax", 0) > 0) {
        float *zero = NULL;
        LW_TRY(lwi_scratch(c, a->q_heads, sizeof *zero, &zero));
        memset(zero, 0, a->q_heads * sizeof *zero);
        a->sink = zero;
    }
    return LW_OK;
}

lw_status lwi_group_query_attention_run(lwi_call *c, const lwi_attention_engine *engine) {
    job j = {.c = c};
    LW_TRY(read_heads(c, &j.s));
    LW_TRY(read_cache_sizes(c, &j.s));
    LW_TRY(place_tokens(&j));
    const sizes *s = &j.s;
    const int64_t window = lwi_attr_int(c->node, "local_window_size", -1);
    const int64_t stage = lwi_attr_int(c->node, "qk_output", 0);
    lwi_attention a = {
        .outside = -INFINITY,
        .dtype = LW_FLOAT32,
        .batch = (size_t)s->batch,
        .q_heads = (size_t)s->heads,
        .kv_heads = (size_t)s->kv_heads,
        .q_len = (size_t)s->length,
        .kv_len = (size_t)s->total,
        .head = (size_t)s->head,
        .v_head = (size_t)s->head,
        .y = lwi_heads_packed(c->out[0], (size_t)s->heads),
        .scale = lwi_attr_float(c->node, "scale", 0),
        .softcap = lwi_attr_float(c->node, "softcap", 0),
        .position = j.begin,
        .keys = j.end,
        .left = window > 0 && window <= INT32_MAX ? window - 1 : -1,
        .right = lwi_attr_int(c->node, "causal", 1) ? 0 : -1,
        .scores = c->n_out > 3 && c->out[3] ? c->out[3]->data : NULL,
        .stage = stage == 1 ? LWI_SCORES_BIASED : LWI_SCORES_SOFTMAX,
    };
    if (a.scale == 0) a.scale = 1 / sqrt((double)s->head);
    find_heads(c, s, &a);
    LW_TRY(turn_rows(&j, a.q_heads, Q_NORM, "q_norm_epsilon", &a.q));
    LW_TRY(turn_rows(&j, a.kv_heads, K_NORM, "k_norm_epsilon", &a.k));
    LW_TRY(fill_cache(&j, 1, &a.k));
    LW_TRY(fill_cache(&j, 2, &a.v));
    if (c->out[0]->count == 0) return LW_OK;
    LW_TRY(find_sink(c, &a));
    if (lwi_has(c, BIAS)) {
        LW_TRY(lwi_score_bias_of(c, &a, c->in[BIAS], c->in[BIAS]->data, &a.bias[0]));
        a.n_bias = 1;
    }
    return engine->attend(c, &a);
}

static lw_status run(lwi_call *c) { return lwi_group_query_attention_run(c, &lwi_attention_plain); }

const lwi_op lwi_op_group_query_attention = {.infer = infer, .run = run, .flags = LWI_WIDEN};
