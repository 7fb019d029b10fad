/* SPDX-License-Identifier: MIT
 * Words of a text in which U+2581 stands for spaces: each begins with a run of it. */
#ifndef LWI_SPACE_WORDS_H
#define LWI_SPACE_WORDS_H

#include "text/vocabulary.h"

/* Where the word at the beginning ends: before the next run of U+2581. */
size_t lwi_word_size(const char *data, size_t size);
/* No token goes on over the end of a word, so that words can be encoded one by one. */
bool lwi_has_words(const lwi_vocabulary *vocabulary);

#endif
