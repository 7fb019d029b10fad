/* SPDX-License-Identifier: MIT */
#ifndef LWI_SPM_IDS_H
#define LWI_SPM_IDS_H

#include "base/json_read.h"
#include "text/text_tokenizer.h"

/* A tokenizer that has SentencePiece's pieces gets the tokens of a JSON object {"piece": number}.
 * LW_CORRUPT: it has no "<unk>" or no "</s>". */
lw_status lwi_spm_renumber(lw_tokenizer *tokenizer, const lwi_json_item *numbers);
/* How many tokens name a language; these become tokens that are found in texts. */
size_t lwi_spm_languages(const lw_tokenizer *tokenizer);
lw_status lwi_spm_add_languages(lw_tokenizer *tokenizer, size_t capacity);

#endif
