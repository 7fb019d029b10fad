/* SPDX-License-Identifier: MIT
 * Qwen2-MoE and Qwen3-MoE (arXiv 2407.10671, 2505.09388), MiniMax-M2. */
#include "arch/decoder.h"

static void adjust_qwen2(lwi_decoder *d) { lwi_decoder_read_window(d, 0); }

/* GGUF files do not say whether weights are made to sum to 1, and mean it; config.json says so. */
static void adjust_qwen3(lwi_decoder *d) {
    const bool absent = !d->b.from->unpermuted;
    lwi_decoder_read_window(d, 0);
    d->normalize_experts = lwi_build_number(&d->b, "expert_weights_norm", absent) != 0;
}

static void adjust_minimax(lwi_decoder *d) { d->normalize_experts = d->sigmoid_experts = true; }

const lwi_decoder_style lwi_style_minimax_m2 = {.norm = LWI_NORM_RMS,
                                                .activation = LWI_SILU,
                                                .rope = LWI_ROPE_HALVES,
                                                .adjust = adjust_minimax};
const lwi_decoder_style lwi_style_qwen2_moe = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES, .adjust = adjust_qwen2};
const lwi_decoder_style lwi_style_qwen3_moe = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES, .adjust = adjust_qwen3};
