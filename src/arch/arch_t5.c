/* SPDX-License-Identifier: MIT
 * T5 (Raffel et al. 2019, arXiv 1910.10683), or its encoder alone: scores are not scaled, and have
 * a bias that depends on how far apart two tokens are. Distances fall into buckets that grow with
 * them. With a decoder there are more inputs than those of arch/decoder.h:
 *   source, source_sequences                        (lwi_decoder_open_source)
 *   memory_keys.N, memory_values.N, ranges          (arch/decoder.h: lwi_decoder_look)
 * and outputs that need nothing but the source:
 *   states           float32 [source, width]        of the encoder
 *   cross_keys.N, cross_values.N [source, ...]      what the decoder takes as its memory */
#include "arch/decoder.h"

#include <math.h>

/* The first layer's is for all that have none of their own. */
static void begin_layer(lwi_decoder *d, int64_t layer) {
    lwi_decoder_bucket_bias(d, "attn_rel_b.weight", layer == 0);
}

/* ------------------------------------------------------------------ decoder */

static int encode(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    lwi_decoder_open_source(d);
    int x = lwi_build_embedding(b, d->tokens, "token_embd");
    for (int64_t i = 0; i < d->layers && b->status == LW_OK; i++)
        x = lwi_decoder_layer(d, x, i);
    x = lwi_decoder_norm(d, x, "enc.output_norm");
    lwi_build_output(b, x, LW_FLOAT32, "states");
    return x;
}

/* Where logits come from the embeddings, states are scaled before. */
static void begin_decoder(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    const bool tied = !lwi_build_has(b, "output.weight");
    if (lwi_build_number(b, "scaled_output", tied) != 0)
        d->logit_scale = pow((double)d->width, -0.5);
    d->layers = lwi_build_size(b, "decoder_block_count", d->layers, 1, LWI_MOST_LAYERS);
    d->encoder = false;
    d->relative_bias = -1;
    d->output_norm = "dec.output_norm";
    b->stack = "dec.";
}

static void build_source(lwi_decoder *d) {
    const int states = encode(d);
    begin_decoder(d);
    lwi_decoder_open_text(d, states);
}

static void adjust(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    const double epsilon = lwi_build_number(b, "attention.layer_norm_epsilon", 1e-6);
    b->stack = "dec.";
    b->layer = 0;
    const bool decodes = lwi_build_has(b, "attn_q.weight");
    b->stack = "enc.";
    d->activation = lwi_decoder_named(d, "hidden_activation",
                                      lwi_build_has(b, "ffn_gate.weight") ? LWI_GELU : LWI_RELU);
    b->layer = -1;
    d->epsilon = lwi_build_number(b, "attention.layer_norm_rms_epsilon", epsilon);
    d->attention_scale = 1;
    d->begin_layer = begin_layer;
    if (decodes) build_source(d);
}

const lwi_decoder_style lwi_style_t5 = {.norm = LWI_NORM_RMS,
                                        .activation = LWI_RELU,
                                        .rope = LWI_ROPE_NONE,
                                        .encoder = true,
                                        .adjust = adjust};
