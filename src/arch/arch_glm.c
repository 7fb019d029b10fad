/* SPDX-License-Identifier: MIT
 * GLM-4 (arXiv 2406.12793), the first one called ChatGLM in GGUF files, and GLM-4.5 (arXiv
 * 2508.06471) with experts. Half of each head is turned. */
#include "arch/decoder.h"

/* The last layers guess further tokens. */
static void adjust_moe(lwi_decoder *d) {
    const int64_t ahead =
        lwi_build_size(&d->b, "nextn_predict_layers", 0, 0, d->layers > 1 ? d->layers - 1 : 0);
    if (!d->b.from->unpermuted) d->layers -= ahead;
    d->ffn_norm = "post_attention_norm"; /* as GGUF calls it here */
    d->attention_norm = "none";
}

const lwi_decoder_style lwi_style_glm4 = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_PAIRS};
const lwi_decoder_style lwi_style_glm4_moe = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES, .adjust = adjust_moe};
