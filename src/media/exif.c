/* SPDX-License-Identifier: MIT
 * The orientation of a picture (EXIF 2.32, tag 0x0112), and turning pixels by it. */
#include <string.h>

#include "base/checked.h"
#include "picture.h"

/* The tag in a TIFF block; 1 if it is not there. */
static int orientation_in(lwi_bytes block) {
    const bool little = lwi_starts(block, 0, "II*\0", 4);
    if (block.size < 8 || (!little && !lwi_starts(block, 0, "MM\0*", 4))) return 1;
    uint32_t (*const u16)(const uint8_t *) = little ? lwi_le16 : lwi_be16;
    uint32_t (*const u32)(const uint8_t *) = little ? lwi_le32 : lwi_be32;
    const size_t at = u32(block.data + 4);
    if (!lwi_within(at, 2, block.size)) return 1;
    const size_t n = u16(block.data + at);
    for (size_t i = 0; i < n && lwi_within(at + 2 + 12 * i, 12, block.size); i++) {
        const uint8_t *entry = block.data + at + 2 + 12 * i;
        if (u16(entry) != 0x0112) continue;
        const uint32_t orientation = u16(entry + 8);
        return orientation >= 1 && orientation <= 8 ? (int)orientation : 1;
    }
    return 1;
}

static int of_jpeg(lwi_bytes file) {
    size_t at = 2;
    while (lwi_within(at, 4, file.size) && file.data[at] == 0xff && file.data[at + 1] != 0xda) {
        const size_t length = lwi_be16(file.data + at + 2);
        if (length < 2 || !lwi_within(at + 2, length, file.size)) return 1;
        if (file.data[at + 1] == 0xe1 && lwi_starts(file, at + 4, "Exif\0\0", 6) && length >= 8)
            return orientation_in((lwi_bytes){file.data + at + 10, length - 8});
        at += 2 + length;
    }
    return 1;
}

/* PNG: length, name, data, sum. RIFF (WebP): name, length, data, a byte of padding if odd. */
static int in_chunks(lwi_bytes file, size_t at, bool png) {
    while (lwi_within(at, 8, file.size)) {
        const size_t length = png ? lwi_be32(file.data + at) : lwi_le32(file.data + at + 4);
        if (!lwi_within(at + 8, length, file.size)) return 1;
        if (lwi_starts(file, png ? at + 4 : at, png ? "eXIf" : "EXIF", 4)) {
            lwi_bytes block = {file.data + at + 8, length};
            if (lwi_starts(block, 0, "Exif\0\0", 6))
                block = (lwi_bytes){block.data + 6, block.size - 6};
            return orientation_in(block);
        }
        at += 8 + length + (png ? 4 : length & 1);
    }
    return 1;
}

int lwi_exif_orientation(lwi_bytes file) {
    if (lwi_starts(file, 0, "\xff\xd8", 2)) return of_jpeg(file);
    if (lwi_starts(file, 0, "\x89PNG", 4)) return in_chunks(file, 8, true);
    if (lwi_starts(file, 8, "WEBP", 4)) return in_chunks(file, 12, false);
    return 1;
}

lw_status lwi_picture_turn(int orientation, lw_value **pixels) {
    if (orientation <= 1) return LW_OK;
    const size_t height = (size_t)lw_tensor_dims(*pixels)[0];
    const size_t width = (size_t)lw_tensor_dims(*pixels)[1];
    const size_t channels = (size_t)lw_tensor_dims(*pixels)[2];
    /* 5 to 8 exchange rows and columns; then columns or rows may run backwards in the file. */
    const bool swap = orientation >= 5;
    const bool mirror =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool flip = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    lw_value *turned;
    const lw_status status = lwi_picture_new(swap ? width : height, swap ? height : width,
                                             (int)channels, UINT64_MAX, &turned);
    if (status) return status;
    const uint8_t *from = lw_tensor_data(*pixels);
    uint8_t *to = lw_tensor_data(turned);
    const size_t rows = swap ? width : height, columns = swap ? height : width;
    for (size_t y = 0; y < rows; y++)
        for (size_t x = 0; x < columns; x++, to += channels) {
            const size_t row = swap ? x : y, column = swap ? y : x;
            const size_t source_row = flip ? height - 1 - row : row;
            const size_t source_column = mirror ? width - 1 - column : column;
            memcpy(to, from + (source_row * width + source_column) * channels, channels);
        }
    lw_value_free(*pixels);
    *pixels = turned;
    return LW_OK;
}
