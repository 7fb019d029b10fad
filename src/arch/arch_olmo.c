/* SPDX-License-Identifier: MIT
 * OLMo 1 and 2, OLMoE (Groeneveld et al. 2024, arXiv 2402.00838, 2501.00656, 2409.02060). The norms
 * of OLMo 1 have no weights; OLMo 2 has norms after the parts instead of before. */
#include "arch/decoder.h"

const lwi_decoder_style lwi_style_olmo = {
    .norm = LWI_NORM_LAYER, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES};
const lwi_decoder_style lwi_style_olmo2 = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES};
const lwi_decoder_style lwi_style_olmoe = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES};
