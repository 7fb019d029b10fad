/* SPDX-License-Identifier: MIT
 * Nemotron-4 and Minitron (arXiv 2402.16819, 2407.14679): norms of layers whose weights are stored
 * less one (not in GGUF files), squared ReLUs, half of each head turned. */
#include "arch/decoder.h"

static void adjust(lwi_decoder *d) { d->norm_adds_one = d->b.from->unpermuted; }

const lwi_decoder_style lwi_style_nemotron = {.norm = LWI_NORM_LAYER,
                                              .activation = LWI_RELU_SQUARED,
                                              .rope = LWI_ROPE_HALVES,
                                              .adjust = adjust};
