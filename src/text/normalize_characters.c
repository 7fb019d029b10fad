/* SPDX-License-Identifier: MIT
 * Normalizers that look at one character at a time. */
#include "base/utf8.h"
#include "text/normalizer.h"
#include "text/unicode_class.h"

static bool is_chinese(uint32_t c) {
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
           (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f) ||
           (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) ||
           (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

/* What BERT takes for a control; it keeps tabs and ends of lines, as spaces. */
static bool is_bert_control(uint32_t c) {
    if (c == '\t' || c == '\n' || c == '\r') return false;
    return c == 0 || c == 0xfffd || lwi_is_other(c);
}

static bool is_nmt_control(uint32_t c) {
    return (c >= 1 && c <= 8) || c == 0xb || (c >= 0xe && c <= 0x1f) || c == 0x7f || c == 0x8f ||
           c == 0x9f;
}

static bool is_nmt_space(uint32_t c) {
    return c == 9 || c == 0xa || c == 0xc || c == 0xd || c == 0x1680 ||
           (c >= 0x200b && c <= 0x200f) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
           c == 0xfeff || c == 0xfffd;
}

/* The characters that one becomes: at most three. */
static size_t characters_of(lwi_normal_kind kind, uint32_t c, uint32_t *to) {
    to[0] = c;
    switch (kind) {
    case LWI_NORMAL_LOWERCASE:
        to[0] = lwi_to_lower(c);
        if (c != 0x130) return 1;
        to[0] = 'i'; /* the one capital letter that becomes two */
        to[1] = 0x307;
        return 2;
    case LWI_NORMAL_MARKS:
        return !lwi_is_mark(c);
    case LWI_NORMAL_ACCENTS:
        return !lwi_is_nonspacing_mark(c);
    case LWI_NORMAL_CLEAN:
        if (lwi_is_white_space(c)) to[0] = ' ';
        return !is_bert_control(c);
    case LWI_NORMAL_NMT:
        if (is_nmt_space(c)) to[0] = ' ';
        return !is_nmt_control(c);
    case LWI_NORMAL_CHINESE:
        if (!is_chinese(c)) return 1;
        to[0] = to[2] = ' ';
        to[1] = c;
        return 3;
    default:
        return 1;
    }
}

lw_status lwi_normalize_characters(const lwi_normal_step *step, lw_string text, lwi_growing *out) {
    enum { MOST = 3, BYTES = 4 };
    const char *at = text.data, *end = at + text.size;
    while (at < end) {
        uint32_t to[MOST];
        const size_t n = characters_of(step->kind, lwi_utf8_next(&at, end), to);
        LW_TRY(lwi_growing_reserve(out, MOST * BYTES));
        for (size_t i = 0; i < n; i++)
            out->size += lwi_utf8_write(to[i], out->data + out->size);
    }
    return LW_OK;
}
