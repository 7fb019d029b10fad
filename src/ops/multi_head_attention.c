/* SPDX-License-Identifier: MIT
 * com.microsoft.MultiHeadAttention and com.microsoft.Attention, as ONNX Runtime's CPU provider
 * computes them. They differ in where queries, keys and values come from: MultiHeadAttention gets
 * them (apart or packed together), Attention projects them from its input. */
#include "ops/attention_core.h"
#include "ops/attention_mask.h"
#include "ops/matrix_product.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Where the inputs that both have are. */
typedef struct places {
    size_t mask, bias; /* attention_bias: added to the scores */
} places;

typedef struct sizes {
    int64_t batch, heads, q_len, kv_len, past, head, v_head; /* kv_len: new ones only */
} sizes;

/* ------------------------------------------------------------ shared parts */

static int64_t head_count(const lwi_call *c) { return lwi_attr_int(c->node, "num_heads", 0); }

static lw_status need_division(const lwi_call *c, int64_t hidden) {
    const int64_t n = head_count(c);
    if (n > 0 && hidden > 0 && hidden % n == 0) return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "a hidden size of %lld is not for %lld heads",
                         (long long)hidden, (long long)n);
}

static lwi_attention start(const lwi_call *c, const sizes *s) {
    lwi_attention a = {
        .outside = -FLT_MAX,
        .dtype = LW_FLOAT32,
        .batch = (size_t)s->batch,
        .q_heads = (size_t)s->heads,
        .kv_heads = (size_t)s->heads,
        .q_len = (size_t)s->q_len,
        .kv_len = (size_t)(s->past + s->kv_len),
        .head = (size_t)s->head,
        .v_head = (size_t)s->v_head,
        .y = lwi_heads_packed(c->out[0], (size_t)s->heads),
        .left = -1,
        .right = -1,
        .scale = lwi_attr_float(c->node, "scale", 0),
    };
    if (a.scale == 0) a.scale = 1 / sqrt((double)s->head);
    return a;
}

static lw_status finish(lwi_call *c, const lwi_attention_engine *engine, const sizes *s,
                        const places *p, lwi_attention *a) {
    if (a->batch * a->q_heads * a->q_len == 0) return LW_OK;
    if (lwi_has(c, p->bias)) {
        LW_TRY(lwi_score_bias_of(c, a, c->in[p->bias], c->in[p->bias]->data, &a->bias[0]));
        a->n_bias = 1;
    }
    LW_TRY(lwi_padding_bias(c, p->mask, s->past, a));
    if (lwi_attr_int(c->node, "unidirectional", 0)) {
        int64_t *position = NULL;
        LW_TRY(lwi_scratch(c, a->batch, sizeof *position, &position));
        for (size_t b = 0; b < a->batch; b++)
            position[b] = s->past;
        a->position = position;
        a->right = 0;
    }
    return engine->attend(c, a);
}

/* The rows with a bias for each element of each head, in scratch memory: [batch, length, heads,
 * size]. */
static lw_status add_bias(lwi_call *c, const sizes *s, int64_t length, int64_t size,
                          const float *bias, lwi_heads *rows) {
    const size_t n = (size_t)size, heads = (size_t)s->heads, len = (size_t)length;
    float *to = NULL;
    LW_TRY(lwi_scratch(c, (size_t)s->batch * len * heads * n, sizeof *to, &to));
    for (size_t i = 0; i < (size_t)s->batch * len * heads; i++) {
        const size_t b = i / heads / len, t = i / heads % len, h = i % heads;
        const float *from =
            (const float *)rows->data + b * rows->batch + h * rows->head + t * rows->row;
        for (size_t d = 0; d < n; d++)
            to[i * n + d] = from[d] + bias[h * n + d];
    }
    *rows = (lwi_heads){to, len * heads * n, n, heads * n};
    return LW_OK;
}

/* Past and new rows together: in `present` if it is wanted (not NULL), else in scratch memory. */
static lw_status join(lwi_call *c, const sizes *s, int64_t size, const void *past, void *present,
                      lwi_heads *rows) {
    if (!past && !present) return LW_OK;
    const size_t total = (size_t)(s->past + s->kv_len), n = (size_t)size;
    const size_t heads = (size_t)s->heads;
    if (!present)
        LW_TRY(lwi_scratch(c, (size_t)s->batch * heads * total * n, sizeof(float), &present));
    const lwi_cache cache = {(size_t)s->batch, heads, n, (size_t)s->past, (size_t)s->kv_len, total,
                             sizeof(float)};
    lwi_cache_append(&cache, past, *rows, present);
    *rows = (lwi_heads){present, heads * total * n, total * n, n};
    return LW_OK;
}

static void *data_out(const lwi_call *c, size_t i) {
    return i < c->n_out && c->out[i] ? c->out[i]->data : NULL;
}

/* ------------------------------------------------------ MultiHeadAttention */

enum {
    M_QUERY,
    M_KEY,
    M_VALUE,
    M_BIAS,
    M_MASK,
    M_SCORE_BIAS,
    M_PAST_K,
    M_PAST_V,
    M_PAST_LEN,
    M_INDIRECTION
};

static lw_status check_packed(const lwi_call *c, size_t input, int64_t n) {
    const int64_t *d = c->in[input]->dims;
    if (d[2] == head_count(c) && d[3] == n) return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "packed input %zu is not for %lld heads of %lld parts", input,
                         (long long)head_count(c), (long long)n);
}

static lw_status key_sizes(const lwi_call *c, sizes *s) {
    const lw_value *k = c->in[M_KEY];
    LW_TRY(lwi_need_rank(c, M_KEY, 3, 5));
    const bool apart = k->rank == 4;
    s->kv_len = k->dims[apart ? 2 : 1];
    s->v_head = s->head;
    if (k->dims[0] != s->batch) return lwi_call_fail(c, LW_SHAPE, "key has another batch size");
    if (k->rank == 5) {
        LW_TRY(check_packed(c, M_KEY, 2));
        if (k->dims[4] == s->head && !lwi_has(c, M_VALUE)) return LW_OK;
        return lwi_call_fail(c, LW_SHAPE, "packed keys and values do not fit the queries");
    }
    if (!lwi_has(c, M_VALUE)) return lwi_call_fail(c, LW_INVALID, "value is missing");
    LW_TRY(lwi_need_rank(c, M_VALUE, k->rank, k->rank));
    const int64_t *v = c->in[M_VALUE]->dims;
    if (v[0] != s->batch || v[apart ? 2 : 1] != s->kv_len ||
        (apart ? k->dims[1] != s->heads || v[1] != s->heads || k->dims[3] != s->head
               : k->dims[2] != s->heads * s->head))
        return lwi_call_fail(c, LW_SHAPE, "the shapes of query, key and value do not fit together");
    if (!apart) LW_TRY(need_division(c, v[2]));
    s->v_head = apart ? v[3] : v[2] / s->heads;
    return LW_OK;
}

static lw_status past_sizes(const lwi_call *c, sizes *s) {
    if (lwi_has(c, M_PAST_LEN) || lwi_has(c, M_INDIRECTION))
        return lwi_call_fail(c, LW_UNSUPPORTED, "past and present cannot share a buffer");
    if (lwi_has(c, M_PAST_K) != lwi_has(c, M_PAST_V))
        return lwi_call_fail(c, LW_INVALID, "past_key and past_value must be given together");
    if (!lwi_has(c, M_PAST_K)) return LW_OK;
    LW_TRY(lwi_need_rank(c, M_PAST_K, 4, 4));
    LW_TRY(lwi_need_rank(c, M_PAST_V, 4, 4));
    const int64_t *k = c->in[M_PAST_K]->dims, *v = c->in[M_PAST_V]->dims;
    s->past = k[2];
    if (k[0] != s->batch || v[0] != s->batch || k[1] != s->heads || v[1] != s->heads ||
        v[2] != s->past || k[3] != s->head || v[3] != s->v_head)
        return lwi_call_fail(c, LW_SHAPE, "the past does not have the shape of the present");
    return LW_OK;
}

static lw_status mha_sizes(const lwi_call *c, sizes *s) {
    const lw_value *q = c->in[M_QUERY];
    if (q->rank != 3 && q->rank != 5)
        return lwi_call_fail(c, LW_SHAPE, "query has rank %d, expected 3 or 5", q->rank);
    *s = (sizes){.batch = q->dims[0], .heads = head_count(c), .q_len = q->dims[1]};
    if (q->rank == 5) {
        LW_TRY(check_packed(c, M_QUERY, 3));
        if (lwi_has(c, M_KEY) || lwi_has(c, M_VALUE))
            return lwi_call_fail(c, LW_INVALID, "key or value beside a packed query");
        s->kv_len = s->q_len;
        s->head = s->v_head = q->dims[4];
    } else {
        LW_TRY(need_division(c, q->dims[2]));
        s->head = q->dims[2] / s->heads;
        if (!lwi_has(c, M_KEY)) return lwi_call_fail(c, LW_INVALID, "key is missing");
        LW_TRY(key_sizes(c, s));
    }
    const int64_t bias = s->heads * (2 * s->head + s->v_head);
    if (lwi_has(c, M_BIAS) && (c->in[M_BIAS]->rank != 1 || c->in[M_BIAS]->dims[0] != bias))
        return lwi_call_fail(c, LW_SHAPE, "bias must have %lld elements", (long long)bias);
    return past_sizes(c, s);
}

static lw_status infer_mha(lwi_call *c) {
    sizes s = {0};
    LW_TRY(mha_sizes(c, &s));
    const lw_dtype dtype = c->in[0]->dtype;
    const int64_t total = s.past + s.kv_len;
    LW_TRY(lwi_out(c, 0, dtype, 3, (int64_t[]){s.batch, s.q_len, s.heads * s.v_head}));
    LW_TRY(lwi_out(c, 1, dtype, 4, (int64_t[]){s.batch, s.heads, total, s.head}));
    LW_TRY(lwi_out(c, 2, dtype, 4, (int64_t[]){s.batch, s.heads, total, s.v_head}));
    return lwi_out(c, 3, dtype, 4, (int64_t[]){s.batch, s.heads, s.q_len, total});
}

/* Part i of n in a tensor [batch, length, heads, n, size]. */
static lwi_heads packed_part(const lw_value *v, size_t i, size_t n) {
    const size_t size = (size_t)v->dims[4], row = (size_t)v->dims[2] * n * size;
    return (lwi_heads){(float *)v->data + (v->count ? i * size : 0), (size_t)v->dims[1] * row,
                       n * size, row};
}

static void find_heads(const lwi_call *c, const sizes *s, lwi_attention *a) {
    const lw_value *q = c->in[M_QUERY], *k = lwi_has(c, M_KEY) ? c->in[M_KEY] : NULL;
    const size_t heads = (size_t)s->heads;
    if (!k) {
        a->q = packed_part(q, 0, 3);
        a->k = packed_part(q, 1, 3);
        a->v = packed_part(q, 2, 3);
        return;
    }
    a->q = lwi_heads_packed(q, heads);
    if (k->rank == 5) {
        a->k = packed_part(k, 0, 2);
        a->v = packed_part(k, 1, 2);
    } else if (k->rank == 4) {
        a->k = lwi_heads_apart(k);
        a->v = lwi_heads_apart(c->in[M_VALUE]);
    } else {
        a->k = lwi_heads_packed(k, heads);
        a->v = lwi_heads_packed(c->in[M_VALUE], heads);
    }
}

lw_status lwi_multi_head_attention_run(lwi_call *c, const lwi_attention_engine *engine) {
    sizes s = {0};
    LW_TRY(mha_sizes(c, &s));
    lwi_attention a = start(c, &s);
    find_heads(c, &s, &a);
    if (lwi_has(c, M_BIAS)) {
        const float *bias = c->in[M_BIAS]->data;
        LW_TRY(add_bias(c, &s, s.q_len, s.head, bias, &a.q));
        /* Keys of an encoder, kept as [batch, heads, ...], have had their bias before. */
        if (!lwi_has(c, M_KEY) || c->in[M_KEY]->rank != 4) {
            LW_TRY(add_bias(c, &s, s.kv_len, s.head, bias + s.heads * s.head, &a.k));
            LW_TRY(add_bias(c, &s, s.kv_len, s.v_head, bias + 2 * s.heads * s.head, &a.v));
        }
    }
    const bool past = lwi_has(c, M_PAST_K);
    LW_TRY(join(c, &s, s.head, past ? c->in[M_PAST_K]->data : NULL, data_out(c, 1), &a.k));
    LW_TRY(join(c, &s, s.v_head, past ? c->in[M_PAST_V]->data : NULL, data_out(c, 2), &a.v));
    a.scores = data_out(c, 3);
    a.stage = LWI_SCORES_BIASED;
    return finish(c, engine, &s, &(places){M_MASK, M_SCORE_BIAS}, &a);
}

/* --------------------------------------------------------------- Attention */

enum { A_INPUT, A_WEIGHTS, A_BIAS, A_MASK, A_PAST, A_SCORE_BIAS, A_PAST_LEN };

static lw_status attention_sizes(const lwi_call *c, sizes *s, int64_t *width) {
    LW_TRY(lwi_need_rank(c, A_INPUT, 3, 3));
    LW_TRY(lwi_need_rank(c, A_WEIGHTS, 2, 2));
    const int64_t *x = c->in[A_INPUT]->dims, *w = c->in[A_WEIGHTS]->dims;
    size_t n = 0;
    const int64_t *hidden = lwi_attr_ints(c->node, "qkv_hidden_sizes", &n);
    int64_t q = w[1] / 3, v = w[1] / 3;
    if (n == 3 && hidden[0] == hidden[1] && hidden[0] >= 0 && hidden[0] <= w[1]) {
        q = hidden[0];
        v = hidden[2];
    }
    if ((n && n != 3) || v < 0 || v > w[1] || 2 * q + v != w[1] || w[0] != x[2])
        return lwi_call_fail(c, LW_SHAPE, "weights of [%lld,%lld] do not fit", (long long)w[0],
                             (long long)w[1]);
    LW_TRY(need_division(c, q));
    LW_TRY(need_division(c, v));
    if (lwi_attr_int(c->node, "do_rotary", 0) || lwi_has(c, A_PAST_LEN) ||
        lwi_attr_int(c->node, "past_present_share_buffer", 0))
        return lwi_call_fail(c, LW_UNSUPPORTED, "rotation and shared buffers are not supported");
    *s = (sizes){.batch = x[0], .heads = head_count(c), .q_len = x[1], .kv_len = x[1]};
    s->head = q / s->heads;
    s->v_head = v / s->heads;
    *width = w[1];
    if (lwi_has(c, A_BIAS) && (c->in[A_BIAS]->rank != 1 || c->in[A_BIAS]->dims[0] != w[1]))
        return lwi_call_fail(c, LW_SHAPE, "bias must have %lld elements", (long long)w[1]);
    if (!lwi_has(c, A_PAST)) return LW_OK;
    LW_TRY(lwi_need_rank(c, A_PAST, 5, 5));
    const int64_t *p = c->in[A_PAST]->dims;
    s->past = p[3];
    if (p[0] == 2 && p[1] == s->batch && p[2] == s->heads && p[4] == s->head && q == v)
        return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "the past does not have the shape of the present");
}

static lw_status infer_attention(lwi_call *c) {
    sizes s = {0};
    int64_t width = 0;
    LW_TRY(attention_sizes(c, &s, &width));
    const lw_dtype dtype = c->in[0]->dtype;
    LW_TRY(lwi_out(c, 0, dtype, 3, (int64_t[]){s.batch, s.q_len, s.heads * s.v_head}));
    if (c->n_out > 1 && c->out[1] && s.head != s.v_head)
        return lwi_call_fail(c, LW_INVALID, "present needs keys and values of the same size");
    return lwi_out(c, 1, dtype, 5, (int64_t[]){2, s.batch, s.heads, s.past + s.kv_len, s.head});
}

typedef struct projection {
    const lwi_call *c;
    float *y;
    size_t width;
} projection;

static void projection_operands(const void *arg, size_t product, lwi_operands *o) {
    const projection *p = arg;
    (void)product;
    o->a = (lwi_matrix){p->c->in[A_INPUT]->data, (size_t)p->c->in[A_INPUT]->dims[2], 1};
    o->b = (lwi_matrix){p->c->in[A_WEIGHTS]->data, p->width, 1};
    o->y = p->y;
    o->y_row = p->width;
}

static lw_status project(lwi_call *c, const lwi_tile *tile, const sizes *s, size_t width,
                         float **y) {
    projection p = {.c = c, .width = width};
    const size_t rows = (size_t)(s->batch * s->q_len), k = (size_t)c->in[A_INPUT]->dims[2];
    LW_TRY(lwi_scratch(c, rows, width * sizeof *p.y, &p.y));
    *y = p.y;
    if (k == 0) {
        memset(p.y, 0, rows * width * sizeof *p.y);
        return LW_OK;
    }
    const lwi_product product = {.dtype = LW_FLOAT32,
                                 .m = rows,
                                 .n = width,
                                 .k = k,
                                 .batch = 1,
                                 .arg = &p,
                                 .operands = projection_operands};
    return lwi_multiply(c, &product, tile);
}

lw_status lwi_ms_attention_run(lwi_call *c, const lwi_attention_engine *engine) {
    sizes s = {0};
    int64_t width = 0;
    float *qkv = NULL;
    LW_TRY(attention_sizes(c, &s, &width));
    if (c->out[0]->count == 0 && !data_out(c, 1)) return LW_OK;
    LW_TRY(project(c, engine->tile, &s, (size_t)width, &qkv));
    if (lwi_has(c, A_BIAS)) {
        const float *bias = c->in[A_BIAS]->data;
        for (int64_t i = 0; i < s.batch * s.q_len; i++)
            for (int64_t d = 0; d < width; d++)
                qkv[i * width + d] += bias[d];
    }
    lwi_attention a = start(c, &s);
    const size_t hidden = (size_t)(s.heads * s.head), row = (size_t)width;
    const size_t batch = (size_t)s.q_len * row;
    a.q = (lwi_heads){qkv, batch, (size_t)s.head, row};
    a.k = (lwi_heads){qkv + hidden, batch, (size_t)s.head, row};
    a.v = (lwi_heads){qkv + 2 * hidden, batch, (size_t)s.v_head, row};
    const float *past = lwi_has(c, A_PAST) ? c->in[A_PAST]->data : NULL;
    float *present = data_out(c, 1);
    const size_t old = (size_t)(s.batch * s.heads * s.past * s.head);
    const size_t total = (size_t)(s.batch * s.heads * (s.past + s.kv_len) * s.head);
    LW_TRY(join(c, &s, s.head, past, present, &a.k));
    LW_TRY(join(c, &s, s.v_head, past ? past + old : NULL, present ? present + total : NULL, &a.v));
    return finish(c, engine, &s, &(places){A_MASK, A_SCORE_BIAS}, &a);
}

static lw_status run_mha(lwi_call *c) {
    return lwi_multi_head_attention_run(c, &lwi_attention_plain);
}
static lw_status run_attention(lwi_call *c) {
    return lwi_ms_attention_run(c, &lwi_attention_plain);
}

const lwi_op lwi_op_multi_head_attention = {.infer = infer_mha, .run = run_mha, .flags = LWI_WIDEN};
const lwi_op lwi_op_ms_attention = {
    .infer = infer_attention, .run = run_attention, .flags = LWI_WIDEN};
