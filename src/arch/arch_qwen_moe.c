/* SPDX-License-Identifier: MIT
 * Qwen2-MoE and Qwen3-MoE (arXiv 2407.10671, 2505.09388). */
#include "arch/decoder.h"

static void adjust_qwen3(lwi_decoder *d) { d->normalize_experts = true; }

const lwi_decoder_style lwi_style_qwen2_moe = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES};
const lwi_decoder_style lwi_style_qwen3_moe = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES, .adjust = adjust_qwen3};
