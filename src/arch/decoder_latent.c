/* SPDX-License-Identifier: MIT
 * Attention whose keys and values are made of one small vector (DeepSeek-V2, arXiv 2405.04434). Of
 * a head, only a part is turned; of keys, that part is the same for all heads.
 *
 * Files either have the matrix that makes keys and values of the vector, or its two parts, that for
 * keys transposed. With the parts, queries are multiplied instead of keys, the vectors themselves
 * serve all heads as keys and values, and the cache stays small. */
#include "arch/decoder.h"

#include <math.h>

typedef struct latent {
    int64_t heads, rank, turned, plain, value; /* rank: of the vector; the others of a head */
} latent;

static latent read_sizes(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    latent s;
    s.heads = lwi_build_size(b, "attention.head_count", 0, 1, LWI_MOST_HEADS);
    s.rank = lwi_build_size(b, "attention.kv_lora_rank", 0, 1, LWI_MOST_WIDTH);
    s.turned = lwi_build_size(b, "rope.dimension_count", 0, 2, LWI_MOST_WIDTH);
    const int64_t key = lwi_build_size(b, "attention.key_length", 1, 1, LWI_MOST_WIDTH);
    const int64_t value = lwi_build_size(b, "attention.value_length", 1, 1, LWI_MOST_WIDTH);
    s.value = lwi_build_size(b, "attention.value_length_mla", value, 1, LWI_MOST_WIDTH);
    s.plain = lwi_build_size(b, "attention.key_length_mla", key, 1, LWI_MOST_WIDTH) - s.turned;
    if (s.plain < 1)
        lwi_build_fail(b, LW_CORRUPT, "heads of %lld elements that are turned",
                       (long long)s.turned);
    return s;
}

static int apart(lwi_decoder *d, int x, int64_t heads, int64_t size) {
    return lwi_build_reshape(&d->b, x, 3, (int64_t[]){-1, heads, size});
}

static int together(lwi_decoder *d, int x, int64_t size) {
    return lwi_build_reshape(&d->b, x, 2, (int64_t[]){-1, size});
}

static int concatenate(lwi_decoder *d, int x, int y) {
    const int z = lwi_build(&d->b, "Concat", 2, (int[]){x, y});
    lwi_build_int(&d->b, "axis", -1);
    return z;
}

/* Of what is compressed. In transformers its epsilon is not the configuration's; the files of
 * llama.cpp have one for all norms. */
static int norm(lwi_decoder *d, int x, const char *name) {
    const double own = d->epsilon;
    d->epsilon = lwi_build_number(&d->b, "attention.latent_norm_rms_epsilon", own);
    const int y = lwi_decoder_norm(d, x, name);
    d->epsilon = own;
    return y;
}

/* [tokens, heads, plain + turned] */
static int queries(lwi_decoder *d, int x, const latent *s) {
    lwi_graph_builder *b = &d->b;
    const bool compressed = lwi_build_has(b, "attn_q_a.weight");
    const int h = compressed ? norm(d, lwi_build_linear(b, x, "attn_q_a"), "attn_q_a_norm") : x;
    return apart(d, lwi_build_linear(b, h, compressed ? "attn_q_b" : "attn_q"), s->heads,
                 s->plain + s->turned);
}

/* Every token has the matrices of all heads, in order. */
static int all_heads(lwi_decoder *d, int64_t heads) {
    lwi_graph_builder *b = &d->b;
    int64_t numbers[LWI_MOST_HEADS];
    for (int64_t i = 0; i < heads; i++)
        numbers[i] = i;
    const int row = lwi_build_ints(b, (size_t)heads, numbers);
    const int column = lwi_build_reshape(b, d->positions, 2, (int64_t[]){-1, 1});
    const int wide = lwi_build(b, "Cast", 1, &column);
    lwi_build_int(b, "to", LW_INT64);
    const int zero = lwi_build_mul(b, wide, lwi_build_ints(b, 1, &(int64_t){0}));
    return lwi_build_add(b, zero, row);
}

/* Each head has keys and values of its own. */
static int attend_expanded(lwi_decoder *d, const latent *s, int q, int c, int shared, lwi_rope rope,
                           int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const int64_t key = s->turned + s->plain;
    const int kv = apart(d, lwi_build_linear(b, c, "attn_kv_b"), s->heads, s->plain + s->value);
    const int shape = lwi_build_ints(b, 3, (int64_t[]){1, s->heads, 1});
    const int turned = lwi_build(b, "Expand", 2, (int[]){apart(d, shared, 1, s->turned), shape});
    const int k = concatenate(d, turned, lwi_build_part(b, kv, 0, s->plain));
    const int v = lwi_build_part(b, kv, s->plain, s->value);
    const int q_turned = lwi_build_part(b, q, s->plain, s->turned);
    const int turned_first = concatenate(d, q_turned, lwi_build_part(b, q, 0, s->plain));
    const int qkv[3] = {together(d, turned_first, s->heads * key), together(d, k, s->heads * key),
                        together(d, v, s->heads * s->value)};
    const lwi_head_sizes sizes = {s->heads, s->heads, key, s->value};
    return lwi_decoder_attend(d, qkv, &sizes, rope, layer);
}

/* All heads share one head of keys, which is the vector and the turned part. */
static int attend_compressed(lwi_decoder *d, const latent *s, int q, int c, int shared,
                             lwi_rope rope, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const int64_t key = s->turned + s->rank;
    if (d->all_heads == 0) d->all_heads = all_heads(d, s->heads);
    const int plain =
        lwi_decoder_multiply(d, lwi_build_part(b, q, 0, s->plain), "attn_k_b", d->all_heads);
    const int turned_first = concatenate(d, lwi_build_part(b, q, s->plain, s->turned), plain);
    const int qkv[3] = {together(d, turned_first, s->heads * key), concatenate(d, shared, c), c};
    const lwi_head_sizes sizes = {s->heads, 1, key, s->rank};
    const int y = apart(d, lwi_decoder_attend(d, qkv, &sizes, rope, layer), s->heads, s->rank);
    return together(d, lwi_decoder_multiply(d, y, "attn_v_b", d->all_heads), s->heads * s->value);
}

int lwi_decoder_latent_attention(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const latent s = read_sizes(d);
    if (b->status != LW_OK) return -1;
    if (d->rope.cosines == 0)
        d->rope =
            lwi_decoder_rope(d, lwi_build_number(b, "rope.freq_base", 10000), s.turned / 2, true);
    const int q = queries(d, x, &s);
    const int shared = lwi_build_linear_part(b, x, "attn_kv_a_mqa", s.rank, s.turned);
    const int c =
        norm(d, lwi_build_linear_part(b, x, "attn_kv_a_mqa", 0, s.rank), "attn_kv_a_norm");
    d->attention_scale =
        d->stretched_scale * d->stretched_scale / sqrt((double)(s.plain + s.turned));
    const int y = lwi_build_has(b, "attn_k_b.weight")
                      ? attend_compressed(d, &s, q, c, shared, d->rope, layer)
                      : attend_expanded(d, &s, q, c, shared, d->rope, layer);
    return lwi_build_linear(b, y, "attn_output");
}
