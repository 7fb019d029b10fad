/* SPDX-License-Identifier: MIT */
#include "base/letter_case.h"

#include <wctype.h>

void lwi_letter_case_open(lwi_letter_case *letters) {
    letters->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

void lwi_letter_case_close(lwi_letter_case *letters) {
    if (letters->locale) freelocale(letters->locale);
    letters->locale = (locale_t)0;
}

uint32_t lwi_lower(const lwi_letter_case *letters, uint32_t point) {
    if (point < 0x80) return point >= 'A' && point <= 'Z' ? point + 32 : point;
    return letters->locale ? (uint32_t)towlower_l((wint_t)point, letters->locale) : point;
}

uint32_t lwi_upper(const lwi_letter_case *letters, uint32_t point) {
    if (point < 0x80) return point >= 'a' && point <= 'z' ? point - 32 : point;
    return letters->locale ? (uint32_t)towupper_l((wint_t)point, letters->locale) : point;
}
