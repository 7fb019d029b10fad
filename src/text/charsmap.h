/* SPDX-License-Identifier: MIT
 * SentencePiece's compiled table of replacements: a double-array trie (Darts) whose values are
 * places in a list of zero-terminated texts. */
#ifndef LWI_CHARSMAP_H
#define LWI_CHARSMAP_H

#include "base/memory.h"

typedef struct lwi_charsmap {
    const uint8_t *units; /* 4 little-endian bytes each */
    size_t n_units;
    const char *texts;
    size_t texts_size;
} lwi_charsmap;

/* Borrows the bytes. */
lw_status lwi_charsmap_read(lw_string bytes, lwi_charsmap *map);
/* The longest (or shortest) entry that the text begins with: its replacement; false if there is
 * none. */
bool lwi_charsmap_find(const lwi_charsmap *map, lw_string text, bool shortest, size_t *length,
                       lw_string *replacement);

#endif
