/* SPDX-License-Identifier: MIT
 * Attention. */
#include "aten/lower.h"

typedef struct attention {
    int q, k, v, mask; /* [batch, heads, length, size]; mask -1: none */
    bool causal;
    const lwi_aten_value *scale; /* none: 1 / sqrt(size) */
} attention;

static int attended(lwi_aten *a, const attention *t) {
    const int y = NODE(a, "Attention", t->q, t->k, t->v, t->mask);
    lwi_build_int(&a->b, "is_causal", t->causal);
    if (t->scale && lwi_aten_given(t->scale))
        lwi_build_float(&a->b, "scale", lwi_aten_get_float(a, t->scale));
    return y;
}

/* Of more than four dimensions, all but the last three become one. */
static int merged(lwi_aten *a, int x) {
    const lwi_aten_value in[3] = {lwi_aten_tensor_of(a, x), lwi_aten_int(0), lwi_aten_int(-4)};
    lwi_aten_value out;
    lwi_aten_flatten(a, in, &out);
    return lwi_aten_id(a, &out);
}

/* The first dimensions of front, and the last n of back. */
static int joined_shape(lwi_aten *a, int front, int back, int n) {
    const int rank = lwi_aten_rank(a, front), last = lwi_aten_rank(a, back);
    int parts[LW_MAX_RANK];
    for (int d = 0; d < rank && a->b.status == LW_OK; d++)
        parts[d] = d < rank - n ? lwi_aten_size_id(a, front, d)
                                : lwi_aten_size_id(a, back, last - rank + d);
    const int shape = lwi_build(&a->b, "Concat", (size_t)rank, parts);
    lwi_build_int(&a->b, "axis", 0);
    return shape;
}

/* Dimensions in front so that there are four: heads before all others. */
static int with_heads(lwi_aten *a, int x, int rank) {
    if (x < 0) return x;
    if (rank > 4 && lwi_aten_rank(a, x) == rank) return merged(a, x);
    if (rank == 3 && lwi_aten_rank(a, x) == 3) x = lwi_aten_unsqueeze(a, x, 1);
    while (a->b.status == LW_OK && lwi_aten_rank(a, x) < 4)
        x = lwi_aten_unsqueeze(a, x, 0);
    return x;
}

/* A mask for queries of more than four dimensions: [length, keys] is the same for all of them. */
static int mask_with_heads(lwi_aten *a, int m, int q, int rank) {
    if (m < 0 || rank <= 4 || lwi_aten_rank(a, m) <= 2) return with_heads(a, m, rank);
    return merged(a, NODE(a, "Expand", m, joined_shape(a, q, m, 2)));
}

static int without_heads(lwi_aten *a, int y, int rank, int q, int v) {
    if (rank > 4) return NODE(a, "Reshape", y, joined_shape(a, q, v, 1));
    if (rank == 3) return lwi_aten_squeeze(a, y, 1);
    return rank == 2 ? NODE(a, "Squeeze", y, INTS(a, 0, 1)) : y;
}

static void attend(lwi_aten *a, const lwi_aten_value *in, const lwi_aten_value *mask, bool causal,
                   const lwi_aten_value *scale, lwi_aten_value *out) {
    const int q = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, q);
    const int v = lwi_aten_id(a, &in[2]);
    const int m = lwi_aten_given(mask) ? lwi_aten_id(a, mask) : -1;
    if (rank < 2 || (rank > 4 && lwi_aten_rank(a, v) != rank))
        lwi_aten_fail(a, LW_UNSUPPORTED, "%d dimensions", rank);
    if (a->b.status != LW_OK) return;
    const attention t = {.q = with_heads(a, q, rank),
                         .k = with_heads(a, lwi_aten_id(a, &in[1]), rank),
                         .v = with_heads(a, v, rank),
                         .mask = mask_with_heads(a, m, q, rank),
                         .causal = causal,
                         .scale = scale};
    lwi_aten_return(a, out, without_heads(a, attended(a, &t), rank, q, v));
}

/* query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa */
void lwi_aten_sdpa(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    attend(a, in, &in[3], lwi_aten_get_bool(a, &in[5]), &in[6], out);
}

/* Logarithms of the sums that the softmax divides by, as the flash kernels return them. */
static void return_sums(lwi_aten *a, const lwi_aten_value *in, const lwi_aten_value *mask,
                        const lwi_aten_value *scale, lwi_aten_value *out) {
    const int q = lwi_aten_id(a, &in[0]), k = lwi_aten_id(a, &in[1]);
    const int64_t last = -1;
    const int turned = lwi_aten_transpose(a, k, 4, (int64_t[]){0, 1, 3, 2});
    int scores = NODE(a, "MatMul", q, turned);
    const lw_dtype dtype = lwi_aten_dtype(a, q);
    const lwi_aten_value size = lwi_aten_size(a, q, 3);
    const int factor =
        lwi_aten_given(scale)
            ? lwi_aten_scalar(a, scale, dtype)
            : NODE(a, "Reciprocal", NODE(a, "Sqrt", lwi_aten_scalar(a, &size, dtype)));
    scores = NODE(a, "Mul", scores, factor);
    if (lwi_aten_given(mask)) scores = NODE(a, "Add", scores, lwi_aten_as(a, mask, dtype));
    const int sums = lwi_aten_reduced(a, "ReduceLogSumExp", scores, 1, &last, false);
    lwi_aten_return(a, out, lwi_aten_cast(a, sums, dtype == LW_FLOAT64 ? dtype : LW_FLOAT32));
}

/* query, key, value, dropout_p, is_causal, attn_mask, scale */
void lwi_aten_flash_attention(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool causal = lwi_aten_get_bool(a, &in[4]);
    attend(a, in, &in[5], causal, &in[6], out);
    if (!causal) return_sums(a, in, &in[5], &in[6], &out[1]);
}

/* query, key, value, attn_mask, dropout_p, is_causal, dropout_mask, scale, enable_gqa; the second
 * result is the weights */
void lwi_aten_attention_math(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    attend(a, in, &in[3], lwi_aten_get_bool(a, &in[5]), &in[7], out);
    const int q = lwi_aten_id(a, &in[0]), k = lwi_aten_id(a, &in[1]), v = lwi_aten_id(a, &in[2]);
    if (lwi_aten_rank(a, q) != 4 || lwi_aten_given(&in[3])) return;
    int y[4];
    lwi_aten_nodes(a, "Attention", 3, (int[]){q, k, v}, 4, y);
    lwi_build_int(&a->b, "is_causal", lwi_aten_get_bool(a, &in[5]));
    lwi_build_int(&a->b, "qk_matmul_output_mode", 3);
    if (lwi_aten_given(&in[7])) lwi_build_float(&a->b, "scale", lwi_aten_get_float(a, &in[7]));
    lwi_aten_return(a, &out[1], y[3]);
}

/* ------------------------------------------------------------ many heads at once */

static int projected(lwi_aten *a, int x, int w, int b) {
    const int y = NODE(a, "MatMul", x, lwi_aten_transpose(a, w, 2, (int64_t[]){1, 0}));
    return NODE(a, "Add", y, b);
}

/* [batch, length, n size] -> [batch, n, length, size] */
static int heads_of(lwi_aten *a, int x, int64_t n, int64_t size) {
    const int parts = lwi_aten_reshape(a, x, 4, (int64_t[]){0, 0, n, size});
    return lwi_aten_transpose(a, parts, 4, (int64_t[]){0, 2, 1, 3});
}

/* True says "not this one"; [length, length], [batch, length] or as it is. */
static int mask_of(lwi_aten *a, const lwi_aten_value *mask, const lwi_aten_value *type) {
    if (!lwi_aten_given(mask)) return -1;
    int m = lwi_aten_id(a, mask);
    if (lwi_aten_dtype(a, m) == LW_BOOL) m = NODE(a, "Not", m);
    if (lwi_aten_given(type) && lwi_aten_get_int(a, type) == 1)
        m = NODE(a, "Unsqueeze", m, INTS(a, 1, 2));
    return m;
}

typedef struct many_heads {
    int x[3], in_weight, in_bias, out_weight, out_bias, mask;
    int64_t size, heads;
} many_heads;

static int attend_heads(lwi_aten *a, const many_heads *m) {
    int parts[3];
    if (m->heads < 1 || m->size % m->heads)
        lwi_aten_fail(a, LW_SHAPE, "%lld numbers for %lld heads", (long long)m->size,
                      (long long)m->heads);
    if (a->b.status != LW_OK) return -1;
    for (int i = 0; i < 3; i++) {
        const int64_t first = i * m->size, last = (i + 1) * m->size;
        const int w = lwi_aten_slice(a, m->in_weight, 0, first, last);
        const int b = lwi_aten_slice(a, m->in_bias, 0, first, last);
        parts[i] = heads_of(a, projected(a, m->x[i], w, b), m->heads, m->size / m->heads);
    }
    const int y = attended(a, &(attention){parts[0], parts[1], parts[2], m->mask, false, NULL});
    const int turned = lwi_aten_transpose(a, y, 4, (int64_t[]){0, 2, 1, 3});
    const int joined = lwi_aten_reshape(a, turned, 3, (int64_t[]){0, 0, m->size});
    return projected(a, joined, m->out_weight, m->out_bias);
}

/* query, key, value, embed_dim, num_head, qkv_weight, qkv_bias, proj_weight, proj_bias, mask,
 * need_weights, average_attn_weights, mask_type */
void lwi_aten_native_heads(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const many_heads m = {
        .x = {lwi_aten_id(a, &in[0]), lwi_aten_id(a, &in[1]), lwi_aten_id(a, &in[2])},
        .size = lwi_aten_get_int(a, &in[3]),
        .heads = lwi_aten_get_int(a, &in[4]),
        .in_weight = lwi_aten_id(a, &in[5]),
        .in_bias = lwi_aten_id(a, &in[6]),
        .out_weight = lwi_aten_id(a, &in[7]),
        .out_bias = lwi_aten_id(a, &in[8]),
        .mask = mask_of(a, &in[9], &in[12])};
    if (lwi_aten_get_bool(a, &in[10]))
        lwi_aten_fail(a, LW_UNSUPPORTED, "weights of the attention are not supported");
    lwi_aten_return(a, out, attend_heads(a, &m));
}

static int layer_norm(lwi_aten *a, int x, const lwi_aten_value *weights, double eps) {
    const int y =
        NODE(a, "LayerNormalization", x, lwi_aten_id(a, &weights[0]), lwi_aten_id(a, &weights[1]));
    lwi_build_float(&a->b, "epsilon", eps);
    return y;
}

static int feed_forward(lwi_aten *a, int x, const lwi_aten_value *weights, bool gelu) {
    const int inner = projected(a, x, lwi_aten_id(a, &weights[0]), lwi_aten_id(a, &weights[1]));
    const int active = NODE(a, gelu ? "Gelu" : "Relu", inner);
    return projected(a, active, lwi_aten_id(a, &weights[2]), lwi_aten_id(a, &weights[3]));
}

/* src, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias, use_gelu, norm_first,
 * eps, norm weights and biases 1 and 2, ffn weights and biases 1 and 2, mask, mask_type */
void lwi_aten_encoder_layer(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const bool gelu = lwi_aten_get_bool(a, &in[7]), first = lwi_aten_get_bool(a, &in[8]);
    const double eps = lwi_aten_get_float(a, &in[9]);
    many_heads m = {.size = lwi_aten_get_int(a, &in[1]),
                    .heads = lwi_aten_get_int(a, &in[2]),
                    .in_weight = lwi_aten_id(a, &in[3]),
                    .in_bias = lwi_aten_id(a, &in[4]),
                    .out_weight = lwi_aten_id(a, &in[5]),
                    .out_bias = lwi_aten_id(a, &in[6]),
                    .mask = mask_of(a, &in[18], &in[19])};
    m.x[0] = m.x[1] = m.x[2] = first ? layer_norm(a, x, &in[10], eps) : x;
    x = NODE(a, "Add", x, attend_heads(a, &m));
    if (!first) x = layer_norm(a, x, &in[10], eps);
    const int inner = feed_forward(a, first ? layer_norm(a, x, &in[12], eps) : x, &in[14], gelu);
    x = NODE(a, "Add", x, inner);
    lwi_aten_return(a, out, first ? x : layer_norm(a, x, &in[12], eps));
}
