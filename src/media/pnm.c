/* SPDX-License-Identifier: MIT
 * Portable bitmaps, grey maps and pixel maps (netpbm: pbm(5), pgm(5), ppm(5)), P1 to P6. */
#include "base/checked.h"
#include "picture.h"

typedef struct text {
    lwi_bytes file;
    size_t at;
} text;

static void skip_space(text *t) {
    while (t->at < t->file.size) {
        const uint8_t c = t->file.data[t->at];
        if (c == '#')
            while (t->at < t->file.size && t->file.data[t->at] != '\n')
                t->at++;
        else if (c == ' ' || (c >= '\t' && c <= '\r')) t->at++;
        else return;
    }
}

/* A decimal number of at most nine digits. */
static bool read_number(text *t, uint32_t *number) {
    skip_space(t);
    const size_t start = t->at;
    uint32_t n = 0;
    while (t->at < t->file.size && t->file.data[t->at] >= '0' && t->file.data[t->at] <= '9' &&
           t->at - start < 9)
        n = n * 10 + (uint32_t)(t->file.data[t->at++] - '0');
    *number = n;
    return t->at > start;
}

static uint8_t scaled(uint32_t v, uint32_t most) {
    if (v > most) v = most;
    return (uint8_t)(most == 255 ? v : (v * 255 + most / 2) / most);
}

/* P1: digits need no space between them. Ink is 1. */
static bool read_text(text *t, bool bits, uint32_t most, uint8_t *to, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t v;
        if (bits) {
            skip_space(t);
            if (t->at == t->file.size || (t->file.data[t->at] | 1) != '1') return false;
            v = t->file.data[t->at++] == '0';
        } else if (!read_number(t, &v)) {
            return false;
        }
        to[i] = scaled(v, most);
    }
    return true;
}

static bool read_bits(const text *t, uint8_t *to, size_t height, size_t width) {
    const size_t stride = (width + 7) / 8;
    if (!lwi_within(t->at, stride * height, t->file.size)) return false;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++)
            *to++ = t->file.data[t->at + y * stride + x / 8] >> (7 - x % 8) & 1 ? 0 : 255;
    return true;
}

static bool read_bytes(const text *t, uint32_t most, uint8_t *to, size_t n) {
    const size_t size = most > 255 ? 2 : 1;
    if (!lwi_within(t->at, n * size, t->file.size)) return false;
    const uint8_t *from = t->file.data + t->at;
    for (size_t i = 0; i < n; i++)
        to[i] = scaled(size == 2 ? lwi_be16(from + 2 * i) : from[i], most);
    return true;
}

lw_status lwi_decode_pnm(lwi_bytes file, uint64_t max_pixels, lw_value **pixels) {
    text t = {file, 2};
    const int kind = file.data[1] - '0';
    const bool bits = kind == 1 || kind == 4;
    uint32_t width, height, most = 1;
    if (!read_number(&t, &width) || !read_number(&t, &height) ||
        (!bits && (!read_number(&t, &most) || !most || most > 65535)))
        return lwi_media_fail(LW_CORRUPT, "malformed PNM");
    t.at++; /* one white space before the data */
    /* Even one bit per pixel must be there: a short file does not get much memory. */
    if (height && width / 8 > file.size / height)
        return lwi_media_fail(LW_CORRUPT, "malformed PNM: the file ends early");
    lw_value *made;
    const lw_status status =
        lwi_picture_new(height, width, kind == 3 || kind == 6 ? 3 : 1, max_pixels, &made);
    if (status) return status;
    uint8_t *to = lw_tensor_data(made);
    const size_t n = lw_tensor_count(made);
    const bool good = kind <= 3   ? read_text(&t, bits, most, to, n)
                      : kind == 4 ? read_bits(&t, to, height, width)
                                  : read_bytes(&t, most, to, n);
    if (!good) {
        lw_value_free(made);
        return lwi_media_fail(LW_CORRUPT, "malformed PNM: the file ends early");
    }
    *pixels = made;
    return LW_OK;
}
