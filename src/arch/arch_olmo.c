/* SPDX-License-Identifier: MIT
 * OLMo 1 to 3 and OLMoE (Groeneveld et al. 2024, arXiv 2402.00838; Walsh et al. 2025, arXiv
 * 2501.00656; Muennighoff et al. 2024, arXiv 2409.02060). Norms of the first have no weights; those
 * of the second stand after the parts instead of before; the third has windows, whose layers do not
 * stretch angles. */
#include "arch/decoder.h"

static void adjust_first(lwi_decoder *d) { d->plain_norms = true; }

static bool windowed(const lwi_decoder *d, int64_t layer) {
    (void)d;
    return layer % 4 != 3;
}

static void adjust_second(lwi_decoder *d) {
    d->windowed = windowed;
    lwi_decoder_read_window(d, 0);
    d->has_local_rope = d->window > 0;
    d->local_rope_base = lwi_build_number(&d->b, "rope.freq_base", 10000);
}

const lwi_decoder_style lwi_style_olmo = {.norm = LWI_NORM_LAYER,
                                          .activation = LWI_SILU,
                                          .rope = LWI_ROPE_PAIRS,
                                          .permuted = true,
                                          .adjust = adjust_first};
const lwi_decoder_style lwi_style_olmo2 = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES, .adjust = adjust_second};
const lwi_decoder_style lwi_style_olmoe = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES};
