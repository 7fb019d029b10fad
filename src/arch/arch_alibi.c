/* SPDX-License-Identifier: MIT
 * Decoders that know positions by slopes: BLOOM (Le Scao et al. 2022, arXiv 2211.05100) and MPT
 * (MosaicML 2023). */
#include "arch/decoder.h"

static void adjust_bloom(lwi_decoder *d) {
    d->b.mixed = true;
    lwi_decoder_slope_bias(d, 8);
}

static void adjust_mpt(lwi_decoder *d) {
    d->attention_scale = lwi_decoder_factor(d, "attention.scale", 0);
    lwi_decoder_slope_bias(d, 8);
}

const lwi_decoder_style lwi_style_bloom = {
    .norm = LWI_NORM_LAYER, .activation = LWI_GELU, .rope = LWI_ROPE_NONE, .adjust = adjust_bloom};
const lwi_decoder_style lwi_style_mpt = {.norm = LWI_NORM_LAYER,
                                         .activation = LWI_GELU_EXACT,
                                         .rope = LWI_ROPE_NONE,
                                         .adjust = adjust_mpt};
