/* SPDX-License-Identifier: MIT
 * Encoders: BERT and RoBERTa (Devlin et al. 2018, arXiv 1810.04805; Liu et al. 2019, arXiv
 * 1907.11692), Nomic Embed (Nussbaum et al. 2024, arXiv 2402.01613), ModernBERT (Warner et al.
 * 2024, arXiv 2412.13663). The first three have norms behind their parts, the last before them. */
#include "arch/decoder.h"

static void adjust(lwi_decoder *d) {
    d->epsilon = lwi_build_number(&d->b, "attention.layer_norm_epsilon", 1e-12);
}

/* MPNet (Song et al. 2020, arXiv 2004.09297): all layers have one bias by distance. */
static void adjust_mpnet(lwi_decoder *d) {
    adjust(d);
    lwi_decoder_bucket_bias(d, "attn_rel_b.weight", true);
}

/* The first layer of every three sees all. */
static bool windowed_modern(const lwi_decoder *d, int64_t layer) {
    return layer % d->window_period != 0;
}

static void adjust_modern(lwi_decoder *d) {
    d->windowed = windowed_modern;
    d->window_period = lwi_build_size(&d->b, "attention.sliding_window_pattern", 3, 1, INT32_MAX);
    lwi_decoder_read_window(d, 128);
    d->window /= 2; /* to each side */
    d->has_local_rope = d->window > 0;
    d->local_rope_base = lwi_build_number(&d->b, "rope.freq_base_swa", 10000);
}

const lwi_decoder_style lwi_style_bert = {.norm = LWI_NORM_LAYER,
                                          .activation = LWI_GELU_EXACT,
                                          .rope = LWI_ROPE_NONE,
                                          .encoder = true,
                                          .adjust = adjust};
const lwi_decoder_style lwi_style_mpnet = {.norm = LWI_NORM_LAYER,
                                           .activation = LWI_GELU_EXACT,
                                           .rope = LWI_ROPE_NONE,
                                           .encoder = true,
                                           .adjust = adjust_mpnet};
const lwi_decoder_style lwi_style_nomic_bert = {.norm = LWI_NORM_LAYER,
                                                .activation = LWI_SILU,
                                                .rope = LWI_ROPE_HALVES,
                                                .encoder = true,
                                                .adjust = adjust};
const lwi_decoder_style lwi_style_modern_bert = {.norm = LWI_NORM_LAYER,
                                                 .activation = LWI_GELU_EXACT,
                                                 .rope = LWI_ROPE_HALVES,
                                                 .encoder = true,
                                                 .adjust = adjust_modern};
