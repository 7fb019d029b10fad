/* SPDX-License-Identifier: MIT
 * DeepSeek-V2 and V3 (arXiv 2405.04434, 2412.19437): compressed keys and values, many small experts
 * beside shared ones, dense layers first. */
#include "arch/decoder.h"

#include <math.h>

/* Scores are larger in a stretched context. GGUF has a tenth of the factor. */
static void adjust(lwi_decoder *d) {
    const double factor = lwi_build_number(&d->b, "rope.scaling.factor", 1);
    const double slope = lwi_build_number(&d->b, "rope.scaling.yarn_log_multiplier", 0);
    d->mix = lwi_decoder_latent_attention;
    d->stretched_scale = factor > 1 ? 1 + slope * log(factor) : 1;
}

const lwi_decoder_style lwi_style_deepseek2 = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_PAIRS, .adjust = adjust};
