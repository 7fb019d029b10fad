/* SPDX-License-Identifier: MIT
 * Qwen3-Next and Qwen3.5 (Qwen Team 2025): most layers are gated delta nets (Yang et al. 2024,
 * arXiv 2412.06464) behind a short convolution, the others attention with a gate. */
#include "arch/decoder.h"

typedef struct sizes {
    int64_t heads, key_heads, key, value; /* key, value: elements of a head */
} sizes;

static sizes read_sizes(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    lwi_checkpoint_tensor norm = {.dims = {1}};
    sizes s;
    s.heads = lwi_build_size(b, "ssm.time_step_rank", 0, 1, LWI_MOST_HEADS);
    s.key_heads = lwi_build_size(b, "ssm.group_count", 0, 1, LWI_MOST_HEADS);
    s.key = lwi_build_size(b, "ssm.state_size", 0, 1, LWI_MOST_WIDTH);
    lwi_build_tensor(b, "ssm_norm.weight", true, &norm);
    s.value = norm.dims[0];
    if (s.value < 1 || s.value > LWI_MOST_WIDTH || s.heads % s.key_heads)
        lwi_build_fail(b, LW_CORRUPT, "%lld heads of %lld values for %lld of keys",
                       (long long)s.heads, (long long)s.value, (long long)s.key_heads);
    return s;
}

/* Columns [first, first + n) of each of the groups in a row of x. */
static int of_groups(lwi_decoder *d, int x, int64_t groups, int64_t size, int64_t first,
                     int64_t n) {
    lwi_graph_builder *b = &d->b;
    const int apart = lwi_build_reshape(b, x, 3, (int64_t[]){-1, groups, size});
    return lwi_build_reshape(b, lwi_build_part(b, apart, first, n), 2, (int64_t[]){-1, groups * n});
}

/* What is convolved (queries, keys, values) and the gate z: two weights, or one whose rows are
 * grouped by head of keys. */
static int project(lwi_decoder *d, int x, const sizes *s, int *z) {
    lwi_graph_builder *b = &d->b;
    if (lwi_build_has(b, "attn_qkv.weight")) {
        *z = lwi_build_linear(b, x, "attn_gate");
        return lwi_build_linear(b, x, "attn_qkv");
    }
    const int all = lwi_build_linear(b, x, "ssm_in");
    const int64_t values = s->heads / s->key_heads * s->value, size = 2 * (s->key + values);
    const int q = of_groups(d, all, s->key_heads, size, 0, s->key);
    const int k = of_groups(d, all, s->key_heads, size, s->key, s->key);
    const int v = of_groups(d, all, s->key_heads, size, 2 * s->key, values);
    *z = of_groups(d, all, s->key_heads, size, 2 * s->key + values, values);
    const int y = lwi_build(b, "Concat", 3, (int[]){q, k, v});
    lwi_build_int(b, "axis", -1);
    return y;
}

/* How strongly a head corrects itself, and the logarithm of what it keeps, [tokens, heads]. */
static void read_gates(lwi_decoder *d, int x, const sizes *s, int *beta, int *decay) {
    lwi_graph_builder *b = &d->b;
    int alpha;
    if (lwi_build_has(b, "ssm_ba.weight")) {
        const int both = lwi_build_linear(b, x, "ssm_ba");
        const int64_t each = s->heads / s->key_heads;
        *beta = of_groups(d, both, s->key_heads, 2 * each, 0, each);
        alpha = of_groups(d, both, s->key_heads, 2 * each, each, each);
    } else {
        *beta = lwi_build_linear(b, x, "ssm_beta");
        alpha = lwi_build_linear(b, x, "ssm_alpha");
    }
    *beta = lwi_build(b, "Sigmoid", 1, beta);
    alpha = lwi_build_add(b, alpha, lwi_build_weight(b, "ssm_dt.bias", true));
    const int step = lwi_build(b, "Softplus", 1, &alpha);
    *decay = lwi_build_mul(b, step, lwi_decoder_state_matrix(d));
}

static int unit(lwi_decoder *d, int x, const sizes *s) {
    return lwi_decoder_unit_heads(d, x, s->key_heads, s->key, 1e-6);
}

static int delta_net(lwi_decoder *d, int x) {
    lwi_graph_builder *b = &d->b;
    const sizes s = read_sizes(d);
    int z = -1, beta = -1, decay = -1;
    if (b->status != LW_OK) return -1;
    const int mixed = lwi_decoder_convolve(d, project(d, x, &s, &z), "ssm_conv1d");
    const int qkv = lwi_decoder_activate(d, mixed);
    read_gates(d, x, &s, &beta, &decay);
    const int64_t keys = s.key_heads * s.key, values = s.heads * s.value;
    const int q = unit(d, lwi_build_part(b, qkv, 0, keys), &s);
    const int k = unit(d, lwi_build_part(b, qkv, keys, keys), &s);
    const int v = lwi_build_part(b, qkv, 2 * keys, values);
    int y =
        lwi_decoder_stateful(d, "GatedDeltaRule", 5, (int[]){q, k, v, decay, beta}, s.key * values);
    lwi_build_int(b, "num_heads", s.heads);
    lwi_build_int(b, "key_heads", s.key_heads);
    lwi_build_int(b, "tiled", d->tiled_heads);
    y = lwi_build_reshape(b, y, 3, (int64_t[]){-1, s.heads, s.value});
    y = lwi_build(b, "RMSNormalization", 2,
                  (int[]){y, lwi_build_weight(b, "ssm_norm.weight", true)});
    lwi_build_int(b, "axis", -1);
    lwi_build_float(b, "epsilon", d->epsilon);
    y = lwi_build_mul(b, lwi_build_reshape(b, y, 2, (int64_t[]){-1, values}),
                      lwi_build(b, "Swish", 1, &z));
    return lwi_build_linear(b, y, "ssm_out");
}

/* Layers are named one by one, or every fourth has attention. */
static int mix(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const double named = lwi_build_layer_number(b, "attention.recurrent_layers", (int)layer, -1);
    const int64_t every = lwi_build_size(b, "full_attention_interval", 4, 1, LWI_MOST_LAYERS);
    const bool recurrent = named < 0 ? (layer + 1) % every != 0 : named != 0;
    return recurrent ? delta_net(d, x) : lwi_decoder_attention(d, x, layer);
}

static void adjust_qwen3_next(lwi_decoder *d) {
    d->mix = mix;
    d->b.own_form = true;
    d->gated_attention = true;
    d->normalize_experts = lwi_build_number(&d->b, "expert_weights_norm", 1) != 0;
    d->norm_adds_one = d->b.from->unpermuted;
    d->ffn_norm = "post_attention_norm"; /* as GGUF calls it here */
    d->attention_norm = "none";
    /* Layers behind these guess more than one token. */
    d->layers -= lwi_build_size(&d->b, "nextn_predict_layers", 0, 0, d->layers - 1);
}

/* GGUF files have the heads of values in an order that puts those with the same keys apart. */
static void adjust_qwen35(lwi_decoder *d) {
    adjust_qwen3_next(d);
    d->tiled_heads = !d->b.from->unpermuted;
}

const lwi_decoder_style lwi_style_qwen3_next = {.norm = LWI_NORM_RMS,
                                                .activation = LWI_SILU,
                                                .rope = LWI_ROPE_HALVES,
                                                .adjust = adjust_qwen3_next};
const lwi_decoder_style lwi_style_qwen35 = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES, .adjust = adjust_qwen35};
