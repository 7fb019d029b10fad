/* SPDX-License-Identifier: MIT
 * GPT-2's alphabet: each byte is written as a visible character, so that any text is made of
 * letters. Bytes that are visible in Latin-1 stand for themselves, the others for U+0100 and on. */
#ifndef LWI_BYTE_ALPHABET_H
#define LWI_BYTE_ALPHABET_H

#include "text/growing.h"

typedef struct lwi_byte_alphabet {
    uint16_t points[256]; /* of a byte */
    int16_t bytes[0x144]; /* of a point; -1: not in the alphabet */
} lwi_byte_alphabet;

void lwi_byte_alphabet_make(lwi_byte_alphabet *alphabet);
/* The bytes that the text stands for into bytes (at least text.size of them); false if it has a
 * character that is not in the alphabet. */
bool lwi_from_alphabet(const lwi_byte_alphabet *alphabet, lw_string text, char *bytes,
                       size_t *size);
/* Appends the bytes, written in the alphabet. */
lw_status lwi_to_alphabet(const lwi_byte_alphabet *alphabet, lw_string bytes, lwi_growing *text);

#endif
