/* SPDX-License-Identifier: MIT
 * Sound files through libsndfile. */
#include <stdlib.h>

#include <sndfile.h>

#include "base/checked.h"
#include "wav.h"

static lw_status read_frames(SNDFILE *file, const SF_INFO *info, lw_value **samples) {
    enum { PIECE = 4096 };
    const size_t channels = (size_t)info->channels, frames = (size_t)info->frames;
    const int64_t dims[2] = {info->channels, info->frames};
    float *piece = malloc(PIECE * channels * sizeof *piece);
    lw_value *made = NULL;
    lw_status status = piece ? lw_tensor_new(LW_FLOAT32, 2, dims, &made)
                             : lwi_media_fail(LW_NO_MEMORY, "out of memory");
    float *to = status ? NULL : lw_tensor_data(made);
    for (size_t at = 0; !status && at < frames;) {
        const sf_count_t got = sf_readf_float(file, piece, PIECE);
        if (got <= 0) break; /* what is missing stays silent */
        for (size_t i = 0; i < (size_t)got && at < frames; i++, at++)
            for (size_t c = 0; c < channels; c++)
                to[c * frames + at] = piece[i * channels + c];
    }
    free(piece);
    if (!status) *samples = made;
    return status;
}

lw_status lwi_read_sndfile(const char *path, lw_value **samples, int *rate) {
    SF_INFO info = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    if (!file) return lwi_media_fail(LW_CORRUPT, "%s: %s", path, sf_strerror(NULL));
    size_t n;
    lw_status status = LW_OK;
    if (info.channels < 1 || info.channels > 1024 || info.frames < 0 || info.samplerate < 1 ||
        !lwi_mul_size((uint64_t)info.frames, (uint64_t)info.channels, &n) || n > (size_t)1 << 32)
        status = lwi_media_fail(LW_LIMIT, "%s: the sound is too long", path);
    if (!status) status = read_frames(file, &info, samples);
    if (!status) *rate = info.samplerate;
    sf_close(file);
    return status;
}
