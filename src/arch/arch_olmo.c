/* SPDX-License-Identifier: MIT
 * OLMo 2 and OLMoE (Walsh et al. 2025, arXiv 2501.00656; Muennighoff et al. 2024, arXiv
 * 2409.02060). OLMo 2 has norms after the parts instead of before. */
#include "arch/decoder.h"

const lwi_decoder_style lwi_style_olmo2 = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES};
const lwi_decoder_style lwi_style_olmoe = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES};
