/* SPDX-License-Identifier: MIT
 * Floating-point numbers as text, whatever the locale. */
#ifndef LWI_DOUBLE_TEXT_H
#define LWI_DOUBLE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { LWI_DOUBLE_TEXT = 40 };

/* Whether two numbers are the same in a narrower type. */
typedef bool lwi_same_number(const void *user, double a, double b);
/* As Python writes it, with the fewest digits that give the same number again: "0.1", "1.0",
 * "1e-05", "nan", "-inf". same may be NULL: all of a double counts. Not ended by a zero; returns
 * the size. */
size_t lwi_double_text(double x, lwi_same_number *same, const void *user,
                       char text[LWI_DOUBLE_TEXT]);

#endif
