/* SPDX-License-Identifier: MIT
 * lampwick.Attention: what exporters write as two MatMul with a Softmax between them, made by the
 * pass recognize_attention. Y = softmax(where(keep, Q K^T scale, otherwise) + biases) V, with NaN
 * and infinity as those operators have them. Q, K, V and Y have 4 dimensions (batch, heads, length,
 * size) or 3 (no heads); q_perm ... say how to transpose an input to that order, y_perm how the
 * output is transposed. Only the sizes of a key may lie apart from each other in memory. Each head
 * of K and V serves `repeat` heads of Q; nan_zero: probabilities that are NaN become 0. */
#include "base/checked.h"
#include "ops/attention_core.h"

#include <math.h>

enum { Q, K, V, BIAS, BIAS_2, KEEP };

/* A tensor in the order batch, heads, length, size. */
typedef struct view {
    int64_t dims[4];
    size_t strides[4];
} view;

typedef struct sizes {
    view q, k, v;
    int rank;
    int64_t repeat;    /* how many heads of queries share one of keys and values */
    int64_t scores[4]; /* batch, heads, queries, keys */
} sizes;

static lw_status read_perm(const lwi_node *node, const char *name, int rank, int perm[4]) {
    size_t n = 0;
    unsigned seen = 0;
    const int64_t *given = lwi_attr_ints(node, name, &n);
    for (int i = 0; i < rank; i++) {
        const int64_t axis = given && (size_t)i < n ? given[i] : i;
        if (axis >= 0 && axis < rank) seen |= 1u << axis;
        perm[i] = (int)axis;
    }
    if ((given && n != (size_t)rank) || seen != (1u << rank) - 1)
        return lwi_node_fail(node, LW_INVALID, "%s is no order of %d axes", name, rank);
    return LW_OK;
}

static lw_status read_view(const lwi_call *c, size_t input, const char *name, view *v) {
    const lw_value *x = c->in[input];
    int perm[4];
    size_t strides[LW_MAX_RANK];
    LW_TRY(lwi_need_rank(c, input, c->in[Q]->rank, c->in[Q]->rank));
    LW_TRY(read_perm(c->node, name, x->rank, perm));
    if (input != K && perm[x->rank - 1] != x->rank - 1)
        return lwi_call_fail(c, LW_INVALID, "%s moves the last axis", name);
    lwi_strides(x->rank, x->dims, strides);
    v->dims[1] = 1;
    v->strides[1] = 0;
    for (int i = 0; i < x->rank; i++) {
        const int to = x->rank == 3 && i > 0 ? i + 1 : i;
        v->dims[to] = x->dims[perm[i]];
        v->strides[to] = strides[perm[i]];
    }
    return LW_OK;
}

/* Grows a dimension as broadcasting does. */
static bool grow(int64_t *dim, int64_t by) {
    if (*dim == 1) *dim = by;
    return by == *dim || by == 1;
}

static lw_status grow_by_bias(const lwi_call *c, size_t input, sizes *s) {
    if (!lwi_has(c, input)) return LW_OK;
    const lw_value *x = c->in[input];
    bool fits = x->rank <= s->rank;
    for (int i = 0; i < x->rank && fits; i++) {
        const int axis = s->rank - x->rank + i, to = s->rank == 3 && axis > 0 ? axis + 1 : axis;
        fits = to < 2 ? grow(&s->scores[to], x->dims[i])
                      : x->dims[i] == s->scores[to] || x->dims[i] == 1;
    }
    if (fits) return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "input %zu does not fit the scores", input);
}

/* From here on, each head of keys and values counts as many times as it is used. */
static lw_status repeat_heads(const lwi_call *c, sizes *s) {
    s->repeat = lwi_attr_int(c->node, "repeat", 1);
    if (s->repeat == 1) return LW_OK;
    if (s->rank != 4 || s->repeat < 1 || s->k.dims[1] != s->v.dims[1] ||
        !lwi_mul_i64(s->k.dims[1], s->repeat, &s->k.dims[1]))
        return lwi_call_fail(c, LW_SHAPE, "heads of keys and values cannot be repeated %lld times",
                             (long long)s->repeat);
    s->v.dims[1] = s->k.dims[1];
    return LW_OK;
}

static lw_status read_sizes(const lwi_call *c, sizes *s) {
    LW_TRY(lwi_need_rank(c, Q, 3, 4));
    s->rank = c->in[Q]->rank;
    LW_TRY(read_view(c, Q, "q_perm", &s->q));
    LW_TRY(read_view(c, K, "k_perm", &s->k));
    LW_TRY(read_view(c, V, "v_perm", &s->v));
    LW_TRY(repeat_heads(c, s));
    s->scores[0] = s->scores[1] = 1;
    s->scores[2] = s->q.dims[2];
    s->scores[3] = s->k.dims[2];
    for (int i = 0; i < 2; i++)
        if (!grow(&s->scores[i], s->q.dims[i]) || !grow(&s->scores[i], s->k.dims[i]) ||
            !grow(&s->scores[i], s->v.dims[i]))
            return lwi_call_fail(c, LW_SHAPE, "batches of %lld, %lld and %lld do not fit together",
                                 (long long)s->q.dims[i], (long long)s->k.dims[i],
                                 (long long)s->v.dims[i]);
    if (s->q.dims[3] != s->k.dims[3] || s->k.dims[2] != s->v.dims[2])
        return lwi_call_fail(c, LW_SHAPE, "the shapes of Q, K and V do not fit together");
    for (size_t i = BIAS; i <= KEEP; i++)
        LW_TRY(grow_by_bias(c, i, s));
    if (s->repeat > 1 && s->scores[1] != s->k.dims[1])
        return lwi_call_fail(c, LW_SHAPE, "%lld heads of queries for %lld of keys",
                             (long long)s->scores[1], (long long)s->k.dims[1]);
    return LW_OK;
}

static void output_dims(const sizes *s, int64_t dims[4]) {
    dims[0] = s->scores[0];
    dims[1] = s->scores[1];
    dims[s->rank - 2] = s->scores[2];
    dims[s->rank - 1] = s->v.dims[3];
}

static lw_status infer(lwi_call *c) {
    sizes s;
    int perm[4];
    int64_t dims[4], permuted[4];
    LW_TRY(read_sizes(c, &s));
    LW_TRY(read_perm(c->node, "y_perm", s.rank, perm));
    if (perm[s.rank - 1] != s.rank - 1)
        return lwi_call_fail(c, LW_INVALID, "y_perm moves the last axis");
    output_dims(&s, dims);
    for (int i = 0; i < s.rank; i++)
        permuted[i] = dims[perm[i]];
    return lwi_out(c, 0, LW_FLOAT32, s.rank, permuted);
}

/* Strides of what repeats are 0. */
static lwi_heads heads_of(const lw_value *x, const view *v) {
    return (lwi_heads){x->data, v->dims[0] == 1 ? 0 : v->strides[0],
                       v->dims[1] == 1 ? 0 : v->strides[1], v->strides[2]};
}

static lw_status output_heads(const lwi_call *c, int rank, lwi_heads *y) {
    int perm[4];
    size_t strides[LW_MAX_RANK], logical[4] = {0};
    LW_TRY(read_perm(c->node, "y_perm", rank, perm));
    lwi_strides(rank, c->out[0]->dims, strides);
    for (int i = 0; i < rank; i++)
        logical[perm[i]] = strides[i];
    *y = (lwi_heads){c->out[0]->data, logical[0], rank == 3 ? 0 : logical[1], logical[rank - 2]};
    return LW_OK;
}

static void score_strides(const lw_value *x, int rank, size_t to[4]) {
    size_t strides[LW_MAX_RANK];
    lwi_broadcast_strides(x, rank, strides);
    to[0] = strides[0];
    to[1] = rank == 3 ? 0 : strides[1];
    to[2] = strides[rank - 2];
    to[3] = strides[rank - 1];
}

lw_status lwi_attention_fused_run(lwi_call *c, const lwi_attention_engine *engine) {
    sizes s;
    LW_TRY(read_sizes(c, &s));
    if (c->out[0]->count == 0) return LW_OK;
    lwi_attention a = {.dtype = LW_FLOAT32,
                       .batch = (size_t)s.scores[0],
                       .q_heads = (size_t)s.scores[1],
                       .kv_heads = (size_t)(s.scores[1] / s.repeat),
                       .q_len = (size_t)s.scores[2],
                       .kv_len = (size_t)s.scores[3],
                       .head = (size_t)s.q.dims[3],
                       .v_head = (size_t)s.v.dims[3],
                       .q = heads_of(c->in[Q], &s.q),
                       .k = heads_of(c->in[K], &s.k),
                       .v = heads_of(c->in[V], &s.v),
                       .k_column = s.k.strides[3],
                       .scale = lwi_attr_float(c->node, "scale", 1),
                       .left = -1,
                       .right = -1,
                       .empty_nan = true,
                       .nan_zero = lwi_attr_int(c->node, "nan_zero", 0) != 0};
    LW_TRY(output_heads(c, s.rank, &a.y));
    for (size_t i = BIAS; i <= BIAS_2; i++) {
        if (!lwi_has(c, i)) continue;
        lwi_score_bias *bias = &a.bias[a.n_bias++];
        *bias = (lwi_score_bias){.data = c->in[i]->data, .keys = a.kv_len};
        score_strides(c->in[i], s.rank, bias->strides);
    }
    if (lwi_has(c, KEEP)) {
        a.choice.data = c->in[KEEP]->data;
        a.choice.otherwise = lwi_attr_float(c->node, "otherwise", 0);
        score_strides(c->in[KEEP], s.rank, a.choice.strides);
    }
    return engine->attend(c, &a);
}

static lw_status run(lwi_call *c) { return lwi_attention_fused_run(c, &lwi_attention_plain); }

const lwi_op lwi_op_attention_fused = {.infer = infer, .run = run};
