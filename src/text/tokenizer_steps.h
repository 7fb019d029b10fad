/* SPDX-License-Identifier: MIT
 * Steps that several kinds of files ask for. */
#ifndef LWI_TOKENIZER_STEPS_H
#define LWI_TOKENIZER_STEPS_H

#include "text/text_tokenizer.h"

/* U+2581, which SentencePiece writes for a space. */
#define LWI_SPACE_MARK "\xe2\x96\x81"

static inline lw_string lwi_text_of(const char *text) { return (lw_string){text, strlen(text)}; }

/* The texts are borrowed. */
lw_status lwi_add_prepend(lwi_normalizer *normalizer, lw_string text);
lw_status lwi_add_replace(lwi_normalizer *normalizer, lw_string from, lw_string to);
lw_status lwi_add_bert_normalizer(lwi_normalizer *normalizer, bool clean, bool chinese,
                                  bool accents, bool lowercase);
lw_status lwi_add_bert_pretokenizer(lwi_pretokenizer *pretokenizer);
/* Spaces for U+2581; the text's first one is left out if it had been put there. */
lw_status lwi_add_space_decoder(lwi_decoder *decoder, bool prefix);
/* The model of a vocabulary, of which `unknown` is known. scores [tokens], in the arena; NULL:
 * those of the vocabulary. single: SentencePiece's own ways, in which only normal and user-defined
 * tokens are found. */
lw_status lwi_make_unigram(lw_tokenizer *tokenizer, const double *scores, bool single);
/* Bytes that are written with \n, \t, \\, \', \" and \x.. */
lw_status lwi_tokenizer_unescape(lw_tokenizer *tokenizer, lw_string written, lw_string *bytes);

#endif
