/* SPDX-License-Identifier: MIT
 * gpt-oss (OpenAI 2025, arXiv 2508.10925): windows in every second layer, sinks, experts with
 * biases and a clamped gate. */
#include "arch/decoder.h"

static bool windowed(const lwi_decoder *d, int64_t layer) {
    (void)d;
    return layer % 2 == 0;
}

static void adjust(lwi_decoder *d) {
    d->windowed = windowed;
    lwi_decoder_read_window(d, 128);
    d->ffn_norm = "post_attention_norm"; /* as GGUF calls it here */
    d->attention_norm = "none";
    d->smooth_yarn = true;
    d->softmax_of_chosen = true;
    d->clamped_gate = true;
}

const lwi_decoder_style lwi_style_gpt_oss = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES, .adjust = adjust};
