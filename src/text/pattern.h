/* SPDX-License-Identifier: MIT
 * Regular expressions of tokenizers, over Unicode, matched by PCRE2 with a limit on steps. */
#ifndef LWI_PATTERN_H
#define LWI_PATTERN_H

#include "text/growing.h"

typedef struct lwi_pattern lwi_pattern;

/* regex: in the syntax of Oniguruma, as tokenizer.json has it. LW_CORRUPT where it is wrong,
 * LW_UNSUPPORTED if lampwick is built without PCRE2. */
lw_status lwi_pattern_compile(lw_string regex, lwi_pattern **pattern);
void lwi_pattern_free(lwi_pattern *pattern);

/* What matching needs; one thread at a time. */
typedef struct lwi_matcher lwi_matcher;
lw_status lwi_matcher_new(lwi_matcher **matcher);
void lwi_matcher_free(lwi_matcher *matcher);
/* The first match in text, which is valid UTF-8, at or after `from`, the beginning of a character.
 * *found is false if there is none. LW_LIMIT if it takes too many steps. */
lw_status lwi_pattern_next(const lwi_pattern *pattern, lwi_matcher *matcher, lw_string text,
                           size_t from, lwi_span *match, bool *found);

/* pattern_syntax.c: appends the expression in PCRE2's syntax. */
lw_status lwi_pattern_translate(lw_string regex, lwi_growing *translated);

#endif
