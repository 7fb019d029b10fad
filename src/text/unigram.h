/* SPDX-License-Identifier: MIT
 * Unigram models (Kudo 2018): of all ways to cut a piece into tokens, the one whose scores sum up
 * to the most (Viterbi). */
#ifndef LWI_UNIGRAM_H
#define LWI_UNIGRAM_H

#include "text/byte_trie.h"
#include "text/growing.h"
#include "text/vocabulary.h"

typedef struct lwi_unigram {
    const lwi_vocabulary *vocabulary;
    const lwi_byte_trie *trie;
    const double *scores; /* [tokens] */
    double unknown_score, best_score;
    int32_t unknown;
    bool fuse_unknown, byte_fallback;
    bool words;               /* no token goes on over the beginning of a run of U+2581 */
    bool single;              /* sums are rounded to float, as SentencePiece's */
    int32_t byte_tokens[256]; /* "<0x..>" */
} lwi_unigram;

typedef struct lwi_unigram_end {
    double score;
    size_t begin;
    int32_t id; /* LWI_NO_TOKEN: nothing ends here yet */
} lwi_unigram_end;

typedef struct lwi_unigram_work {
    lwi_unigram_end *ends; /* [size + 1] */
    size_t capacity;
    lwi_spans spans;
    lwi_ids ids;
} lwi_unigram_work;

void lwi_unigram_work_free(lwi_unigram_work *work);
/* Appends the tokens of one piece of text. */
lw_status lwi_unigram_encode(const lwi_unigram *unigram, lwi_unigram_work *work, lw_string text,
                             lwi_ids *ids);

#endif
