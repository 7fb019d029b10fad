/* SPDX-License-Identifier: MIT
 * base/status.h for a shared library beside liblampwick.so, which keeps the sentences. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

enum { SENTENCE_BYTES = 1024 };

lw_status lwi_fail(lw_status status, const char *format, ...) {
    char text[SENTENCE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return lw_fail(status, text);
}

lw_status lwi_fail_prefix(lw_status status, const char *format, ...) {
    char prefix[SENTENCE_BYTES], text[2 * SENTENCE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    snprintf(text, sizeof text, "%s: %s", prefix, lw_last_error());
    return lw_fail(status, text);
}

void lwi_set_error(const char *sentence) { (void)lw_fail(LW_OK, sentence); }
