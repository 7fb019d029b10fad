/* SPDX-License-Identifier: MIT
 * Sound files to float32 [channels, frames]. */
#ifndef LWI_WAV_H
#define LWI_WAV_H

#include "media_bytes.h"

bool lwi_is_wav(lwi_bytes file);
/* LW_UNSUPPORTED for a coding other than PCM and float. */
lw_status lwi_read_wav(lwi_bytes file, lw_value **samples, int *rate);
/* Any file that libsndfile knows. */
lw_status lwi_read_sndfile(const char *path, lw_value **samples, int *rate);

/* LW_SHAPE if the value is no sound: float32 [channels, frames]. */
lw_status lwi_sound_check(const lw_value *samples);

#endif
