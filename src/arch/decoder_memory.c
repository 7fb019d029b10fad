/* SPDX-License-Identifier: MIT
 * What a decoder sees of an encoder's states: keys and values of each layer, which are made once
 * and looked at with each token. */
#include "arch/decoder.h"

#include <math.h>
#include <stdio.h>

int lwi_decoder_attend_dense(lwi_decoder *d, int q, int k, int v, int64_t heads, int64_t key) {
    lwi_graph_builder *b = &d->b;
    const int y = lwi_build(b, "Attention", 3, (int[]){q, k, v});
    lwi_build_int(b, "q_num_heads", heads);
    lwi_build_int(b, "kv_num_heads", heads);
    lwi_build_float(b, "scale",
                    d->attention_scale != 0 ? d->attention_scale : 1 / sqrt((double)key));
    return y;
}

static int64_t read_heads(lwi_decoder *d, int64_t *key) {
    lwi_graph_builder *b = &d->b;
    const int64_t heads = lwi_build_size(b, "attention.head_count", 0, 1, LWI_MOST_HEADS);
    *key = lwi_build_size(b, "attention.key_length", d->width / heads, 1, LWI_MOST_WIDTH);
    return heads;
}

void lwi_decoder_make_memory(lwi_decoder *d, int states) {
    lwi_graph_builder *b = &d->b;
    char name[64];
    for (int64_t i = 0; i < d->layers && b->status == LW_OK; i++) {
        b->layer = (int)i;
        snprintf(name, sizeof name, "cross_keys.%lld", (long long)i);
        lwi_build_output(b, lwi_build_linear(b, states, "cross_attn_k"), LW_FLOAT32, name);
        snprintf(name, sizeof name, "cross_values.%lld", (long long)i);
        lwi_build_output(b, lwi_build_linear(b, states, "cross_attn_v"), LW_FLOAT32, name);
    }
    b->layer = -1;
}

void lwi_decoder_open_source(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    int *const inputs[2] = {&d->tokens, &d->sequences};
    for (int i = 0; i < 2; i++)
        *inputs[i] = lwi_build_input(b, i ? "source_sequences" : "source", LW_INT32, 1,
                                     (int64_t[]){-1}, (const char *const[]){"source"});
}

void lwi_decoder_open_text(lwi_decoder *d, int states) {
    lwi_graph_builder *b = &d->b;
    int64_t key = 0;
    const int64_t heads = read_heads(d, &key);
    d->look = lwi_decoder_look;
    d->several_sources = true;
    lwi_decoder_make_memory(d, states);
    lwi_build_note(b, "lampwick.source.layers", d->layers);
    lwi_build_note(b, "lampwick.source.width", heads * key);
    lwi_build_note(b, "lampwick.source.start",
                   lwi_build_size(b, "decoder_start_token_id", 0, 0, INT32_MAX));
}

static int memory_input(lwi_decoder *d, const char *kind, int64_t layer, int64_t width) {
    char name[64];
    snprintf(name, sizeof name, "memory_%s.%lld", kind, (long long)layer);
    if (d->several_sources)
        return lwi_build_input(&d->b, name, LW_FLOAT32, 2, (int64_t[]){-1, width},
                               (const char *const[]){"rows", NULL});
    return lwi_build_input(&d->b, name, LW_FLOAT32, 3, (int64_t[]){1, -1, width},
                           (const char *const[]){NULL, "frames", NULL});
}

static int heads_first(lwi_graph_builder *b, int x, int64_t heads, int64_t key, bool turned) {
    const int apart = lwi_build_reshape(b, x, 3, (int64_t[]){-1, heads, key});
    const int y = lwi_build(b, "Transpose", 1, &apart);
    lwi_build_list(b, "perm", 3, turned ? (int64_t[]){1, 2, 0} : (int64_t[]){1, 0, 2});
    return y;
}

/* What the softmax of the attention is taken of. */
static void show_scores(lwi_decoder *d, int q, int k, int64_t heads, int64_t key, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    char name[64];
    const int scores = lwi_build(
        b, "MatMul", 2,
        (int[]){heads_first(b, q, heads, key, false), heads_first(b, k, heads, key, true)});
    snprintf(name, sizeof name, "cross_scores.%lld", (long long)layer);
    lwi_build_output(b, lwi_build_scale(b, scores, 1 / sqrt((double)key)), LW_FLOAT32, name);
}

/* Each token looks at what its own sequence's source has left. */
static int look_apart(lwi_decoder *d, int q, int k, int v, int64_t heads, int64_t key) {
    lwi_graph_builder *b = &d->b;
    if (d->ranges < 0)
        d->ranges = lwi_build_input(b, "ranges", LW_INT32, 2, (int64_t[]){-1, 2},
                                    (const char *const[]){"sequences", NULL});
    const int y =
        lwi_build_fused(b, "MemoryAttention", 5, (int[]){q, k, v, d->sequences, d->ranges});
    lwi_build_int(b, "num_heads", heads);
    lwi_build_float(b, "scale",
                    d->attention_scale != 0 ? d->attention_scale : 1 / sqrt((double)key));
    return y;
}

/* All look at the only source. */
static int look_together(lwi_decoder *d, int q, int k, int v, int64_t heads, int64_t key) {
    lwi_graph_builder *b = &d->b;
    q = lwi_build_reshape(b, q, 3, (int64_t[]){1, -1, heads * key});
    return lwi_build_reshape(b, lwi_decoder_attend_dense(d, q, k, v, heads, key), 2,
                             (int64_t[]){-1, heads * key});
}

int lwi_decoder_look(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    int64_t key = 0;
    const int64_t heads = read_heads(d, &key), width = heads * key;
    const int k = memory_input(d, "keys", layer, width);
    const int v = memory_input(d, "values", layer, width);
    const bool behind = lwi_build_has(b, "cross_attn_output_norm.weight");
    const int before = behind ? x : lwi_decoder_norm(d, x, "cross_attn_norm");
    const int h = lwi_build_linear(b, before, "cross_attn_q");
    if (d->shows_scores) show_scores(d, h, k, heads, key, layer);
    const int y = d->several_sources ? look_apart(d, h, k, v, heads, key)
                                     : look_together(d, h, k, v, heads, key);
    const char *out =
        lwi_build_has(b, "cross_attn_o.weight") ? "cross_attn_o" : "cross_attn_output";
    const int sum = lwi_build_add(b, x, lwi_build_linear(b, y, out));
    return behind ? lwi_decoder_norm(d, sum, "cross_attn_output_norm") : sum;
}
