/* SPDX-License-Identifier: MIT
 * Reads the merges of byte-pair encoding, as files list them. They are resolved some at a time:
 * each needs four places in large hashes, which are fetched together. */
#ifndef LWI_BPE_MERGES_H
#define LWI_BPE_MERGES_H

#include "text/text_tokenizer.h"

enum { LWI_MERGES_AT_ONCE = 32 };

typedef struct lwi_merge_reader {
    lw_tokenizer *tokenizer;
    lwi_growing memory; /* of the texts that wait */
    struct {
        lw_string left, right, both;
        uint32_t rank;
    } waiting[LWI_MERGES_AT_ONCE];
    size_t n;
    uint32_t rank; /* of the next merge */
} lwi_merge_reader;

/* Room for count merges in the tokenizer, whose vocabulary has its hash. */
lw_status lwi_merges_begin(lwi_merge_reader *reader, lw_tokenizer *tokenizer, size_t count);
/* "left right", written as in the vocabulary; the text must stay until the end. A merge of what is
 * no token never happens, and is left out. */
lw_status lwi_merges_add(lwi_merge_reader *reader, lw_string line);
lw_status lwi_merges_add_pair(lwi_merge_reader *reader, lw_string left, lw_string right);
/* Resolves what waits, if status is LW_OK, and frees the reader's memory. */
lw_status lwi_merges_end(lwi_merge_reader *reader, lw_status status);

#endif
