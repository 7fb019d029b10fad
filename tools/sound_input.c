/* SPDX-License-Identifier: MIT
 * Sounds as inputs: one channel unless the input has room for all; cut or filled with silence to a
 * fixed length. */
#include <stdio.h>
#include <string.h>

#include <lampwick/media.h>

#include "load_input.h"

static void replace(lw_value *made, lw_value **samples) {
    lw_value_free(*samples);
    *samples = made;
}

static bool set_length(lw_value **samples, int64_t frames) {
    const int64_t channels = lw_tensor_dims(*samples)[0], n = lw_tensor_dims(*samples)[1];
    const int64_t dims[2] = {channels, frames}, kept = n < frames ? n : frames;
    lw_value *made;
    if (lw_tensor_new(LW_FLOAT32, 2, dims, &made)) return false;
    for (int64_t c = 0; c < channels && kept; c++)
        memcpy((float *)lw_tensor_data(made) + c * frames,
               (const float *)lw_tensor_data(*samples) + c * n, (size_t)kept * sizeof(float));
    fprintf(stderr, "lampwick: note: the sound has %lld samples, the input takes %lld\n",
            (long long)n, (long long)frames);
    replace(made, samples);
    return true;
}

static bool prepare(const lwi_input_options *options, const int64_t *dims, int rank, int rate,
                    lw_value **samples) {
    lw_value *made = NULL;
    const int64_t channels = lw_tensor_dims(*samples)[0];
    const bool all = rank >= 2 && channels > 1 && dims[rank - 2] == channels;
    if (!all) {
        if (lw_media_audio_mono(*samples, &made)) return false;
        replace(made, samples);
    }
    if (options->rate && options->rate != rate) {
        if (lw_media_audio_resample(*samples, rate, options->rate, &made)) return false;
        replace(made, samples);
    }
    const int64_t frames = rank > 0 ? dims[rank - 1] : -1;
    return frames < 0 || frames == lw_tensor_dims(*samples)[1] || set_length(samples, frames);
}

/* Integers hold samples of 16 bits. */
static void widen(lw_value *samples, lw_dtype dtype) {
    if (dtype != LW_INT16 && dtype != LW_INT32) return;
    float *data = lw_tensor_data(samples);
    for (size_t i = 0; i < lw_tensor_count(samples); i++)
        data[i] *= 32768;
}

bool lwi_load_sound(const char *path, const lw_io_info *info, const lwi_input_options *options,
                    const int64_t *dims, int rank, lw_value **value) {
    int rate;
    lw_value *samples;
    if (lw_media_audio_load(path, &samples, &rate)) {
        lwi_complain("input %s: %s", info->name, lw_last_error());
        return false;
    }
    bool good = prepare(options, dims, rank, rate, &samples);
    if (!good) lwi_complain("%s: %s", path, lw_last_error());
    int64_t sizes[LW_MAX_RANK];
    int kept = rank;
    if (rank > 0) memcpy(sizes, dims, (size_t)rank * sizeof *sizes);
    if (good) widen(samples, info->dtype);
    good = good && lwi_settle_dims(info, sizes, &kept, lw_tensor_count(samples)) &&
           lwi_reshape_input(info, sizes, kept, &samples);
    if (good) *value = samples;
    else lw_value_free(samples);
    return good;
}
