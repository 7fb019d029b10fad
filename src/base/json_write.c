/* SPDX-License-Identifier: MIT */
#include "base/json_write.h"

#include "base/utf8.h"

#include <string.h>

static size_t escape_unit(uint32_t unit, char *out) {
    static const char hex[] = "0123456789abcdef";
    out[0] = '\\', out[1] = 'u';
    for (int i = 0; i < 4; i++)
        out[2 + i] = hex[unit >> (12 - 4 * i) & 15];
    return 6;
}

size_t lwi_json_escape(const char **at, const char *end, bool ascii, char out[LWI_JSON_ESCAPE]) {
    static const char special[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    const char *start = *at;
    const uint32_t point = lwi_utf8_next(at, end);
    if (point == LWI_UTF8_BAD) return escape_unit(0xfffd, out);
    const char *found = point && point < 0x80 ? strchr(special, (int)point) : NULL;
    if (found) {
        out[0] = '\\', out[1] = names[found - special];
        return 2;
    }
    if (point < 0x20) return escape_unit(point, out);
    if (ascii && point > 0xffff) {
        const size_t n = escape_unit(0xd800 + ((point - 0x10000) >> 10), out);
        return n + escape_unit(0xdc00 + (point & 0x3ff), out + n);
    }
    if (ascii && point > 0x7e) return escape_unit(point, out);
    memcpy(out, start, (size_t)(*at - start));
    return (size_t)(*at - start);
}
