/* SPDX-License-Identifier: MIT
 * Lines of text files. */
#ifndef LWI_TEXT_LINES_H
#define LWI_TEXT_LINES_H

#include "base/status.h"

#include <string.h>

/* The next line, without its end; false at the end of the text. */
static inline bool lwi_next_line(lw_string *text, lw_string *line) {
    if (!text->size) return false;
    const char *end = memchr(text->data, '\n', text->size);
    const size_t n = end ? (size_t)(end - text->data) : text->size;
    *line = (lw_string){text->data, n};
    text->data += n + (end != NULL);
    text->size -= n + (end != NULL);
    if (line->size && line->data[line->size - 1] == '\r') line->size--;
    return true;
}

/* Decimal digits at the beginning of the text, which moves behind them; -1 if there are none or the
 * number is too large for a token. */
static inline int64_t lwi_take_number(lw_string *text) {
    int64_t value = -1;
    while (text->size && *text->data >= '0' && *text->data <= '9' && value < (1 << 27)) {
        value = (value < 0 ? 0 : value * 10) + (*text->data - '0');
        text->data++;
        text->size--;
    }
    return value < (1 << 27) ? value : -1;
}

#endif
