/* SPDX-License-Identifier: MIT
 * StableLM 2 (Bellagente et al. 2024, arXiv 2402.17834), StarCoder2 (Lozhkov et al. 2024, arXiv
 * 2402.19173), Command R and R7B (Cohere), Arcee, SmolLM3 (Hugging Face), Seed-OSS (ByteDance). */
#include "arch/decoder.h"

/* The model with 12 billion parameters has no norm of its own before the feed-forward network. */
static void adjust_stablelm(lwi_decoder *d) {
    d->b.layer = 0;
    d->parallel = !lwi_build_has(&d->b, "ffn_norm.weight");
    d->b.layer = -1;
}

static void adjust_starcoder2(lwi_decoder *d) { lwi_decoder_read_window(d, 0); }

/* Every fourth layer knows nothing of positions, where the file does not list them. */
static bool rotated_smollm3(const lwi_decoder *d, int64_t layer) {
    (void)d;
    return layer % 4 != 3;
}

static void adjust_smollm3(lwi_decoder *d) {
    d->rotated = rotated_smollm3;
    lwi_decoder_read_window(d, 0);
}

static void adjust_command_r(lwi_decoder *d) {
    d->logit_scale = lwi_decoder_factor(d, "logit_scale", 1);
}

/* Every fourth layer sees all, and knows nothing of positions. */
static bool windowed_cohere2(const lwi_decoder *d, int64_t layer) {
    (void)d;
    return layer % 4 != 3;
}

static void adjust_cohere2(lwi_decoder *d) {
    adjust_command_r(d);
    d->windowed = windowed_cohere2;
    lwi_decoder_read_window(d, 4096);
    d->rope_in_windows = d->window > 0;
}

static void adjust_seed_oss(lwi_decoder *d) {
    d->ffn_norm = "post_attention_norm"; /* as GGUF calls it here */
    d->attention_norm = "none";
}

const lwi_decoder_style lwi_style_seed_oss = {.norm = LWI_NORM_RMS,
                                              .activation = LWI_SILU,
                                              .rope = LWI_ROPE_HALVES,
                                              .adjust = adjust_seed_oss};
const lwi_decoder_style lwi_style_stablelm = {.norm = LWI_NORM_LAYER,
                                              .activation = LWI_SILU,
                                              .rope = LWI_ROPE_HALVES,
                                              .adjust = adjust_stablelm};
const lwi_decoder_style lwi_style_starcoder2 = {.norm = LWI_NORM_LAYER,
                                                .activation = LWI_GELU,
                                                .rope = LWI_ROPE_HALVES,
                                                .adjust = adjust_starcoder2};
const lwi_decoder_style lwi_style_command_r = {.norm = LWI_NORM_LAYER,
                                               .activation = LWI_SILU,
                                               .rope = LWI_ROPE_PAIRS,
                                               .parallel = true,
                                               .adjust = adjust_command_r};
const lwi_decoder_style lwi_style_cohere2 = {.norm = LWI_NORM_LAYER,
                                             .activation = LWI_SILU,
                                             .rope = LWI_ROPE_PAIRS,
                                             .parallel = true,
                                             .adjust = adjust_cohere2};
const lwi_decoder_style lwi_style_arcee = {
    .norm = LWI_NORM_RMS, .activation = LWI_RELU_SQUARED, .rope = LWI_ROPE_PAIRS, .permuted = true};
const lwi_decoder_style lwi_style_smollm3 = {.norm = LWI_NORM_RMS,
                                             .activation = LWI_SILU,
                                             .rope = LWI_ROPE_PAIRS,
                                             .permuted = true,
                                             .adjust = adjust_smollm3};
