/* SPDX-License-Identifier: MIT
 * RIFF WAVE files: PCM of 8, 16, 24 and 32 bits, float of 32 and 64 (Microsoft and IBM,
 * "Multimedia Programming Interface and Data Specifications 1.0", 1991). */
#include "wav.h"

#include <string.h>

#include "base/checked.h"

enum { PCM = 1, IEEE_FLOAT = 3, EXTENSIBLE = 0xfffe };

typedef struct wave {
    uint32_t coding, channels, rate, bits;
    lwi_bytes data;
} wave;

bool lwi_is_wav(lwi_bytes file) {
    return lwi_starts(file, 0, "RIFF", 4) && lwi_starts(file, 8, "WAVE", 4);
}

static bool read_chunks(lwi_bytes file, wave *w) {
    size_t at = 12;
    while (lwi_within(at, 8, file.size)) {
        const uint8_t *chunk = file.data + at;
        size_t length = lwi_le32(chunk + 4);
        /* A writer that streamed has left 0 or the largest length: the data ends with the file. */
        if (length > file.size - at - 8) length = file.size - at - 8;
        if (!memcmp(chunk, "fmt ", 4) && length >= 16) {
            w->coding = lwi_le16(chunk + 8);
            w->channels = lwi_le16(chunk + 10);
            w->rate = lwi_le32(chunk + 12);
            w->bits = lwi_le16(chunk + 22);
            if (w->coding == EXTENSIBLE && length >= 26) w->coding = lwi_le16(chunk + 32);
        } else if (!memcmp(chunk, "data", 4)) {
            w->data = (lwi_bytes){chunk + 8, length};
            return w->channels != 0;
        }
        at += 8 + length + (length & 1);
    }
    return false;
}

static float sample(const uint8_t *p, const wave *w) {
    if (w->coding == IEEE_FLOAT) {
        float single;
        double wide;
        if (w->bits == 64) return memcpy(&wide, p, 8), (float)wide;
        return memcpy(&single, p, 4), single;
    }
    if (w->bits == 8) return ((float)p[0] - 128) / 128;
    if (w->bits == 16) return (float)(int16_t)lwi_le16(p) / 32768;
    const uint32_t high = w->bits == 24 ? (lwi_le16(p) | (uint32_t)p[2] << 16) << 8 : lwi_le32(p);
    return (float)((double)(int32_t)high / 2147483648.0);
}

lw_status lwi_read_wav(lwi_bytes file, lw_value **samples, int *rate) {
    wave w = {0};
    if (!read_chunks(file, &w) || !w.rate || w.rate > INT32_MAX)
        return lwi_media_fail(LW_CORRUPT, "malformed WAV");
    const bool known = w.coding == IEEE_FLOAT
                           ? w.bits == 32 || w.bits == 64
                           : w.coding == PCM && w.bits && w.bits % 8 == 0 && w.bits <= 32;
    if (!known)
        return lwi_media_fail(LW_UNSUPPORTED, "WAV of coding %u with %u bits is not supported",
                              w.coding, w.bits);
    const size_t size = w.bits / 8, channels = w.channels;
    const size_t frames = w.data.size / (size * channels);
    const int64_t dims[2] = {(int64_t)channels, (int64_t)frames};
    lw_value *made;
    const lw_status status = lw_tensor_new(LW_FLOAT32, 2, dims, &made);
    if (status) return status;
    float *to = lw_tensor_data(made);
    for (size_t i = 0; i < frames; i++)
        for (size_t c = 0; c < channels; c++)
            to[c * frames + i] = sample(w.data.data + (i * channels + c) * size, &w);
    *samples = made;
    *rate = (int)w.rate;
    return LW_OK;
}
