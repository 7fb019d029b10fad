/* SPDX-License-Identifier: MIT */
#include "text/base64.h"

static int value_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool lwi_base64_decode(lw_string text, char *bytes, size_t *size) {
    uint32_t word = 0;
    unsigned bits = 0;
    size_t n = 0;
    while (text.size && text.data[text.size - 1] == '=')
        text.size--;
    for (size_t i = 0; i < text.size; i++) {
        const int value = value_of(text.data[i]);
        if (value < 0) return false;
        word = word << 6 | (uint32_t)value;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes[n++] = (char)(word >> bits);
        word &= (1u << bits) - 1;
    }
    *size = n;
    return text.size % 4 != 1;
}

void lwi_base64_encode(const void *bytes, size_t size, char *text) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *from = bytes;
    for (size_t i = 0; i < size; i += 3, text += 4) {
        const size_t n = size - i < 3 ? size - i : 3;
        uint32_t word = (uint32_t)from[i] << 16;
        if (n > 1) word |= (uint32_t)from[i + 1] << 8;
        if (n > 2) word |= from[i + 2];
        for (size_t k = 0; k < 4; k++)
            text[k] = k <= n ? letters[word >> (18 - 6 * k) & 63] : '=';
    }
}
