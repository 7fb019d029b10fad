/* SPDX-License-Identifier: MIT */
#include "text/byte_alphabet.h"

#include "base/utf8.h"

static bool is_visible(unsigned byte) {
    return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
}

void lwi_byte_alphabet_make(lwi_byte_alphabet *alphabet) {
    uint16_t next = 0x100;
    for (size_t i = 0; i < sizeof alphabet->bytes / sizeof *alphabet->bytes; i++)
        alphabet->bytes[i] = -1;
    for (unsigned byte = 0; byte < 256; byte++) {
        const uint16_t point = is_visible(byte) ? (uint16_t)byte : next++;
        alphabet->points[byte] = point;
        alphabet->bytes[point] = (int16_t)byte;
    }
}

bool lwi_from_alphabet(const lwi_byte_alphabet *alphabet, lw_string text, char *bytes,
                       size_t *size) {
    *size = 0;
    if (!text.size) return true;
    const char *at = text.data, *end = at + text.size;
    size_t n = 0;
    while (at < end) {
        const uint8_t first = (uint8_t)*at; /* all are of one or two bytes */
        uint32_t point = first;
        if (first < 0x80) at++;
        else point = lwi_utf8_next(&at, end);
        if (point >= sizeof alphabet->bytes / sizeof *alphabet->bytes || alphabet->bytes[point] < 0)
            return false;
        bytes[n++] = (char)alphabet->bytes[point];
    }
    *size = n;
    return true;
}

lw_status lwi_to_alphabet(const lwi_byte_alphabet *alphabet, lw_string bytes, lwi_growing *text) {
    LW_TRY(lwi_growing_reserve(text, bytes.size * 2));
    for (size_t i = 0; i < bytes.size; i++)
        text->size +=
            lwi_utf8_write(alphabet->points[(uint8_t)bytes.data[i]], text->data + text->size);
    return LW_OK;
}
