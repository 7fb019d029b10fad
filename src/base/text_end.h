/* SPDX-License-Identifier: MIT */
#ifndef LWI_TEXT_END_H
#define LWI_TEXT_END_H

#include <stdbool.h>
#include <string.h>

static inline bool lwi_ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

#endif
