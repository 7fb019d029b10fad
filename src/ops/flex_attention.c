/* SPDX-License-Identifier: MIT
 * FlexAttention (ai.onnx.preview 1): attention whose scores and probabilities pass through
 * subgraphs. */
#include "ops/attention_core.h"

#include <math.h>

static lw_status infer(lwi_call *c) {
    for (size_t i = 0; i < 3; i++)
        LW_TRY(lwi_need_rank(c, i, 4, 4));
    const int64_t *q = c->in[0]->dims, *k = c->in[1]->dims, *v = c->in[2]->dims;
    if (q[0] != k[0] || k[0] != v[0] || k[1] != v[1] || k[2] != v[2] || q[3] != k[3])
        return lwi_call_fail(c, LW_SHAPE, "the shapes of Q, K and V do not fit together");
    if (k[1] == 0 || q[1] % k[1])
        return lwi_call_fail(c, LW_SHAPE, "%lld query heads cannot share %lld key heads",
                             (long long)q[1], (long long)k[1]);
    return lwi_out(c, 0, c->in[0]->dtype, 4, (int64_t[]){q[0], q[1], q[2], v[3]});
}

/* Into a tensor of float32 or float64. */
static void store(const lw_value *from, lw_value *to) {
    for (size_t i = 0; i < to->count; i++) {
        const double x = lwi_get_double(from, i);
        if (to->dtype == LW_FLOAT32) ((float *)to->data)[i] = (float)x;
        else ((double *)to->data)[i] = x;
    }
}

/* Passes the scores (float32 or float64) through a subgraph that works with the type softmax. */
static lw_status modify(lwi_call *c, const char *attribute, lw_dtype softmax, lw_value *scores) {
    const lwi_graph *graph = lwi_attr_graph(c->node, attribute);
    if (!graph) return LW_OK;
    lw_value narrow, *out = NULL;
    const lw_value *in = scores;
    if (softmax != scores->dtype) {
        LW_TRY(lwi_tensor_init(&narrow, softmax, scores->rank, scores->dims, NULL));
        LW_TRY(lwi_scratch(c, narrow.bytes, 1, &narrow.data));
        lwi_narrow(softmax, scores->data, scores->count, 0, narrow.data);
        in = &narrow;
    }
    LW_TRY(lwi_run_subgraph(c, graph, &in, 1, &out, 1));
    const bool fits =
        out->kind == LW_KIND_TENSOR && out->dtype == softmax && lwi_same_shape(out, scores);
    const lw_status status = fits ? lwi_bring_value(c, out) : LW_OK;
    if (fits && status == LW_OK) store(out, scores);
    lwi_value_release(out);
    if (fits) return status;
    return lwi_call_fail(c, LW_SHAPE, "%s changed the type or shape of the scores", attribute);
}

static lw_status run(lwi_call *c) {
    const int64_t *q = c->in[0]->dims, *k = c->in[1]->dims, *v = c->in[2]->dims;
    const lw_dtype dtype = c->in[0]->dtype; /* float32 or float64 */
    const int64_t softmax = lwi_attr_int(c->node, "softmax_precision", dtype);
    if (softmax != LW_FLOAT32 && softmax != LW_FLOAT64 && softmax != LW_FLOAT16 &&
        softmax != LW_BFLOAT16)
        return lwi_call_fail(c, LW_TYPE, "softmax_precision %lld is not a float type",
                             (long long)softmax);
    if (c->out[0]->count == 0) return LW_OK;
    lwi_attention a = {
        .dtype = softmax == LW_FLOAT64 ? LW_FLOAT64 : LW_FLOAT32,
        .batch = (size_t)q[0],
        .q_heads = (size_t)q[1],
        .kv_heads = (size_t)k[1],
        .q_len = (size_t)q[2],
        .kv_len = (size_t)k[2],
        .head = (size_t)q[3],
        .v_head = (size_t)v[3],
        .q = lwi_heads_apart(c->in[0]),
        .k = lwi_heads_apart(c->in[1]),
        .v = lwi_heads_apart(c->in[2]),
        .y = lwi_heads_apart(c->out[0]),
        .left = -1,
        .right = -1,
    };
    a.scale = lwi_node_attr(c->node, "scale") ? lwi_attr_float(c->node, "scale", 1)
                                              : 1 / sqrt((double)q[3]);
    LW_TRY(lwi_as_type(c, c->in[0], a.dtype, &a.q.data));
    LW_TRY(lwi_as_type(c, c->in[1], a.dtype, &a.k.data));
    LW_TRY(lwi_as_type(c, c->in[2], a.dtype, &a.v.data));
    lw_value scores, y;
    const int64_t dims[4] = {q[0], q[1], q[2], k[2]};
    LW_TRY(lwi_tensor_init(&scores, a.dtype, 4, dims, NULL));
    LW_TRY(lwi_scratch(c, scores.bytes, 1, &scores.data));
    LW_TRY(lwi_tensor_init(&y, a.dtype, 4, c->out[0]->dims, c->out[0]->data));
    if (a.dtype != dtype) LW_TRY(lwi_scratch(c, y.bytes, 1, &y.data));
    a.y.data = y.data;
    a.scores = scores.data;
    lwi_attention_scores(c, &a);
    LW_TRY(modify(c, "score_mod", (lw_dtype)softmax, &scores));
    lwi_attention_softmax(c, &a);
    LW_TRY(modify(c, "prob_mod", (lw_dtype)softmax, &scores));
    lwi_attention_mix(c, &a);
    if (a.dtype != dtype) store(&y, c->out[0]);
    return LW_OK;
}

const lwi_op lwi_op_flex_attention = {.infer = infer, .run = run, .flags = LWI_WIDEN};
