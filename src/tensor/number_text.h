/* SPDX-License-Identifier: MIT
 * Numbers as text, as ONNX's Cast and Numpy write them, whatever the locale. */
#ifndef LWI_NUMBER_TEXT_H
#define LWI_NUMBER_TEXT_H

#include "tensor/value.h"

enum { LWI_NUMBER_TEXT = 40 };

/* Writes element i of a numeric or bool tensor: integers in full, bools as True and False, floats
 * with the fewest digits that give the same number again in their type: "0.1", "1.0", "1e-05",
 * "nan", "-inf". Not ended by a zero; returns the size. */
size_t lwi_number_text(const lw_value *value, size_t i, char text[LWI_NUMBER_TEXT]);

#endif
