/* SPDX-License-Identifier: MIT */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SENTENCE_BYTES = 1024 };
static _Thread_local char sentence[SENTENCE_BYTES];

lw_status lwi_fail(lw_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return status;
}

lw_status lwi_fail_prefix(lw_status status, const char *format, ...) {
    char old[SENTENCE_BYTES];
    memcpy(old, sentence, sizeof old);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (n < 0 || n >= SENTENCE_BYTES - 3) return status;
    const size_t at = (size_t)n + 2, room = sizeof sentence - 1 - at;
    const size_t length = strnlen(old, room);
    memcpy(sentence + n, ": ", 2);
    memcpy(sentence + at, old, length);
    sentence[at + length] = 0;
    return status;
}

void lwi_set_error(const char *text) {
    const size_t n = strnlen(text, sizeof sentence - 1);
    memmove(sentence, text, n);
    sentence[n] = 0;
}

const char *lw_last_error(void) { return sentence; }

lw_status lw_fail(lw_status status, const char *text) {
    lwi_set_error(text ? text : "");
    return status;
}

const char *lw_status_name(lw_status status) {
    switch ((int)status) {
#define NAME(name, value, text)                                                                    \
    case value:                                                                                    \
        return #name;
        LW_STATUS_LIST(NAME)
#undef NAME
    default:
        return "unknown status";
    }
}
