/* SPDX-License-Identifier: MIT
 * Attention with several heads, and the layers of nn.Transformer. */
#include "nn/nn_layers.h"

#include <math.h>
#include <stdio.h>

/* Rows of in_proj_weight for queries (0), keys (1) and values (2). */
static lw_array *project(lw_array *x, const lw_mha_options *o, int which, int64_t width) {
    lw_array *const own[3] = {o->q_proj_weight, o->k_proj_weight, o->v_proj_weight};
    const int64_t first = which * width;
    lw_array *w = own[which] ? own[which] : lw_narrow(o->in_proj_weight, 0, first, width);
    lw_array *b = o->in_proj_bias ? lw_narrow(o->in_proj_bias, 0, first, width) : NULL;
    return lw_linear(x, w, b);
}

/* [batch, length, width] -> [batch, heads, length, width / heads] */
static lw_array *into_heads(lw_array *x, int64_t heads, int64_t width) {
    const lw_ints size = {4, {lw_size(x, 0), lw_size(x, 1), heads, width / heads}};
    return lw_transpose(lw_reshape(x, size), 1, 2);
}

/* A mask that is added: -inf where a bool one is true. */
static lw_array *additive(lw_array *mask, lw_array *like) {
    if (!mask || lw_array_dtype(mask) != LW_BOOL) return mask;
    lw_array *zeros = lw_to(lw_zeros_like(mask, LW_DTYPE_NONE), lw_array_dtype(like));
    return lw_masked_fill(zeros, mask, -INFINITY);
}

static lw_array *combined_mask(const lw_mha_options *o, lw_array *query, int64_t heads) {
    lw_array *mask = additive(o->attn_mask, query);
    if (mask && lw_dim(mask) == 3) { /* [batch * heads, queries, keys] */
        const lw_ints size = {4, {-1, heads, lw_size(mask, 1), lw_size(mask, 2)}};
        mask = lw_reshape(mask, size);
    }
    lw_array *padding = additive(o->key_padding_mask, query);
    if (!padding) return mask;
    if (lw_dim(padding) == 1) padding = lw_unsqueeze(padding, 0);
    padding = lw_unsqueeze(lw_unsqueeze(padding, 1), 1);
    return mask ? lw_add(mask, padding) : padding;
}

static lw_array *weighted(lw_array *q, lw_array *k, lw_array *v, lw_array *mask, double scale,
                          bool each_head, lw_array **weights) {
    lw_array *scores = lw_matmul(lw_mul_scalar(q, scale), lw_transpose(k, -2, -1));
    if (mask) scores = lw_add(scores, mask);
    scores = lw_softmax(scores, -1, LW_DTYPE_NONE);
    *weights = each_head ? scores : lw_mean(scores, (lw_ints){1, {1}}, false, LW_DTYPE_NONE);
    return lw_matmul(scores, v);
}

/* The inputs are [batch, length, width]. */
static lw_array *attend(lw_array *query, lw_array *key, lw_array *value, int64_t heads,
                        const lw_mha_options *o, lw_array **weights) {
    const int64_t width = lw_size(query, -1);
    if (heads < 1 || width % heads != 0) {
        lwi_nn_fail(query->nn, LW_SHAPE, "lw_multi_head_attention_forward: %lld heads of %lld",
                    (long long)heads, (long long)width);
        return NULL;
    }
    lw_array *q = into_heads(project(query, o, 0, width), heads, width);
    lw_array *k = into_heads(project(key, o, 1, width), heads, width);
    lw_array *v = into_heads(project(value, o, 2, width), heads, width);
    lw_array *mask = combined_mask(o, query, heads);
    const lw_attention_options sdpa = {.attn_mask = mask, .is_causal = o->is_causal && !mask};
    const double scale = 1 / sqrt((double)(width / heads));
    lw_array *y = weights ? weighted(q, k, v, mask, scale, o->each_head, weights)
                          : lw_scaled_dot_product_attention(q, k, v, &sdpa);
    const lw_ints size = {3, {lw_size(query, 0), lw_size(query, 1), width}};
    return lw_linear(lw_reshape(lw_transpose(y, 1, 2), size), o->out_proj_weight, o->out_proj_bias);
}

static lw_array *batch_to_front(lw_array *x, bool batch_first) {
    if (x && lw_dim(x) == 2) return lw_unsqueeze(x, 0);
    return batch_first ? x : lw_transpose(x, 0, 1);
}

lw_array *lw_multi_head_attention_forward(lw_array *query, lw_array *key, lw_array *value,
                                          int64_t num_heads, const lw_mha_options *options,
                                          lw_array **attn_weights) {
    if (attn_weights) *attn_weights = NULL;
    if (!query || !key || !value || lw_nn_status(query->nn) != LW_OK) return NULL;
    if (!options) {
        lwi_nn_fail(query->nn, LW_INVALID, "lw_multi_head_attention_forward: options is NULL");
        return NULL;
    }
    const bool flat = lw_dim(query) == 2, first = options->batch_first;
    lw_array *weights = NULL;
    lw_array *y =
        attend(batch_to_front(query, first), batch_to_front(key, first),
               batch_to_front(value, first), num_heads, options, attn_weights ? &weights : NULL);
    const lw_ints zero = {1, {0}};
    if (attn_weights) *attn_weights = flat ? lw_squeeze(weights, zero) : weights;
    return flat ? lw_squeeze(y, zero) : first ? y : lw_transpose(y, 0, 1);
}

lw_array *lw_nn_multihead_attention(lw_nn *nn, lw_array *query, lw_array *key, lw_array *value,
                                    const char *name, int64_t num_heads,
                                    const lw_mha_options *options, lw_array **attn_weights) {
    lw_mha_options o = options ? *options : (lw_mha_options){.is_causal = false};
    if (!nn || !name) return NULL;
    o.in_proj_weight = lwi_nn_part(nn, name, "in_proj_weight", false);
    o.in_proj_bias = lwi_nn_part(nn, name, "in_proj_bias", false);
    if (!o.in_proj_weight) {
        o.q_proj_weight = lwi_nn_part(nn, name, "q_proj_weight", true);
        o.k_proj_weight = lwi_nn_part(nn, name, "k_proj_weight", true);
        o.v_proj_weight = lwi_nn_part(nn, name, "v_proj_weight", true);
    }
    o.out_proj_weight = lwi_nn_part(nn, name, "out_proj.weight", true);
    o.out_proj_bias = lwi_nn_part(nn, name, "out_proj.bias", false);
    return lw_multi_head_attention_forward(query, key, value, num_heads, &o, attn_weights);
}

/* --------------------------------------------------------------- transformers */

typedef struct block {
    lw_nn *nn;
    const char *name;
    const lw_transformer_options *o;
} block;

static lw_array *norm(const block *b, lw_array *x, int number) {
    char name[8];
    snprintf(name, sizeof name, "norm%d", number);
    return lw_nn_layer_norm(b->nn, x, name, b->o->layer_norm_eps);
}

static lw_array *attention(const block *b, lw_array *x, lw_array *from, const char *name,
                           lw_array *mask, lw_array *padding, bool is_causal) {
    const lw_mha_options o = {.attn_mask = mask,
                              .key_padding_mask = padding,
                              .is_causal = is_causal,
                              .batch_first = b->o->batch_first};
    return lw_nn_multihead_attention(b->nn, x, from, from, name, b->o->nhead, &o, NULL);
}

static lw_array *feed_forward(const block *b, lw_array *x) {
    x = lw_nn_linear(b->nn, x, "linear1");
    return lw_nn_linear(b->nn, b->o->gelu ? lw_gelu(x, NULL) : lw_relu(x), "linear2");
}

/* x and what part makes of it, normed before or after. */
static lw_array *around(const block *b, lw_array *x, int number,
                        lw_array *(*part)(const block *b, lw_array *x, lw_array *memory),
                        lw_array *memory) {
    if (b->o->norm_first) return lw_add(x, part(b, norm(b, x, number), memory));
    return norm(b, lw_add(x, part(b, x, memory)), number);
}

static lw_array *self_part(const block *b, lw_array *x, lw_array *memory) {
    (void)memory;
    return attention(b, x, x, "self_attn", b->o->mask, b->o->key_padding_mask, b->o->is_causal);
}

static lw_array *memory_part(const block *b, lw_array *x, lw_array *memory) {
    return attention(b, x, memory, "multihead_attn", b->o->memory_mask,
                     b->o->memory_key_padding_mask, false);
}

static lw_array *feed_part(const block *b, lw_array *x, lw_array *memory) {
    (void)memory;
    return feed_forward(b, x);
}

lw_array *lw_nn_transformer_encoder_layer(lw_nn *nn, lw_array *src, const char *name,
                                          const lw_transformer_options *options) {
    const block b = {nn, name, options};
    if (!nn || !name || !options) return NULL;
    lw_nn_enter(nn, "%s", name);
    lw_array *x = around(&b, src, 1, self_part, NULL);
    x = around(&b, x, 2, feed_part, NULL);
    lw_nn_leave(nn);
    return x;
}

lw_array *lw_nn_transformer_decoder_layer(lw_nn *nn, lw_array *tgt, lw_array *memory,
                                          const char *name, const lw_transformer_options *options) {
    const block b = {nn, name, options};
    if (!nn || !name || !options) return NULL;
    lw_nn_enter(nn, "%s", name);
    lw_array *x = around(&b, tgt, 1, self_part, NULL);
    x = around(&b, x, 2, memory_part, memory);
    x = around(&b, x, 3, feed_part, NULL);
    lw_nn_leave(nn);
    return x;
}
