/* SPDX-License-Identifier: MIT
 * Attention (ONNX 25). */
#include "ops/attention_core.h"

#include <math.h>

enum { Q, K, V, MASK, PAST_K, PAST_V, LENGTHS };

/* Sizes of a tensor of heads, [batch, heads, length, size] or [batch, length, heads * size]. */
typedef struct part {
    int64_t batch, heads, length, size;
} part;

static lw_status read_part(const lwi_call *c, size_t input, const char *heads, part *p) {
    LW_TRY(lwi_need_rank(c, input, c->in[Q]->rank, c->in[Q]->rank));
    const int64_t *d = c->in[input]->dims;
    if (c->in[input]->rank == 4) {
        *p = (part){d[0], d[1], d[2], d[3]};
        return LW_OK;
    }
    const int64_t n = lwi_attr_int(c->node, heads, 0);
    if (n <= 0 || d[2] == 0 || d[2] % n)
        return lwi_call_fail(c, LW_INVALID, "%s is %lld for a hidden size of %lld", heads,
                             (long long)n, (long long)d[2]);
    *p = (part){d[0], n, d[1], d[2] / n};
    return LW_OK;
}

/* Adds the past to the length of a key or value. */
static lw_status add_past(const lwi_call *c, size_t input, part *p) {
    if (!lwi_has(c, input)) return LW_OK;
    LW_TRY(lwi_need_rank(c, input, 4, 4));
    const int64_t *d = c->in[input]->dims;
    if (d[0] != p->batch || d[1] != p->heads || d[3] != p->size)
        return lwi_call_fail(c, LW_SHAPE, "the past does not have the shape of the present");
    p->length += d[2];
    return LW_OK;
}

static lw_status read_parts(const lwi_call *c, part *q, part *k, part *v) {
    LW_TRY(lwi_need_rank(c, Q, 3, 4));
    LW_TRY(read_part(c, Q, "q_num_heads", q));
    LW_TRY(read_part(c, K, "kv_num_heads", k));
    LW_TRY(read_part(c, V, "kv_num_heads", v));
    if (lwi_has(c, PAST_K) != lwi_has(c, PAST_V))
        return lwi_call_fail(c, LW_INVALID, "past_key and past_value must be given together");
    if (lwi_has(c, LENGTHS) && lwi_has(c, PAST_K))
        return lwi_call_fail(c, LW_INVALID, "nonpad_kv_seqlen cannot be combined with a past");
    LW_TRY(add_past(c, PAST_K, k));
    LW_TRY(add_past(c, PAST_V, v));
    if (q->batch != k->batch || k->batch != v->batch || k->length != v->length ||
        q->size != k->size || k->heads != v->heads)
        return lwi_call_fail(c, LW_SHAPE, "the shapes of Q, K and V do not fit together");
    if (k->heads == 0 || q->heads % k->heads)
        return lwi_call_fail(c, LW_SHAPE, "%lld query heads cannot share %lld key heads",
                             (long long)q->heads, (long long)k->heads);
    if (lwi_has(c, LENGTHS) && (c->in[LENGTHS]->rank != 1 || c->in[LENGTHS]->dims[0] != q->batch))
        return lwi_call_fail(c, LW_SHAPE, "nonpad_kv_seqlen must have %lld elements",
                             (long long)q->batch);
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    part q = {0}, k = {0}, v = {0};
    LW_TRY(read_parts(c, &q, &k, &v));
    const int64_t mode = lwi_attr_int(c->node, "qk_matmul_output_mode", 0);
    if (mode < LWI_SCORES_RAW || mode > LWI_SCORES_SOFTMAX)
        return lwi_call_fail(c, LW_INVALID, "qk_matmul_output_mode is %lld", (long long)mode);
    const lw_dtype dtype = c->in[Q]->dtype;
    if (c->in[Q]->rank == 4)
        LW_TRY(lwi_out(c, 0, dtype, 4, (int64_t[]){q.batch, q.heads, q.length, v.size}));
    else LW_TRY(lwi_out(c, 0, dtype, 3, (int64_t[]){q.batch, q.length, q.heads * v.size}));
    LW_TRY(lwi_out(c, 1, dtype, 4, (int64_t[]){k.batch, k.heads, k.length, k.size}));
    LW_TRY(lwi_out(c, 2, c->in[V]->dtype, 4, (int64_t[]){v.batch, v.heads, v.length, v.size}));
    return lwi_out(c, 3, dtype, 4, (int64_t[]){q.batch, q.heads, q.length, k.length});
}

static lwi_heads heads_of(const lw_value *v, size_t heads) {
    return v->rank == 4 ? lwi_heads_apart(v) : lwi_heads_packed(v, heads);
}

/* Past and new rows together, in an output if it is wanted, else in scratch memory; where neither
 * is needed, the input itself. In the type of Q. */
static lw_status join(lwi_call *c, size_t input, const part *p, lwi_heads *rows) {
    const size_t past = input == K ? PAST_K : PAST_V, output = input == K ? 1 : 2;
    const lw_value *v = c->in[input];
    const lw_dtype dtype = c->in[Q]->dtype;
    *rows = heads_of(v, (size_t)p->heads);
    const bool wanted = output < c->n_out && c->out[output];
    if (!wanted && !lwi_has(c, past)) return lwi_as_type(c, v, dtype, &rows->data);
    lw_value joined;
    const int64_t dims[4] = {p->batch, p->heads, p->length, p->size};
    LW_TRY(lwi_tensor_init(&joined, v->dtype, 4, dims, wanted ? c->out[output]->data : NULL));
    if (!wanted) LW_TRY(lwi_scratch(c, joined.bytes, 1, &joined.data));
    const size_t old = lwi_has(c, past) ? (size_t)c->in[past]->dims[2] : 0;
    const lwi_cache cache = {
        (size_t)p->batch,        (size_t)p->heads,  (size_t)p->size,         old,
        (size_t)p->length - old, (size_t)p->length, lwi_dtype_size(v->dtype)};
    if (joined.count) lwi_cache_append(&cache, old ? c->in[past]->data : NULL, *rows, joined.data);
    *rows = lwi_heads_apart(&joined);
    return lwi_as_type(c, &joined, dtype, &rows->data);
}

/* True: added 0; false: added -infinity. */
static lw_status bias_of_bools(lwi_call *c, const lw_value *mask, lw_dtype dtype, void **data) {
    LW_TRY(lwi_scratch(c, mask->count, lwi_dtype_size(dtype), data));
    for (size_t i = 0; i < mask->count; i++) {
        const bool kept = ((const uint8_t *)mask->data)[i] != 0;
        if (dtype == LW_FLOAT32) ((float *)*data)[i] = kept ? 0 : -INFINITY;
        else ((double *)*data)[i] = kept ? 0 : -INFINITY;
    }
    return LW_OK;
}

static lw_status add_mask(lwi_call *c, lwi_attention *a) {
    if (!lwi_has(c, MASK)) return LW_OK;
    const lw_value *mask = c->in[MASK];
    void *data = NULL;
    if (mask->dtype == LW_BOOL) LW_TRY(bias_of_bools(c, mask, a->dtype, &data));
    else LW_TRY(lwi_as_type(c, mask, a->dtype, &data));
    a->n_bias = 1;
    return lwi_score_bias_of(c, a, mask, data, &a->bias[0]);
}

/* Which keys a query may see: how many are there, and the position of the first query. */
static lw_status place_queries(lwi_call *c, lwi_attention *a) {
    int64_t *position = NULL;
    LW_TRY(lwi_scratch(c, a->batch, sizeof *position, &position));
    const int64_t past = lwi_has(c, PAST_K) ? c->in[PAST_K]->dims[2] : 0;
    for (size_t b = 0; b < a->batch; b++)
        position[b] = past;
    a->position = position;
    if (!lwi_has(c, LENGTHS)) return LW_OK;
    a->keys = c->in[LENGTHS]->data;
    for (size_t b = 0; b < a->batch; b++) {
        if (a->keys[b] < 0 || (size_t)a->keys[b] > a->kv_len)
            return lwi_call_fail(c, LW_RANGE, "nonpad_kv_seqlen is %lld of %zu keys",
                                 (long long)a->keys[b], a->kv_len);
        position[b] = a->keys[b] - (int64_t)a->q_len;
    }
    return LW_OK;
}

static lw_status read_window(const lwi_call *c, const char *name, int64_t *bound) {
    *bound = lwi_attr_int(c->node, name, -1);
    if (*bound < -1) return lwi_call_fail(c, LW_INVALID, "%s is %lld", name, (long long)*bound);
    if (*bound > INT32_MAX) *bound = -1;
    return LW_OK;
}

lw_status lwi_attention_run(lwi_call *c, const lwi_attention_engine *engine) {
    part q = {0}, k = {0}, v = {0};
    LW_TRY(read_parts(c, &q, &k, &v));
    lwi_attention a = {
        .outside = -INFINITY,
        .dtype = c->in[Q]->dtype,
        .batch = (size_t)q.batch,
        .q_heads = (size_t)q.heads,
        .kv_heads = (size_t)k.heads,
        .q_len = (size_t)q.length,
        .kv_len = (size_t)k.length,
        .head = (size_t)q.size,
        .v_head = (size_t)v.size,
        .q = heads_of(c->in[Q], (size_t)q.heads),
        .y = heads_of(c->out[0], (size_t)q.heads),
        .softcap = lwi_attr_float(c->node, "softcap", 0),
        .stage = (lwi_score_stage)lwi_attr_int(c->node, "qk_matmul_output_mode", 0),
        .scores = c->n_out > 3 && c->out[3] ? c->out[3]->data : NULL,
    };
    a.scale = lwi_node_attr(c->node, "scale") ? lwi_attr_float(c->node, "scale", 1)
                                              : 1 / sqrt((double)q.size);
    LW_TRY(read_window(c, "left_window_size", &a.left));
    LW_TRY(read_window(c, "right_window_size", &a.right));
    if (lwi_attr_int(c->node, "is_causal", 0)) a.right = 0;
    LW_TRY(join(c, K, &k, &a.k));
    LW_TRY(join(c, V, &v, &a.v));
    if (c->out[0]->count == 0 && (!a.scores || c->out[3]->count == 0)) return LW_OK;
    LW_TRY(add_mask(c, &a));
    LW_TRY(place_queries(c, &a));
    return engine->attend(c, &a);
}

static lw_status run(lwi_call *c) { return lwi_attention_run(c, &lwi_attention_plain); }

const lwi_op lwi_op_attention = {.infer = infer, .run = run, .flags = LWI_WIDEN};
