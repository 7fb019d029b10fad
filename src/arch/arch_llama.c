/* SPDX-License-Identifier: MIT
 * Llama 1 to 3, Mistral, Mixtral, Granite, InternLM2 (Touvron et al. 2023, arXiv 2302.13971), and
 * those that differ by the order of turned elements only: Qwen 2 and 3 (arXiv 2407.10671,
 * 2505.09388), EXAONE. Biases and norms of heads are where the file has them. */
#include "arch/decoder.h"

#include <math.h>

static void adjust(lwi_decoder *d) {
    d->normalize_experts = true;
    d->attention_scale = lwi_decoder_factor(d, "attention.scale", 0);
    lwi_decoder_read_window(d, 0);
}

void lwi_decoder_read_granite(lwi_decoder *d) {
    adjust(d);
    d->embedding_scale = lwi_decoder_factor(d, "embedding_scale", 1);
    d->residual_scale = lwi_decoder_factor(d, "residual_scale", 1);
    d->logit_scale = 1 / lwi_decoder_factor(d, "logit_scale", 1);
}

/* MiniCPM's first files leave its factors out. */
static void adjust_minicpm(lwi_decoder *d) {
    adjust(d);
    d->embedding_scale = lwi_decoder_factor(d, "embedding_scale", 12);
    d->residual_scale = lwi_decoder_factor(d, "residual_scale", 1.4 / sqrt((double)d->layers));
    d->logit_scale = 1 / lwi_decoder_factor(d, "logit_scale", (double)d->width / 256);
}

const lwi_decoder_style lwi_style_minicpm = {.norm = LWI_NORM_RMS,
                                             .activation = LWI_SILU,
                                             .rope = LWI_ROPE_PAIRS,
                                             .permuted = true,
                                             .adjust = adjust_minicpm};

static void adjust_halves(lwi_decoder *d) {
    d->normalize_experts = true;
    lwi_decoder_read_window(d, 0);
}

/* Ministral 3: queries grow beyond the context before it was stretched. */
static void grow_queries(lwi_decoder *d, int qkv[3], const lwi_head_sizes *s, int64_t layer,
                         bool turned) {
    lwi_graph_builder *b = &d->b;
    const double scale = lwi_build_number(b, "attention.temperature_scale", 0);
    const double length =
        lwi_build_number(b, "rope.scaling.original_context_length", (double)d->context);
    (void)s, (void)layer, (void)turned;
    if (scale != 0 && length >= 1)
        qkv[0] = lwi_build_mul(b, qkv[0], lwi_decoder_temperature(d, length, scale, 0));
}

static void adjust_mistral3(lwi_decoder *d) {
    adjust(d);
    d->adjust_queries = grow_queries;
}

const lwi_decoder_style lwi_style_mistral3 = {.norm = LWI_NORM_RMS,
                                              .activation = LWI_SILU,
                                              .rope = LWI_ROPE_PAIRS,
                                              .permuted = true,
                                              .adjust = adjust_mistral3};
const lwi_decoder_style lwi_style_llama = {.norm = LWI_NORM_RMS,
                                           .activation = LWI_SILU,
                                           .rope = LWI_ROPE_PAIRS,
                                           .permuted = true,
                                           .adjust = adjust};
const lwi_decoder_style lwi_style_granite = {.norm = LWI_NORM_RMS,
                                             .activation = LWI_SILU,
                                             .rope = LWI_ROPE_PAIRS,
                                             .permuted = true,
                                             .adjust = lwi_decoder_read_granite};
const lwi_decoder_style lwi_style_llama_halves = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES, .adjust = adjust_halves};
