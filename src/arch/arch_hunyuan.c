/* SPDX-License-Identifier: MIT
 * Hunyuan (Tencent 2025), with experts or without: queries and keys are turned before their norms.
 */
#include "arch/decoder.h"

static void adjust(lwi_decoder *d) {
    d->turned_norms = true;
    d->normalize_experts = true;
}

const lwi_decoder_style lwi_style_hunyuan = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES, .adjust = adjust};
