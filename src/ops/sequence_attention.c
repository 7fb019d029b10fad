/* SPDX-License-Identifier: MIT
 * SequenceAttention: the sequences are found, queries and keys are turned, and each sequence is an
 * attention by itself. */
#include "ops/sequence_attention.h"

#include "base/checked.h"
#include "ops/rotary.h"
#include "ops/token_heads.h"

#include <math.h>

enum { Q, K, V, SEQUENCES, COSINES, SINES, BIAS };

typedef struct sizes {
    size_t tokens, heads, kv_heads, key, value; /* key, value: elements of a head */
    size_t half;                                /* pairs that are turned; 0: none */
    size_t reach;                               /* of the biases */
} sizes;

/* Biases of distances from -reach to reach, of which the outermost hold for all beyond. */
static lw_status read_reach(const lwi_call *c, sizes *s) {
    LW_TRY(lwi_need_rank(c, BIAS, 2, 2));
    const int64_t *dims = c->in[BIAS]->dims;
    s->reach = (size_t)dims[1] / 2;
    if ((size_t)dims[0] == s->heads && dims[1] % 2 == 1) return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "biases [%lld, %lld] are not for %zu heads",
                         (long long)dims[0], (long long)dims[1], s->heads);
}

static lw_status read_sizes(const lwi_call *c, sizes *s) {
    lwi_token_heads h;
    LW_TRY(lwi_token_heads_read(c, &h));
    *s = (sizes){.tokens = h.tokens,
                 .heads = h.heads,
                 .kv_heads = h.kv_heads,
                 .key = h.key,
                 .value = h.value};
    const int64_t tokens = (int64_t)s->tokens;
    LW_TRY(lwi_need_shape(c, SEQUENCES, 1, &tokens));
    if (lwi_has(c, BIAS)) LW_TRY(read_reach(c, s));
    if (!lwi_has(c, COSINES)) return LW_OK;
    LW_TRY(lwi_need_rank(c, COSINES, 2, 2));
    LW_TRY(lwi_need_shape(c, SINES, 2, c->in[COSINES]->dims));
    s->half = (size_t)c->in[COSINES]->dims[1];
    if (c->in[COSINES]->dims[0] != tokens || 2 * s->half > s->key)
        return lwi_call_fail(c, LW_SHAPE, "the angles do not fit %zu tokens with heads of %zu",
                             s->tokens, s->key);
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    sizes s;
    LW_TRY(read_sizes(c, &s));
    const int64_t dims[2] = {(int64_t)s.tokens, (int64_t)(s.heads * s.value)};
    return lwi_out(c, 0, c->in[Q]->dtype, 2, dims);
}

/* -------------------------------------------------------------------- turning */

typedef struct turning {
    const float *x, *cosines, *sines;
    float *y;
    size_t heads;
    lwi_rotation rotation;
} turning;

static void turn_tokens(void *arg, size_t begin, size_t end) {
    const turning *t = arg;
    const size_t half = t->rotation.half;
    for (size_t i = begin; i < end; i++)
        for (size_t h = 0; h < t->heads; h++) {
            const size_t at = (i * t->heads + h) * t->rotation.n;
            lwi_rotate(&t->rotation, t->x + at, t->cosines + i * half, t->sines + i * half,
                       t->y + at);
        }
}

/* The rows of queries or keys as attention wants them: turned copies, or as they are. */
static lw_status turn(lwi_call *c, const sizes *s, size_t input, size_t heads, float **rows) {
    *rows = c->in[input]->data;
    if (s->half == 0) return LW_OK;
    turning t = {.x = *rows,
                 .cosines = c->in[COSINES]->data,
                 .sines = c->in[SINES]->data,
                 .heads = heads,
                 .rotation = {.n = s->key,
                              .half = s->half,
                              .interleaved = lwi_attr_int(c->node, "interleaved", 0) != 0}};
    LW_TRY(lwi_scratch(c, c->in[input]->count, sizeof *t.y, &t.y));
    lwi_parallel(c, s->tokens, 1 + 16384 / (heads * s->key + 1), turn_tokens, &t);
    *rows = t.y;
    return LW_OK;
}

/* --------------------------------------------------------------------- biases */

typedef struct spreading {
    const float *table;
    float *bias; /* [heads, n, n] */
    size_t n, reach;
} spreading;

static void spread_rows(void *arg, size_t begin, size_t end) {
    const spreading *t = arg;
    for (size_t r = begin; r < end; r++) {
        const size_t i = r % t->n;
        const float *row = t->table + r / t->n * (2 * t->reach + 1);
        for (size_t j = 0; j < t->n; j++) {
            const size_t apart = j > i ? j - i : i - j, near = apart < t->reach ? apart : t->reach;
            t->bias[r * t->n + j] = row[j > i ? t->reach + near : t->reach - near];
        }
    }
}

/* The biases of one sequence, by query and key. */
static void spread_bias(lwi_call *c, const sizes *s, float *room, lwi_attention *a) {
    const size_t n = a->q_len;
    spreading t = {c->in[BIAS]->data, room, n, s->reach};
    lwi_parallel(c, s->heads * n, 1 + 16384 / n, spread_rows, &t);
    a->bias[0] = (lwi_score_bias){.data = room, .strides = {0, n * n, n, 1}, .keys = n};
    a->n_bias = 1;
}

/* ------------------------------------------------------------------------ run */

static lwi_attention describe(const lwi_call *c, const sizes *s) {
    const int64_t window = lwi_attr_int(c->node, "window", 0);
    return (lwi_attention){.dtype = LW_FLOAT32,
                           .batch = 1,
                           .q_heads = s->heads,
                           .kv_heads = s->kv_heads,
                           .head = s->key,
                           .v_head = s->value,
                           .scale = lwi_attr_float(c->node, "scale", 1 / sqrtf((float)s->key)),
                           .softcap = lwi_attr_float(c->node, "softcap", 0),
                           .left = window > 0 ? window : -1,
                           .right = window > 0 ? window : -1,
                           .outside = -INFINITY};
}

/* Rows of `heads` heads from token `first` on. */
static lwi_heads rows_from(float *data, size_t first, size_t heads, size_t size) {
    return (lwi_heads){.data = data + first * heads * size, .head = size, .row = heads * size};
}

static size_t sequence_end(const int32_t *sequences, size_t first, size_t tokens) {
    size_t end = first + 1;
    while (end < tokens && sequences[end] == sequences[first])
        end++;
    return end;
}

/* Room for the biases of the longest sequence. */
static lw_status bias_room(lwi_call *c, const sizes *s, float **room) {
    const int32_t *sequences = c->in[SEQUENCES]->data;
    size_t longest = 0, count = 0;
    if (!lwi_has(c, BIAS)) return LW_OK;
    for (size_t first = 0, end; first < s->tokens; first = end) {
        end = sequence_end(sequences, first, s->tokens);
        if (end - first > longest) longest = end - first;
    }
    if (!lwi_mul_size(longest, longest, &count) || !lwi_mul_size(count, s->heads, &count))
        return lwi_call_fail(c, LW_LIMIT, "biases of %zu tokens are too many", longest);
    return lwi_scratch(c, count, sizeof **room, room);
}

lw_status lwi_sequence_attention_run(lwi_call *c, const lwi_attention_engine *engine) {
    sizes s;
    float *q = NULL, *k = NULL, *bias = NULL;
    LW_TRY(read_sizes(c, &s));
    LW_TRY(turn(c, &s, Q, s.heads, &q));
    LW_TRY(turn(c, &s, K, s.kv_heads, &k));
    LW_TRY(bias_room(c, &s, &bias));
    const int32_t *sequences = c->in[SEQUENCES]->data;
    lwi_attention a = describe(c, &s);
    for (size_t first = 0, end; first < s.tokens; first = end) {
        end = sequence_end(sequences, first, s.tokens);
        a.q_len = a.kv_len = end - first;
        a.q = rows_from(q, first, s.heads, s.key);
        a.k = rows_from(k, first, s.kv_heads, s.key);
        a.v = rows_from(c->in[V]->data, first, s.kv_heads, s.value);
        a.y = rows_from(c->out[0]->data, first, s.heads, s.value);
        if (bias) spread_bias(c, &s, bias, &a);
        LW_TRY(engine->attend(c, &a));
    }
    return LW_OK;
}

static lw_status run(lwi_call *c) { return lwi_sequence_attention_run(c, &lwi_attention_plain); }

const lwi_op lwi_op_sequence_attention = {.infer = infer, .run = run};
