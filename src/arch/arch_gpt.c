/* SPDX-License-Identifier: MIT
 * GPT-2 (Radford et al. 2019), StarCoder (Li et al. 2023, arXiv 2305.06161), OPT (Zhang et al.
 * 2022, arXiv 2205.01068) and GPT-Neo (Black et al. 2021), with positions that are learned; GPT-J
 * (Wang and Komatsuzaki 2021); GPT-NeoX and Pythia (Black et al. 2022, arXiv 2204.06745); Falcon
 * (Almazrouei et al. 2023, arXiv 2311.16867). */
#include "arch/decoder.h"

static void adjust_mixed(lwi_decoder *d) {
    d->parallel = lwi_build_number(&d->b, "use_parallel_residual", 1) != 0;
    d->b.mixed = true;
}

/* Every second layer has a window, where the file does not list them; scores are not scaled. */
static bool windowed_neo(const lwi_decoder *d, int64_t layer) {
    (void)d;
    return layer % 2 == 1;
}

static void adjust_neo(lwi_decoder *d) {
    d->attention_scale = 1;
    d->windowed = windowed_neo;
    lwi_decoder_read_window(d, 256);
}

static void adjust_gpt2(lwi_decoder *d) { d->b.unscaled = true; }

const lwi_decoder_style lwi_style_gpt2 = {
    .norm = LWI_NORM_LAYER, .activation = LWI_GELU, .rope = LWI_ROPE_NONE, .adjust = adjust_gpt2};
const lwi_decoder_style lwi_style_starcoder = {
    .norm = LWI_NORM_LAYER, .activation = LWI_GELU, .rope = LWI_ROPE_NONE};
const lwi_decoder_style lwi_style_opt = {
    .norm = LWI_NORM_LAYER, .activation = LWI_RELU, .rope = LWI_ROPE_NONE};
const lwi_decoder_style lwi_style_gpt_neo = {
    .norm = LWI_NORM_LAYER, .activation = LWI_GELU, .rope = LWI_ROPE_NONE, .adjust = adjust_neo};
const lwi_decoder_style lwi_style_gptj = {
    .norm = LWI_NORM_LAYER, .activation = LWI_GELU, .rope = LWI_ROPE_PAIRS, .parallel = true};
const lwi_decoder_style lwi_style_gpt_neox = {.norm = LWI_NORM_LAYER,
                                              .activation = LWI_GELU,
                                              .rope = LWI_ROPE_HALVES,
                                              .adjust = adjust_mixed};
const lwi_decoder_style lwi_style_falcon = {.norm = LWI_NORM_LAYER,
                                            .activation = LWI_GELU,
                                            .rope = LWI_ROPE_HALVES,
                                            .parallel = true,
                                            .adjust = adjust_mixed};
