/* SPDX-License-Identifier: MIT
 * Nemotron-H and Nemotron 3 (NVIDIA 2025, arXiv 2504.03624): each layer is one part, Mamba-2,
 * attention, a feed-forward network or experts without gates. Jamba (AI21 2024, arXiv 2403.19887):
 * Mamba in most layers, attention in others. Attention knows nothing of positions. */
#include "arch/decoder.h"

/* Its convolution has another activation than feed-forward networks. */
static int mix_mamba2(lwi_decoder *d, int x, int64_t layer) {
    const lwi_activation kept = d->activation;
    d->activation = LWI_SILU;
    const int y = lwi_decoder_mamba2(d, x, layer);
    d->activation = kept;
    return y;
}

static int mix_nemotron(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    if (lwi_build_has(b, "ssm_in.weight")) return mix_mamba2(d, x, layer);
    if (lwi_build_has(b, "ffn_gate_inp.weight")) return lwi_decoder_experts(d, x, layer);
    if (lwi_build_has(b, "ffn_up.weight")) return lwi_decoder_feed_forward(d, x, layer);
    return lwi_decoder_attention(d, x, layer);
}

static void adjust_nemotron(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    const int64_t ahead =
        lwi_build_size(b, "nextn_predict_layers", 0, 0, d->layers > 1 ? d->layers - 1 : 0);
    if (!b->from->unpermuted) d->layers -= ahead;
    d->no_feed_forward = true;
    d->sigmoid_experts = true;
    d->mix = mix_nemotron;
}

static int mix_jamba(lwi_decoder *d, int x, int64_t layer) {
    return lwi_build_has(&d->b, "ssm_in.weight") ? lwi_decoder_mamba(d, x, layer)
                                                 : lwi_decoder_attention(d, x, layer);
}

static void adjust_jamba(lwi_decoder *d) { d->mix = mix_jamba; }

const lwi_decoder_style lwi_style_nemotron_h = {.norm = LWI_NORM_RMS,
                                                .activation = LWI_RELU_SQUARED,
                                                .rope = LWI_ROPE_NONE,
                                                .adjust = adjust_nemotron};
const lwi_decoder_style lwi_style_jamba = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_NONE, .adjust = adjust_jamba};
