/* SPDX-License-Identifier: MIT
 * WordPiece (BERT): the longest token at the beginning of a word, then the longest ones that go on
 * with it; a word that cannot be made so is unknown. */
#ifndef LWI_WORDPIECE_H
#define LWI_WORDPIECE_H

#include "text/growing.h"
#include "text/vocabulary.h"

typedef struct lwi_wordpiece {
    const lwi_vocabulary *vocabulary;
    lw_string start, more; /* stand before tokens that begin a word ("") and go on with it ("##") */
    size_t most_characters; /* longer words are unknown */
    int32_t unknown;
} lwi_wordpiece;

/* Appends the tokens of one word; key is memory for it. */
lw_status lwi_wordpiece_encode(const lwi_wordpiece *wordpiece, lwi_growing *key, lw_string word,
                               lwi_ids *ids);

#endif
