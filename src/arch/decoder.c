/* SPDX-License-Identifier: MIT
 * A decoder: embeddings, layers, logits; or an encoder, which ends with the states of tokens. */
#include "arch/decoder.h"

#include <stdio.h>
#include <string.h>

static void read_sizes(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    d->width = lwi_build_size(b, "embedding_length", 0, 1, LWI_MOST_WIDTH);
    d->layers = lwi_build_size(b, "block_count", 0, 1, LWI_MOST_LAYERS);
    d->context = lwi_build_size(b, "context_length", 2048, 1, INT32_MAX);
    d->epsilon = lwi_build_number(b,
                                  d->norm == LWI_NORM_RMS ? "attention.layer_norm_rms_epsilon"
                                                          : "attention.layer_norm_epsilon",
                                  1e-5);
    d->embedding_scale = d->residual_scale = d->logit_scale = 1;
    d->ffn_norm = "ffn_norm";
    d->attention_norm = "post_attention_norm";
    d->output_norm = "output_norm";
}

void lwi_decoder_read_window(lwi_decoder *d, int64_t absent) {
    d->window = lwi_build_size(&d->b, "attention.sliding_window", absent, 0, INT32_MAX);
}

double lwi_decoder_factor(lwi_decoder *d, const char *key, double absent) {
    const double factor = lwi_build_number(&d->b, key, absent);
    return factor == 0 ? absent : factor;
}

static void make_inputs(lwi_decoder *d) {
    static const struct {
        const char *name, *dim;
    } inputs[] = {{"tokens", "tokens"},
                  {"positions", "tokens"},
                  {"sequences", "tokens"},
                  {"outputs", "outputs"}};
    int *ids[] = {&d->tokens, &d->positions, &d->sequences, &d->outputs};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        *ids[i] = lwi_build_input(&d->b, inputs[i].name, LW_INT32, 1, (int64_t[]){-1},
                                  (const char *const[]){inputs[i].dim});
}

int lwi_decoder_norm(lwi_decoder *d, int x, const char *name) {
    lwi_graph_builder *b = &d->b;
    char text[64];
    snprintf(text, sizeof text, "%s.weight", name);
    int scale = d->plain_norms ? lwi_build_scalar(b, 1) : lwi_build_weight(b, text, true);
    if (d->norm_adds_one) scale = lwi_build_add(b, scale, lwi_build_scalar(b, 1));
    snprintf(text, sizeof text, "%s.bias", name);
    const int bias = d->norm == LWI_NORM_LAYER ? lwi_build_weight(b, text, false) : -1;
    const int y = d->norm == LWI_NORM_RMS
                      ? lwi_build(b, "RMSNormalization", 2, (int[]){x, scale})
                      : lwi_build(b, "LayerNormalization", 3, (int[]){x, scale, bias});
    lwi_build_int(b, "axis", -1);
    lwi_build_float(b, "epsilon", d->epsilon);
    return y;
}

static bool norm_is_there(lwi_decoder *d, const char *name) {
    char text[64];
    if (d->plain_norms) return !strcmp(name, "attn_norm") || !strcmp(name, "ffn_norm");
    snprintf(text, sizeof text, "%s.weight", name);
    return lwi_build_has(&d->b, text);
}

static int norm_if_there(lwi_decoder *d, int x, const char *name) {
    return norm_is_there(d, name) ? lwi_decoder_norm(d, x, name) : x;
}

/* x + scale * norm(y) */
static int add_residual(lwi_decoder *d, int x, int y, const char *norm) {
    y = norm_if_there(d, y, norm);
    return lwi_build_add(&d->b, x, lwi_build_scale(&d->b, y, d->residual_scale));
}

static int feed_forward(lwi_decoder *d, int x, int64_t layer) {
    if (d->feed) return d->feed(d, x, layer);
    return lwi_build_has(&d->b, "ffn_gate_inp.weight") ? lwi_decoder_experts(d, x, layer)
                                                       : lwi_decoder_feed_forward(d, x, layer);
}

int lwi_decoder_layer(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    b->layer = (int)layer;
    if (d->begin_layer) d->begin_layer(d, layer);
    const int h = norm_if_there(d, x, "attn_norm");
    const bool second =
        lwi_build_has(b, "attn_norm_2.weight") && strcmp(d->ffn_norm, "attn_norm_2");
    const int from = second ? lwi_decoder_norm(d, x, "attn_norm_2") : h;
    const int a = d->mix ? d->mix(d, from, layer) : lwi_decoder_attention(d, from, layer);
    const char *before = d->ffn_norm, *after = d->attention_norm;
    const bool own_norm = norm_is_there(d, before);
    int y;
    if (d->no_feed_forward) y = add_residual(d, x, a, after);
    else if (d->parallel) {
        const int f = feed_forward(d, own_norm ? lwi_decoder_norm(d, x, before) : h, layer);
        y = lwi_build_add(b, add_residual(d, x, a, after), f);
    } else {
        int mid = norm_if_there(d, add_residual(d, x, a, after), "attn_output_norm");
        if (d->look) mid = d->look(d, mid, layer);
        const int n = own_norm ? lwi_decoder_norm(d, mid, before) : mid;
        d->before_feed = mid;
        y = add_residual(d, mid, feed_forward(d, n, layer), "post_ffw_norm");
        y = norm_if_there(d, y, "layer_output_norm");
    }
    if (d->end_layer) y = d->end_layer(d, y, layer);
    b->layer = -1;
    const bool halve = d->halve_every > 0 && (layer + 1) % d->halve_every == 0;
    return lwi_build_scale(b, y, halve ? 0.5 : 1);
}

static int embed(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    if (d->embed) return d->embed(d);
    int x = lwi_build_embedding(b, d->tokens, "token_embd");
    x = lwi_build_scale(b, x, d->embedding_scale);
    if (lwi_build_has(b, "position_embd.weight"))
        x = lwi_build_add(b, x, lwi_build_embedding(b, d->positions, "position_embd"));
    if (d->encoder) x = lwi_encoder_add_type(d, x);
    return strcmp(d->output_norm, "token_embd_norm") ? norm_if_there(d, x, "token_embd_norm") : x;
}

static void make_outputs(lwi_decoder *d, int x) {
    lwi_graph_builder *b = &d->b;
    const int rows = lwi_build(b, "Gather", 2, (int[]){x, d->outputs});
    const int h = d->output_norm ? lwi_decoder_norm(d, rows, d->output_norm) : rows;
    const char *head = lwi_build_has(b, "output.weight") ? "output" : "token_embd";
    lwi_checkpoint_tensor t;
    if (lwi_build_tensor(
            b, lwi_build_has(b, "output.weight") ? "output.weight" : "token_embd.weight", true, &t))
        d->vocabulary = t.rank == 2 ? t.dims[0] : 1;
    int logits = lwi_build_linear(b, h, head);
    /* A matrix that is shared with the embeddings may have a bias all the same. */
    if (!lwi_build_has(b, "output.weight") && lwi_build_has(b, "output.bias"))
        logits = lwi_build_add(b, logits, lwi_build_weight(b, "output.bias", true));
    logits = lwi_build_scale(b, logits, d->logit_scale);
    if (lwi_build_has(b, "logits.bias"))
        logits = lwi_build_add(b, logits, lwi_build_weight(b, "logits.bias", true));
    lwi_build_output(b, lwi_build_softcap(b, logits, d->logit_cap), LW_FLOAT32, "logits");
    lwi_build_output(b, h, LW_FLOAT32, "embeddings");
}

/* How much of a slot the layers use is known when they are built. */
static lw_status fix_state(lwi_decoder *d) {
    int64_t *dims = NULL;
    if (d->state < 0) return LW_OK;
    LW_TRY(lwi_arena_alloc(d->b.graph->arena, 2, sizeof *dims, &dims));
    dims[0] = -1;
    dims[1] = (int64_t)d->state_elements;
    d->b.graph->slots[d->state].type.dims = dims;
    return LW_OK;
}

static void describe(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    const char *pooling = lwi_pooling_name(d);
    if (d->encoder) lwi_build_note(b, "lampwick.encoder", 1);
    if (pooling && b->status == LW_OK)
        b->status = lwi_network_metadata(b->network, "lampwick.pooling", pooling);
    lwi_build_note(b, "lampwick.cache.elements", (int64_t)d->cache_elements);
    lwi_build_note(b, "lampwick.cache.positions", LWI_CACHE_BLOCK);
    lwi_build_note(b, "lampwick.state.elements", (int64_t)d->state_elements);
    lwi_build_note(b, "lampwick.cache.q8_bytes", (int64_t)d->cache_q8_bytes);
    lwi_build_note(b, "lampwick.context", d->context);
    lwi_build_note(b, "lampwick.context.original", d->original_context);
    lwi_build_note(b, "lampwick.vocabulary", d->vocabulary);
    lwi_build_note(b, "lampwick.width", d->width);
}

lw_status lwi_build_decoder(lwi_network *network, const lwi_checkpoint *from,
                            const lwi_decoder_style *style) {
    lwi_decoder d = {.norm = style->norm,
                     .activation = style->activation,
                     .rope_kind = style->rope,
                     .parallel = style->parallel,
                     .blocks = -1,
                     .cache = -1,
                     .stretched = -1,
                     .ranges = -1,
                     .relative_bias = -1,
                     .routed_by = -1,
                     .slots = -1,
                     .state = -1,
                     .encoder = style->encoder};
    LW_TRY(lwi_build_open(&d.b, network, from));
    d.b.permuted = style->permuted;
    if (from->unpermuted && style->permuted) d.rope_kind = LWI_ROPE_HALVES;
    d.activation = lwi_decoder_named(&d, "hidden_activation", d.activation);
    read_sizes(&d);
    if (style->adjust) style->adjust(&d);
    make_inputs(&d);
    int x = embed(&d);
    for (int64_t i = 0; i < d.layers && d.b.status == LW_OK; i++)
        x = lwi_decoder_layer(&d, x, i);
    if (d.encoder) lwi_encoder_outputs(&d, x);
    else make_outputs(&d, x);
    if (d.b.status == LW_OK) d.b.status = fix_state(&d);
    describe(&d);
    return lwi_build_close(&d.b);
}
