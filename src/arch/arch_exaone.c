/* SPDX-License-Identifier: MIT
 * EXAONE 4 (LG AI Research 2025, arXiv 2507.11407): norms behind the parts; where layers have
 * windows, every fourth one sees all and knows nothing of positions. */
#include "arch/decoder.h"

static bool windowed(const lwi_decoder *d, int64_t layer) {
    (void)d;
    return layer % 4 != 3;
}

static void adjust(lwi_decoder *d) {
    d->windowed = windowed;
    lwi_decoder_read_window(d, 0);
    d->rope_in_windows = d->window > 0;
}

const lwi_decoder_style lwi_style_exaone4 = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_HALVES, .adjust = adjust};
