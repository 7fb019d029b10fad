/* SPDX-License-Identifier: MIT
 * Self-attention of a decoder's layer, with the cache of keys and values. */
#include "arch/decoder.h"
#include "base/q8_row.h"

#include <math.h>

static lwi_head_sizes read_sizes(lwi_decoder *d, int layer) {
    lwi_graph_builder *b = &d->b;
    lwi_head_sizes s;
    s.heads = lwi_build_layer_size(b, "attention.head_count", layer, 0, 1, LWI_MOST_HEADS);
    s.kv_heads =
        lwi_build_layer_size(b, "attention.head_count_kv", layer, s.heads, 1, LWI_MOST_HEADS);
    s.key = lwi_build_size(b, "attention.key_length", d->width / s.heads, 1, LWI_MOST_WIDTH);
    s.value = lwi_build_size(b, "attention.value_length", s.key, 1, LWI_MOST_WIDTH);
    if (s.heads % s.kv_heads != 0)
        lwi_build_fail(b, LW_CORRUPT, "%lld heads of queries for %lld of keys", (long long)s.heads,
                       (long long)s.kv_heads);
    return s;
}

/* Each head, or all heads together, as the weight's size says. */
static int norm_heads(lwi_decoder *d, int x, const char *name, const char *weight, int64_t heads,
                      int64_t size) {
    lwi_graph_builder *b = &d->b;
    lwi_checkpoint_tensor t;
    if (!lwi_build_tensor(b, weight, false, &t)) return x;
    if (t.rank == 1 && t.dims[0] == heads * size && heads > 1) return lwi_decoder_norm(d, x, name);
    const int apart = lwi_build_reshape(b, x, 3, (int64_t[]){-1, heads, size});
    return lwi_build_reshape(b, lwi_decoder_norm(d, apart, name), 2, (int64_t[]){-1, heads * size});
}

/* Queries and gates alternate by head: both [tokens, heads * key]. */
static void split_gate(lwi_decoder *d, const lwi_head_sizes *s, int *q, int *gate) {
    lwi_graph_builder *b = &d->b;
    const int heads = lwi_build_reshape(b, *q, 3, (int64_t[]){-1, s->heads, 2 * s->key});
    const int64_t flat[2] = {-1, s->heads * s->key};
    *q = lwi_build_reshape(b, lwi_build_part(b, heads, 0, s->key), 2, flat);
    *gate = lwi_build_reshape(b, lwi_build_part(b, heads, s->key, s->key), 2, flat);
}

static void norm_queries(lwi_decoder *d, const lwi_head_sizes *s, int qkv[3]) {
    qkv[0] = norm_heads(d, qkv[0], "attn_q_norm", "attn_q_norm.weight", s->heads, s->key);
    qkv[1] = norm_heads(d, qkv[1], "attn_k_norm", "attn_k_norm.weight", s->kv_heads, s->key);
}

/* x [tokens, heads * size], turned here instead of in the attention. */
static int turn(lwi_decoder *d, int x, int64_t heads, int64_t size, lwi_rope rope) {
    lwi_graph_builder *b = &d->b;
    int in[3] = {x, rope.cosines, rope.sines};
    for (int i = 0; i < 3; i++)
        in[i] = lwi_build(b, "Unsqueeze", 2, (int[]){in[i], lwi_build_ints(b, 1, &(int64_t){0})});
    const int y = lwi_build(b, "RotaryEmbedding", 3, in);
    lwi_build_int(b, "num_heads", heads);
    lwi_build_int(b, "interleaved", d->rope_kind == LWI_ROPE_PAIRS);
    return lwi_build_reshape(b, y, 2, (int64_t[]){-1, heads * size});
}

/* Queries, keys and values [tokens, heads * size], from one weight or three; the gate, or -1. */
static void project(lwi_decoder *d, int x, const lwi_head_sizes *s, int qkv[3], int *gate) {
    static const char *const names[3] = {"attn_q", "attn_k", "attn_v"};
    lwi_graph_builder *b = &d->b;
    const int64_t gates = d->gated_attention ? 2 : 1;
    const int64_t rows[3] = {gates * s->heads * s->key, s->kv_heads * s->key,
                             s->kv_heads * s->value};
    const bool packed = lwi_build_has(b, "attn_qkv.weight");
    int64_t first = 0;
    for (int i = 0; i < 3; i++) {
        qkv[i] = lwi_build_linear_part(b, x, packed ? "attn_qkv" : names[i], packed ? first : 0,
                                       rows[i]);
        first += rows[i];
    }
    if (d->gated_attention) split_gate(d, s, &qkv[0], gate);
    if (!d->turned_norms) norm_queries(d, s, qkv);
    const double clamp = lwi_build_number(b, "attention.clamp_kqv", 0);
    for (int i = 0; i < 3 && clamp > 0; i++)
        qkv[i] = lwi_build(
            b, "Clip", 3, (int[]){qkv[i], lwi_build_scalar(b, -clamp), lwi_build_scalar(b, clamp)});
}

bool lwi_decoder_is_windowed(lwi_decoder *d, int64_t layer) {
    if (d->window == 0) return false;
    const double listed = lwi_build_layer_number(&d->b, "windowed_layers", (int)layer, -1);
    if (listed >= 0) return listed != 0;
    return !d->windowed || d->windowed(d, layer);
}

static bool is_rotated(lwi_decoder *d, int64_t layer) {
    if (d->rope_kind == LWI_ROPE_NONE) return false;
    if (!d->rotated && !d->rope_in_windows) return true;
    const double listed = lwi_build_layer_number(&d->b, "rotated_layers", (int)layer, -1);
    if (listed >= 0) return listed != 0;
    return d->rotated ? d->rotated(d, layer) : lwi_decoder_is_windowed(d, layer);
}

static lwi_rope rope_of(lwi_decoder *d, const lwi_head_sizes *s, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const lwi_rope none = {-1, -1};
    if (!is_rotated(d, layer)) return none;
    const bool local = d->has_local_rope && lwi_decoder_is_windowed(d, layer);
    lwi_rope *rope = local ? &d->local_rope : &d->rope;
    if (rope->cosines != 0) return *rope;
    const int64_t turned = lwi_build_size(b, "rope.dimension_count", s->key, 2, s->key);
    const double base = local ? d->local_rope_base : lwi_build_number(b, "rope.freq_base", 10000);
    *rope = lwi_decoder_rope(d, base, turned / 2, !local);
    return *rope;
}

/* Over the cache, to which the keys and values are added. */
static int attend_causal(lwi_decoder *d, const int qkv[3], const lwi_head_sizes *s, lwi_rope rope) {
    lwi_graph_builder *b = &d->b;
    lwi_decoder_need_cache(d);
    const int sinks = lwi_build_weight(b, "attn_sinks.weight", false);
    const int bias = d->relative_bias;
    const int y =
        lwi_build_fused(b, "PagedAttention", 11,
                        (int[]){qkv[0], qkv[1], qkv[2], d->positions, d->sequences, d->blocks,
                                d->cache, rope.cosines, rope.sines, sinks, bias});
    lwi_build_int(b, "positions", LWI_CACHE_BLOCK);
    lwi_build_int(b, "offset", (int64_t)d->cache_elements);
    lwi_build_int(b, "q8_offset", (int64_t)d->cache_q8_bytes);
    const size_t rows = (size_t)s->kv_heads * LWI_CACHE_BLOCK;
    d->cache_elements += rows * (size_t)(s->key + s->value);
    d->cache_q8_bytes +=
        rows * (lwi_q8_row_bytes((size_t)s->key) + lwi_q8_row_bytes((size_t)s->value));
    return y;
}

static int attend_all(lwi_decoder *d, const int qkv[3], lwi_rope rope) {
    const int bias = d->relative_bias;
    return lwi_build_fused(
        &d->b, "SequenceAttention", 7,
        (int[]){qkv[0], qkv[1], qkv[2], d->sequences, rope.cosines, rope.sines, bias});
}

int lwi_decoder_attend(lwi_decoder *d, const int qkv[3], const lwi_head_sizes *s, lwi_rope rope,
                       int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const int y = d->encoder ? attend_all(d, qkv, rope) : attend_causal(d, qkv, s, rope);
    lwi_build_int(b, "num_heads", s->heads);
    lwi_build_int(b, "kv_num_heads", s->kv_heads);
    lwi_build_int(b, "interleaved", d->rope_kind == LWI_ROPE_PAIRS);
    lwi_build_int(b, d->chunked ? "chunk" : "window",
                  lwi_decoder_is_windowed(d, layer) ? d->window : 0);
    lwi_build_float(b, "scale",
                    d->attention_scale != 0 ? d->attention_scale : 1 / sqrt((double)s->key));
    lwi_build_float(b, "softcap", d->attention_cap);
    return y;
}

int lwi_decoder_attention(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const lwi_head_sizes s = read_sizes(d, (int)layer);
    int qkv[3], gate = -1;
    if (b->status != LW_OK) return -1;
    project(d, x, &s, qkv, &gate);
    lwi_rope rope = rope_of(d, &s, layer);
    if (d->turned_norms) {
        qkv[0] = turn(d, qkv[0], s.heads, s.key, rope);
        qkv[1] = turn(d, qkv[1], s.kv_heads, s.key, rope);
        norm_queries(d, &s, qkv);
        rope = (lwi_rope){-1, -1};
    }
    if (d->adjust_queries) d->adjust_queries(d, qkv, &s, layer, rope.cosines >= 0);
    int y = lwi_decoder_attend(d, qkv, &s, rope, layer);
    if (gate >= 0) y = lwi_build_mul(b, y, lwi_build(b, "Sigmoid", 1, &gate));
    return lwi_build_linear(
        b, norm_heads(d, y, "attn_sub_norm", "attn_sub_norm.weight", 1, s.heads * s.value),
        lwi_build_has(b, "attn_o.weight") ? "attn_o" : "attn_output");
}
