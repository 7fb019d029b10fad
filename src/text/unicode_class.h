/* SPDX-License-Identifier: MIT
 * Classes and cases of Unicode characters, as the tokenizers library of Hugging Face names them. */
#ifndef LWI_UNICODE_CLASS_H
#define LWI_UNICODE_CLASS_H

#include "base/status.h"

/* LW_UNSUPPORTED if lampwick is built without utf8proc; `what` is the part that needs it. */
lw_status lwi_unicode_needed(const char *what);

bool lwi_is_white_space(uint32_t point); /* White_Space */
/* For these utf8proc is needed beyond ASCII; without it they are false there. */
bool lwi_is_punctuation(uint32_t point); /* ASCII's, or a category P */
bool lwi_is_numeric(uint32_t point);     /* a category N */
bool lwi_is_other(uint32_t point);       /* Cc, Cf or Co */
bool lwi_is_mark(uint32_t point);        /* a category M */
bool lwi_is_nonspacing_mark(uint32_t point);
bool lwi_is_word(uint32_t point); /* \w: alphabetic, mark, decimal number, connector */
uint32_t lwi_to_lower(uint32_t point);

#endif
