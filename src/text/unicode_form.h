/* SPDX-License-Identifier: MIT
 * The normal forms of Unicode (UAX #15) and user-perceived characters (UAX #29), by utf8proc. */
#ifndef LWI_UNICODE_FORM_H
#define LWI_UNICODE_FORM_H

#include "text/growing.h"

typedef enum lwi_form { LWI_NFC, LWI_NFD, LWI_NFKC, LWI_NFKD } lwi_form;

/* Appends the text, which is valid UTF-8, in the form. */
lw_status lwi_unicode_form(lw_string text, lwi_form form, lwi_growing *out);
/* Bytes of the first grapheme cluster of a text that is not empty. */
size_t lwi_grapheme_size(lw_string text);

#endif
