/* SPDX-License-Identifier: MIT
 * Gemma 1 to 3 (arXiv 2403.08295, 2408.00118, 2503.19786): scaled embeddings, norms on both sides,
 * windows in some layers. (GGUF stores the weights of norms with the 1 added.) */
#include "arch/decoder.h"

#include <math.h>

/* Queries of the largest models are scaled by the width, not by their size; Hugging Face's
 * configurations say so. */
static void read_scale(lwi_decoder *d, int64_t largest) {
    double absent = 0;
    if (d->layers == largest) {
        const int64_t heads = lwi_build_size(&d->b, "attention.head_count", 0, 1, LWI_MOST_HEADS);
        absent = 1 / sqrt((double)d->width / (double)heads);
    }
    d->attention_scale = lwi_decoder_factor(d, "attention.scale", absent);
}

static void scale_embeddings(lwi_decoder *d) {
    d->embedding_scale = sqrt((double)d->width);
    d->norm_adds_one = d->b.from->unpermuted;
}

/* Every second layer sees all. */
static bool windowed_gemma2(const lwi_decoder *d, int64_t layer) {
    (void)d;
    return layer % 2 == 0;
}

static void adjust_gemma2(lwi_decoder *d) {
    scale_embeddings(d);
    d->windowed = windowed_gemma2;
    d->attention_cap = lwi_build_number(&d->b, "attn_logit_softcapping", 50);
    d->logit_cap = lwi_build_number(&d->b, "final_logit_softcapping", 30);
    lwi_decoder_read_window(d, 4096);
    read_scale(d, 46); /* 27 billion parameters */
}

/* Every sixth layer sees all. */
static bool windowed_gemma3(const lwi_decoder *d, int64_t layer) {
    (void)d;
    return layer % 6 != 5;
}

static void adjust_gemma3(lwi_decoder *d) {
    scale_embeddings(d);
    d->windowed = windowed_gemma3;
    d->attention_cap = lwi_build_number(&d->b, "attn_logit_softcapping", 0);
    d->logit_cap = lwi_build_number(&d->b, "final_logit_softcapping", 0);
    lwi_decoder_read_window(d, 0);
    d->has_local_rope = d->window > 0;
    d->local_rope_base = lwi_build_number(&d->b, "rope.local.freq_base", 10000);
    read_scale(d, 62); /* 27 billion parameters */
}

/* EmbeddingGemma (arXiv 2509.20354) */
static void adjust_gemma_embedding(lwi_decoder *d) {
    adjust_gemma3(d);
    d->window /= 2; /* to each side */
}

const lwi_decoder_style lwi_style_gemma_embedding = {.norm = LWI_NORM_RMS,
                                                     .activation = LWI_GELU,
                                                     .rope = LWI_ROPE_HALVES,
                                                     .encoder = true,
                                                     .adjust = adjust_gemma_embedding};
const lwi_decoder_style lwi_style_gemma = {.norm = LWI_NORM_RMS,
                                           .activation = LWI_GELU,
                                           .rope = LWI_ROPE_HALVES,
                                           .adjust = scale_embeddings};
const lwi_decoder_style lwi_style_gemma2 = {
    .norm = LWI_NORM_RMS, .activation = LWI_GELU, .rope = LWI_ROPE_HALVES, .adjust = adjust_gemma2};
const lwi_decoder_style lwi_style_gemma3 = {
    .norm = LWI_NORM_RMS, .activation = LWI_GELU, .rope = LWI_ROPE_HALVES, .adjust = adjust_gemma3};
