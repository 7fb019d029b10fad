/* SPDX-License-Identifier: MIT
 * Upper and lower case of Unicode letters, as the system's C.UTF-8 locale knows them; only of ASCII
 * letters where there is no such locale. */
#ifndef LWI_LETTER_CASE_H
#define LWI_LETTER_CASE_H

#include <locale.h>
#include <stdint.h>

typedef struct lwi_letter_case {
    locale_t locale; /* 0: ASCII only */
} lwi_letter_case;

void lwi_letter_case_open(lwi_letter_case *letters);
void lwi_letter_case_close(lwi_letter_case *letters);
uint32_t lwi_lower(const lwi_letter_case *letters, uint32_t point);
uint32_t lwi_upper(const lwi_letter_case *letters, uint32_t point);

#endif
