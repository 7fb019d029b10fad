/* SPDX-License-Identifier: MIT
 * Byte-pair encoding (Sennrich et al. 2016): a piece of text begins as single characters or bytes,
 * and the pair of neighbours that comes first in order is merged until none is left. The order is
 * that of a list of merges (GPT-2), of the merged token's number (tiktoken) or of its score
 * (SentencePiece). */
#ifndef LWI_BPE_H
#define LWI_BPE_H

#include "text/byte_trie.h"
#include "text/growing.h"
#include "text/merge_table.h"
#include "text/vocabulary.h"

typedef enum lwi_bpe_order { LWI_BPE_MERGES, LWI_BPE_RANKS, LWI_BPE_SCORES } lwi_bpe_order;

typedef struct lwi_bpe {
    const lwi_vocabulary *vocabulary;
    lwi_bpe_order order;
    lwi_merge_table merges; /* of LWI_BPE_MERGES */
    bool bytes;             /* symbols begin as bytes, else as characters */
    bool whole_first;       /* a piece that is a token is that token, whatever the merges say */
    bool fuse_unknown;      /* neighbours that are unknown give one token */
    bool byte_fallback; /* unknown characters give the tokens of their bytes, if all are there */
    bool words;         /* no token goes on over the beginning of a run of U+2581 */
    bool has_unused;    /* a merge may end in a token that must be taken apart again */
    int32_t unknown;    /* or LWI_NO_TOKEN: unknown characters vanish */
    int32_t byte_tokens[256];    /* of single bytes (bytes) or "<0x..>" */
    lw_string suffix;            /* of the last symbol of a piece ("</w>") */
    lw_string prefix;            /* of all symbols but the first ("##") */
    const lwi_byte_trie *frozen; /* strings that stay whole and merge with nothing; NULL */
    uint8_t *merged_whole; /* [tokens] is the token what its own text merges to? Found out when it
                              is asked: 0 not yet known, 1 yes, 2 no */
} lwi_bpe;

typedef struct lwi_bpe_symbol {
    uint32_t begin, size; /* size 0: merged into another */
    int32_t id;
    int32_t previous, next;
    bool frozen;
} lwi_bpe_symbol;

typedef struct lwi_bpe_candidate {
    uint64_t key;  /* rank, then place: the least comes first */
    uint32_t size; /* of both together */
    int32_t id;
} lwi_bpe_candidate;

typedef struct lwi_bpe_split {
    int32_t id;
    uint32_t left;
} lwi_bpe_split;

/* Memory for encoding; zeroed to begin with. */
typedef struct lwi_bpe_work {
    lwi_bpe_symbol *symbols;
    size_t n, symbol_capacity;
    lwi_bpe_candidate *heap;
    size_t heap_size, heap_capacity;
    lwi_bpe_split *splits; /* how tokens came about that are marked as unused */
    size_t n_splits, split_capacity;
    size_t first; /* of the piece's tokens */
    lwi_growing key;
} lwi_bpe_work;

void lwi_bpe_work_free(lwi_bpe_work *work);
/* Appends the tokens of one piece of text. */
lw_status lwi_bpe_encode(const lwi_bpe *bpe, lwi_bpe_work *work, lw_string text, lwi_ids *ids);

/* bpe_merge.c: merges the symbols of a piece. */
lw_status lwi_bpe_merge(const lwi_bpe *bpe, lwi_bpe_work *work, const char *text);

#endif
