/* SPDX-License-Identifier: MIT
 * Merges of byte-pair encoding, as files list them. */
#ifndef LWI_BPE_MERGES_H
#define LWI_BPE_MERGES_H

#include "text/text_tokenizer.h"

/* "left right", written as in the vocabulary, whose hash is made. *known is false, and nothing is
 * added, if either part or what they make is no token. memory is for the work. */
lw_status lwi_add_merge(lw_tokenizer *tokenizer, lw_string line, uint32_t rank, lwi_growing *memory,
                        bool *known);
/* The same with the parts apart. */
lw_status lwi_add_merge_pair(lw_tokenizer *tokenizer, lw_string left, lw_string right,
                             uint32_t rank, lwi_growing *memory, bool *known);

#endif
