/* SPDX-License-Identifier: MIT */
#include "text/unicode_class.h"

#ifdef LWI_HAVE_UTF8PROC

#include <utf8proc.h>

lw_status lwi_unicode_needed(const char *what) {
    (void)what;
    return LW_OK;
}

static int category(uint32_t point) { return (int)utf8proc_category((utf8proc_int32_t)point); }

uint32_t lwi_to_lower(uint32_t point) {
    if (point < 0x80) return point >= 'A' && point <= 'Z' ? point + 32 : point;
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)point);
}

#else

enum {
    UTF8PROC_CATEGORY_LU = 1,
    UTF8PROC_CATEGORY_LO = 5,
    UTF8PROC_CATEGORY_MN,
    UTF8PROC_CATEGORY_ME = 8,
    UTF8PROC_CATEGORY_ND,
    UTF8PROC_CATEGORY_NL,
    UTF8PROC_CATEGORY_NO,
    UTF8PROC_CATEGORY_PC,
    UTF8PROC_CATEGORY_PO = 18,
    UTF8PROC_CATEGORY_CC = 26,
    UTF8PROC_CATEGORY_CF,
    UTF8PROC_CATEGORY_CO = 29
};

lw_status lwi_unicode_needed(const char *what) {
    return lwi_fail(LW_UNSUPPORTED, "this tokenizer has %s, and lampwick is built without utf8proc",
                    what);
}

static int category(uint32_t point) {
    if (point < 0x20 || point == 0x7f) return UTF8PROC_CATEGORY_CC;
    if (point >= '0' && point <= '9') return UTF8PROC_CATEGORY_ND;
    if (point == '_') return UTF8PROC_CATEGORY_PC;
    return (point | 32) >= 'a' && (point | 32) <= 'z' ? UTF8PROC_CATEGORY_LU : 0;
}

uint32_t lwi_to_lower(uint32_t point) { return point >= 'A' && point <= 'Z' ? point + 32 : point; }

#endif

bool lwi_is_white_space(uint32_t c) {
    if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool lwi_is_punctuation(uint32_t c) {
    if (c < 0x80)
        return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
               (c >= '{' && c <= '~');
    const int k = category(c);
    return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}

bool lwi_is_numeric(uint32_t c) {
    if (c < 0x80) return c >= '0' && c <= '9';
    const int k = category(c);
    return k >= UTF8PROC_CATEGORY_ND && k <= UTF8PROC_CATEGORY_NO;
}

bool lwi_is_other(uint32_t c) {
    if (c < 0x80) return c < 0x20 || c == 0x7f;
    const int k = category(c);
    return k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF || k == UTF8PROC_CATEGORY_CO;
}

bool lwi_is_mark(uint32_t c) {
    const int k = category(c);
    return k >= UTF8PROC_CATEGORY_MN && k <= UTF8PROC_CATEGORY_ME;
}

bool lwi_is_nonspacing_mark(uint32_t c) { return category(c) == UTF8PROC_CATEGORY_MN; }

bool lwi_is_word(uint32_t c) {
    const int k = category(c);
    const bool letter_or_mark = k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_ME;
    return letter_or_mark || k == UTF8PROC_CATEGORY_ND || k == UTF8PROC_CATEGORY_NL ||
           k == UTF8PROC_CATEGORY_PC || (c >= 0x24b6 && c <= 0x24e9) || c == 0x200c || c == 0x200d;
}
