/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

uint32_t lwi_utf8_next(const char **at, const char *end) {
    static const uint32_t lowest[] = {0, 0x80, 0x800, 0x10000}; /* shorter forms are forbidden */
    const unsigned char *p = (const unsigned char *)*at;
    const size_t left = (size_t)(end - *at);
    *at += 1;
    if (p[0] < 0x80) return p[0];
    if (p[0] < 0xc0 || p[0] >= 0xf8) return LWI_UTF8_BAD;
    const size_t more = p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
    if (left <= more) return LWI_UTF8_BAD;
    uint32_t point = p[0] & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((p[i] & 0xc0) != 0x80) return LWI_UTF8_BAD;
        point = point << 6 | (p[i] & 0x3f);
    }
    if (point < lowest[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return LWI_UTF8_BAD;
    *at += more;
    return point;
}

size_t lwi_utf8_write(uint32_t point, char *to) {
    if (point < 0x80) {
        to[0] = (char)point;
        return 1;
    }
    const size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    for (size_t i = more; i > 0; i--, point >>= 6)
        to[i] = (char)(0x80 | (point & 0x3f));
    static const uint32_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    to[0] = (char)(lead[more] | point);
    return more + 1;
}
