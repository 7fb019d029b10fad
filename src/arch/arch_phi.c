/* SPDX-License-Identifier: MIT
 * Phi-2, Phi-3 and 4 (Abdin et al. 2024, arXiv 2404.14219). */
#include "arch/decoder.h"

static void read_window(lwi_decoder *d) {
    d->normalize_experts = true;
    lwi_decoder_read_window(d, 0);
}

const lwi_decoder_style lwi_style_phi2 = {
    .norm = LWI_NORM_LAYER, .activation = LWI_GELU, .rope = LWI_ROPE_HALVES, .parallel = true};
const lwi_decoder_style lwi_style_phi3 = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES, .adjust = read_window};
