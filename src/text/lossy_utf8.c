/* SPDX-License-Identifier: MIT */
#include "text/lossy_utf8.h"

#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

static size_t ascii_run(const char *data, size_t size) {
    size_t n = 0;
    for (uint64_t word; n + sizeof word <= size; n += sizeof word) {
        memcpy(&word, data + n, sizeof word);
        if (word & UINT64_C(0x8080808080808080)) break;
    }
    while (n < size && (uint8_t)data[n] < 0x80)
        n++;
    return n;
}

bool lwi_utf8_valid(const char *data, size_t size) {
    if (!size) return true;
    const char *at = data, *end = data + size;
    while ((at += ascii_run(at, (size_t)(end - at))) < end)
        if (lwi_utf8_next(&at, end) == LWI_UTF8_BAD) return false;
    return true;
}

/* The second byte's range after a first one (Unicode 15, table 3-7). */
static bool second_fits(uint8_t first, uint8_t second) {
    const uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

/* Bytes that begin like a character and do not end like one; *open: the text ends before it is
 * settled. */
static size_t bad_part(const uint8_t *p, size_t size, bool *open) {
    *open = false;
    if (p[0] < 0xc2 || p[0] > 0xf4) return 1;
    const size_t whole = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    size_t n = 1;
    while (n < whole && n < size) {
        if (n == 1 ? !second_fits(p[0], p[1]) : (p[n] & 0xc0) != 0x80) return n;
        n++;
    }
    *open = n == size && n < whole;
    return n;
}

lw_status lwi_lossy_utf8(lw_string bytes, bool more, lwi_growing *text, size_t *used) {
    *used = bytes.size;
    if (!bytes.size) return LW_OK;
    const char *at = bytes.data, *end = at + bytes.size, *good = at;
    while (at < end) {
        at += ascii_run(at, (size_t)(end - at));
        const char *from = at;
        bool open = false;
        if (at == end || lwi_utf8_next(&at, end) != LWI_UTF8_BAD) continue;
        const size_t n = bad_part((const uint8_t *)from, (size_t)(end - from), &open);
        LW_TRY(lwi_growing_add(text, good, (size_t)(from - good)));
        good = at = from + n;
        if (open && more) {
            *used = (size_t)(from - bytes.data);
            return LW_OK;
        }
        LW_TRY(lwi_growing_add(text, REPLACEMENT, sizeof REPLACEMENT - 1));
    }
    return lwi_growing_add(text, good, (size_t)(end - good));
}
