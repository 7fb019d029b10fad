/* SPDX-License-Identifier: MIT
 * Gemma 4 (Google 2026). Layers that see all have other sizes of heads than those with a window, of
 * whose angles only the first quarter is turned (rope_freqs); keys may be values as well; the last
 * layers see the keys and values of the last one of their kind that has its own. Beside the
 * feed-forward network there may be experts, and embeddings for each layer. */
#include "arch/decoder.h"

#include <math.h>

static bool windowed_usual(const lwi_decoder *d, int64_t layer) {
    (void)d;
    return layer % 6 != 5;
}

/* ------------------------------------------------------------------ attention */

/* Of each head, by its root mean square; name NULL: without weights. */
static int norm_heads(lwi_decoder *d, int x, const char *name, int64_t heads, int64_t size) {
    lwi_graph_builder *b = &d->b;
    int y = lwi_build_reshape(b, x, 3, (int64_t[]){-1, heads, size});
    if (name) y = lwi_decoder_norm(d, y, name);
    else {
        y = lwi_build(b, "RMSNormalization", 2, (int[]){y, lwi_build_scalar(b, 1)});
        lwi_build_int(b, "axis", -1);
        lwi_build_float(b, "epsilon", d->epsilon);
    }
    return lwi_build_reshape(b, y, 2, (int64_t[]){-1, heads * size});
}

static lwi_head_sizes read_sizes(lwi_decoder *d, int64_t layer, bool windowed) {
    lwi_graph_builder *b = &d->b;
    lwi_head_sizes s;
    s.heads = lwi_build_layer_size(b, "attention.head_count", (int)layer, 0, 1, LWI_MOST_HEADS);
    s.kv_heads =
        lwi_build_layer_size(b, "attention.head_count_kv", (int)layer, s.heads, 1, LWI_MOST_HEADS);
    s.key = lwi_build_size(b, windowed ? "attention.key_length_swa" : "attention.key_length",
                           d->width / s.heads, 2, LWI_MOST_WIDTH);
    s.value = s.key;
    if (s.heads % s.kv_heads != 0)
        lwi_build_fail(b, LW_CORRUPT, "%lld heads of queries for %lld of keys", (long long)s.heads,
                       (long long)s.kv_heads);
    return s;
}

static lwi_rope rope_of(lwi_decoder *d, const lwi_head_sizes *s, bool windowed) {
    lwi_rope *rope = windowed ? &d->local_rope : &d->rope;
    const char *key = windowed ? "rope.freq_base_swa" : "rope.freq_base";
    if (rope->cosines == 0)
        *rope = lwi_decoder_rope(d, lwi_build_number(&d->b, key, windowed ? 1e4 : 1e6), s->key / 2,
                                 !windowed);
    return *rope;
}

/* The layer's own keys and values, or those of the last one of its kind that has some. */
static int attend(lwi_decoder *d, int qkv[3], const lwi_head_sizes *s, lwi_rope rope, int64_t layer,
                  bool windowed) {
    lwi_kept_keys *kept = &d->kept[windowed];
    const size_t elements = d->cache_elements, bytes = d->cache_q8_bytes;
    if (qkv[1] >= 0) {
        *kept = (lwi_kept_keys){qkv[1], qkv[2], elements, bytes};
        return lwi_decoder_attend(d, qkv, s, rope, layer);
    }
    if (kept->keys < 0) {
        lwi_build_fail(&d->b, LW_CORRUPT, "layer %lld has no keys", (long long)layer);
        return -1;
    }
    qkv[1] = kept->keys; /* written once more, to the same place */
    qkv[2] = kept->values;
    d->cache_elements = kept->elements;
    d->cache_q8_bytes = kept->bytes;
    const int y = lwi_decoder_attend(d, qkv, s, rope, layer);
    d->cache_elements = elements;
    d->cache_q8_bytes = bytes;
    return y;
}

static int mix(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const bool windowed = lwi_decoder_is_windowed(d, layer);
    const lwi_head_sizes s = read_sizes(d, layer, windowed);
    const int64_t shared = lwi_build_size(b, "attention.shared_kv_layers", 0, 0, d->layers);
    int qkv[3] = {-1, -1, -1};
    if (b->status != LW_OK) return -1;
    qkv[0] = norm_heads(d, lwi_build_linear_part(b, x, "attn_q", 0, s.heads * s.key), "attn_q_norm",
                        s.heads, s.key);
    if (layer < d->layers - shared) {
        const int k = lwi_build_linear_part(b, x, "attn_k", 0, s.kv_heads * s.key);
        const int v = lwi_build_has(b, "attn_v.weight")
                          ? lwi_build_linear_part(b, x, "attn_v", 0, s.kv_heads * s.key)
                          : k;
        qkv[1] = norm_heads(d, k, "attn_k_norm", s.kv_heads, s.key);
        qkv[2] = norm_heads(d, v, NULL, s.kv_heads, s.key);
    }
    const int y = attend(d, qkv, &s, rope_of(d, &s, windowed), layer, windowed);
    return lwi_build_linear(b, y, "attn_output");
}

/* --------------------------------------------------------------- feed-forward */

/* The router sees what the layer's second part begins with, at unit size and scaled. */
static int router_input(lwi_decoder *d, int x) {
    lwi_graph_builder *b = &d->b;
    int y = lwi_build(b, "RMSNormalization", 2, (int[]){x, lwi_build_scalar(b, 1)});
    lwi_build_int(b, "axis", -1);
    lwi_build_float(b, "epsilon", d->epsilon);
    y = lwi_build_mul(b, y, lwi_build_weight(b, "ffn_gate_inp.scale", true));
    return lwi_build_scale(b, y, 1 / sqrt((double)d->width));
}

static int feed(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const int y = lwi_decoder_feed_forward(d, x, layer), mid = d->before_feed;
    if (!lwi_build_has(b, "ffn_gate_inp.weight")) return y;
    d->routed_by = router_input(d, mid);
    const int e = lwi_decoder_experts(d, lwi_decoder_norm(d, mid, "pre_ffw_norm_2"), layer);
    return lwi_build_add(b, lwi_decoder_norm(d, y, "post_ffw_norm_1"),
                         lwi_decoder_norm(d, e, "post_ffw_norm_2"));
}

/* ----------------------------------------------------- embeddings for each layer */

static int64_t own_size(lwi_decoder *d) {
    return lwi_build_size(&d->b, "embedding_length_per_layer_input", 0, 0, LWI_MOST_WIDTH);
}

static int embed(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    const int64_t size = own_size(d), all = size * d->layers;
    const int x =
        lwi_build_scale(b, lwi_build_embedding(b, d->tokens, "token_embd"), sqrt((double)d->width));
    if (size == 0 || !lwi_build_has(b, "per_layer_token_embd.weight")) return x;
    const int own = lwi_build_scale(b, lwi_build_embedding(b, d->tokens, "per_layer_token_embd"),
                                    sqrt((double)size));
    int made = lwi_build_scale(b, lwi_build_linear_part(b, x, "per_layer_model_proj", 0, all),
                               1 / sqrt((double)d->width));
    made = lwi_build_reshape(b, made, 3, (int64_t[]){-1, d->layers, size});
    made = lwi_build_reshape(b, lwi_decoder_norm(d, made, "per_layer_proj_norm"), 2,
                             (int64_t[]){-1, all});
    d->each_layer = lwi_build_scale(b, lwi_build_add(b, made, own), sqrt(0.5));
    return x;
}

static int end_layer(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const int64_t size = own_size(d);
    if (d->each_layer >= 0 && b->status == LW_OK) {
        const int gate = lwi_decoder_activate(d, lwi_build_linear(b, x, "inp_gate"));
        const int own = lwi_build_part(b, d->each_layer, layer * size, size);
        const int y = lwi_build_linear(b, lwi_build_mul(b, gate, own), "proj");
        x = lwi_build_add(b, x, lwi_decoder_norm(d, y, "post_norm"));
    }
    if (!lwi_build_has(b, "layer_output_scale.weight")) return x;
    return lwi_build_mul(b, x, lwi_build_weight(b, "layer_output_scale.weight", true));
}

static void adjust(lwi_decoder *d) {
    d->windowed = windowed_usual;
    lwi_decoder_read_window(d, 512);
    d->attention_scale = 1;
    d->b.unscaled = true; /* the router's factors are of what it gets */
    d->logit_cap = lwi_build_number(&d->b, "final_logit_softcapping", 0);
    d->normalize_experts = true;
    d->mix = mix;
    d->feed = feed;
    d->embed = embed;
    d->end_layer = end_layer;
    d->each_layer = -1;
    d->kept[0].keys = d->kept[1].keys = -1;
}

const lwi_decoder_style lwi_style_gemma4 = {
    .norm = LWI_NORM_RMS, .activation = LWI_GELU, .rope = LWI_ROPE_HALVES, .adjust = adjust};
