/* SPDX-License-Identifier: MIT
 * ERNIE 4.5 (Baidu 2025), with experts or without. Experts are chosen with a bias, their weights
 * made to sum to 1. */
#include "arch/decoder.h"

static void adjust(lwi_decoder *d) { d->normalize_experts = true; }

const lwi_decoder_style lwi_style_ernie = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_PAIRS, .adjust = adjust};
