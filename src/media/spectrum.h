/* SPDX-License-Identifier: MIT
 * Spectra of sounds: what their functions share. */
#ifndef LWI_SPECTRUM_H
#define LWI_SPECTRUM_H

#include "wav.h"

enum { LWI_MOST_FFT = 1 << 20, LWI_MOST_MELS = 4096 };

/* The options with their defaults put in; LW_INVALID if they do not fit together. */
lw_status lwi_spectrum_options(const lw_media_spectrum_options *given,
                               lw_media_spectrum_options *options);

#endif
