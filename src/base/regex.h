/* SPDX-License-Identifier: MIT
 * Regular expressions in the syntax of RE2 (github.com/google/re2/wiki/Syntax), over Unicode code
 * points, matched in time proportional to the text (Thompson's simulation: all ways at once).
 * Groups capture nothing and greediness is read but makes no difference, since only whole texts are
 * matched. Left out: \p{...} classes and \C. */
#ifndef LWI_REGEX_H
#define LWI_REGEX_H

#include "base/memory.h"

typedef struct lwi_regex lwi_regex;

/* LW_INVALID with a sentence where the pattern is wrong, LW_UNSUPPORTED, LW_LIMIT. */
lw_status lwi_regex_compile(const lw_allocator *allocator, const char *pattern, size_t size,
                            lwi_regex **regex);
void lwi_regex_free(lwi_regex *regex);
/* The whole text matches. Uses memory of the regex: one thread at a time. */
bool lwi_regex_matches(lwi_regex *regex, const char *text, size_t size);

#endif
