/* SPDX-License-Identifier: MIT
 * LFM2 (Liquid AI 2025, arXiv 2511.23404): most layers are short convolutions between two gates,
 * the others attention. */
#include "arch/decoder.h"

static int short_conv(lwi_decoder *d, int x) {
    lwi_graph_builder *b = &d->b;
    const int all = lwi_build_linear(b, x, "shortconv.in_proj");
    const int before = lwi_build_part(b, all, 0, d->width);
    const int after = lwi_build_part(b, all, d->width, d->width);
    const int inner = lwi_build_mul(b, before, lwi_build_part(b, all, 2 * d->width, d->width));
    const int y = lwi_build_mul(b, after, lwi_decoder_convolve(d, inner, "shortconv.conv"));
    return lwi_build_linear(b, y, "shortconv.out_proj");
}

static int mix(lwi_decoder *d, int x, int64_t layer) {
    return lwi_build_has(&d->b, "shortconv.conv.weight") ? short_conv(d, x)
                                                         : lwi_decoder_attention(d, x, layer);
}

/* Files may call the last norm as if it were of embeddings. */
static void adjust(lwi_decoder *d) {
    d->mix = mix;
    if (!lwi_build_has(&d->b, "output_norm.weight")) d->output_norm = "token_embd_norm";
}

static void adjust_moe(lwi_decoder *d) {
    adjust(d);
    d->sigmoid_experts = true;
    d->normalize_experts = lwi_build_number(&d->b, "expert_weights_norm", 1) != 0;
}

const lwi_decoder_style lwi_style_lfm2_moe = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES, .adjust = adjust_moe};
const lwi_decoder_style lwi_style_lfm2 = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES, .adjust = adjust};
