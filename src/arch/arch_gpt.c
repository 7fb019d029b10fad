/* SPDX-License-Identifier: MIT
 * GPT-2 (Radford et al. 2019), with positions that are learned; GPT-NeoX and Pythia (Black et al.
 * 2022, arXiv 2204.06745); Falcon (Almazrouei et al. 2023, arXiv 2311.16867). */
#include "arch/decoder.h"

static void adjust_mixed(lwi_decoder *d) {
    d->parallel = lwi_build_number(&d->b, "use_parallel_residual", 1) != 0;
    d->b.mixed = true;
}

static void adjust_gpt2(lwi_decoder *d) { d->b.unscaled = true; }

const lwi_decoder_style lwi_style_gpt2 = {
    .norm = LWI_NORM_LAYER, .activation = LWI_GELU, .rope = LWI_ROPE_NONE, .adjust = adjust_gpt2};
const lwi_decoder_style lwi_style_gpt_neox = {.norm = LWI_NORM_LAYER,
                                              .activation = LWI_GELU,
                                              .rope = LWI_ROPE_HALVES,
                                              .adjust = adjust_mixed};
const lwi_decoder_style lwi_style_falcon = {.norm = LWI_NORM_LAYER,
                                            .activation = LWI_GELU,
                                            .rope = LWI_ROPE_HALVES,
                                            .parallel = true,
                                            .adjust = adjust_mixed};
