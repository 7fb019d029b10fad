/* SPDX-License-Identifier: MIT
 * Windows bitmaps of 1, 4, 8, 16, 24 and 32 bits, not compressed. Layout: Microsoft,
 * "Bitmap Storage", BITMAPINFOHEADER. */
#include "base/checked.h"
#include "picture.h"

typedef struct bitmap {
    lwi_bytes file;
    uint32_t data, width, height, bits, compression;
    size_t palette, entry; /* where it starts, bytes of one colour */
    uint32_t masks[3];
    bool upwards;
} bitmap;

/* The header of OS/2 (12 bytes) or one of Windows' (40 and more). */
static bool read_header(lwi_bytes file, bitmap *b) {
    if (file.size < 30) return false;
    const uint8_t *p = file.data;
    const uint32_t header = lwi_le32(p + 14);
    *b = (bitmap){.file = file, .data = lwi_le32(p + 10), .palette = 14 + (size_t)header};
    if (header == 12) {
        b->width = lwi_le16(p + 18);
        b->height = lwi_le16(p + 20);
        b->bits = lwi_le16(p + 24);
        b->entry = 3;
        b->upwards = true;
        return true;
    }
    if (header < 40 || file.size < 54) return false;
    const int32_t height = (int32_t)lwi_le32(p + 22);
    b->width = lwi_le32(p + 18);
    b->upwards = height >= 0;
    b->height = height < 0 ? 0u - (uint32_t)height : (uint32_t)height;
    b->bits = lwi_le16(p + 28);
    b->compression = lwi_le32(p + 30);
    b->entry = 4;
    return true;
}

enum { PLAIN = 0, BITFIELDS = 3, ALPHA_BITFIELDS = 6 };

static bool read_masks(bitmap *b) {
    if (b->compression == PLAIN) {
        static const uint32_t five[3] = {0x7c00, 0x3e0, 0x1f}, eight[3] = {0xff0000, 0xff00, 0xff};
        for (int c = 0; c < 3; c++)
            b->masks[c] = b->bits == 16 ? five[c] : eight[c];
        return true;
    }
    if (b->file.size < 66) return false;
    for (int c = 0; c < 3; c++)
        b->masks[c] = lwi_le32(b->file.data + 54 + 4 * c);
    return true;
}

/* The masked bits, scaled to 0..255. */
static uint8_t field(uint32_t pixel, uint32_t mask) {
    if (!mask) return 0;
    const int shift = __builtin_ctz(mask);
    const uint64_t most = mask >> shift, v = (pixel & mask) >> shift;
    return (uint8_t)((v * 255 + most / 2) / most);
}

static bool read_pixel(const bitmap *b, const uint8_t *row, size_t x, uint8_t *rgb) {
    if (b->bits == 24) {
        for (int c = 0; c < 3; c++)
            rgb[c] = row[3 * x + 2 - (size_t)c];
        return true;
    }
    if (b->bits >= 16) {
        const uint32_t pixel = b->bits == 16 ? lwi_le16(row + 2 * x) : lwi_le32(row + 4 * x);
        for (int c = 0; c < 3; c++)
            rgb[c] = field(pixel, b->masks[c]);
        return true;
    }
    const size_t bit = x * b->bits;
    const uint32_t index = row[bit / 8] >> (8 - b->bits - bit % 8) & ((1u << b->bits) - 1);
    const size_t at = b->palette + index * b->entry;
    if (!lwi_within(at, 3, b->file.size)) return false;
    for (int c = 0; c < 3; c++)
        rgb[c] = b->file.data[at + 2 - (size_t)c];
    return true;
}

lw_status lwi_decode_bmp(lwi_bytes file, uint64_t max_pixels, lw_value **pixels) {
    bitmap b;
    if (!read_header(file, &b) || !read_masks(&b))
        return lwi_media_fail(LW_CORRUPT, "malformed BMP");
    const bool fields = b.compression == BITFIELDS || b.compression == ALPHA_BITFIELDS;
    if ((b.compression != PLAIN && !fields) || (fields && b.bits != 16 && b.bits != 32) ||
        (b.bits != 1 && b.bits != 4 && b.bits != 8 && b.bits != 16 && b.bits != 24 && b.bits != 32))
        return lwi_media_fail(LW_UNSUPPORTED, "BMP of %u bits with compression %u is not supported",
                              b.bits, b.compression);
    const size_t stride = ((size_t)b.width * b.bits + 31) / 32 * 4;
    size_t bytes;
    if (!lwi_mul_size(stride, b.height, &bytes) || !lwi_within(b.data, bytes, file.size))
        return lwi_media_fail(LW_CORRUPT, "malformed BMP: the file ends early");
    lw_value *made;
    const lw_status status = lwi_picture_new(b.height, b.width, 3, max_pixels, &made);
    if (status) return status;
    uint8_t *to = lw_tensor_data(made);
    for (size_t y = 0; y < b.height; y++) {
        const uint8_t *row = file.data + b.data + (b.upwards ? b.height - 1 - y : y) * stride;
        for (size_t x = 0; x < b.width; x++, to += 3) {
            if (read_pixel(&b, row, x, to)) continue;
            lw_value_free(made);
            return lwi_media_fail(LW_CORRUPT, "malformed BMP: a colour is not in the palette");
        }
    }
    *pixels = made;
    return LW_OK;
}
