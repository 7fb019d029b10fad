/* SPDX-License-Identifier: MIT
 * The pre-tokenizers that GGUF files name (tokenizer.ggml.pre): the steps that the tokenizer.json
 * of those models has. */
#ifndef LWI_NAMED_PRE_H
#define LWI_NAMED_PRE_H

#include "base/byte_buffer.h"
#include "text/normalizer.h"
#include "text/pretokenizer.h"

/* What a name stands for besides the steps. */
typedef struct lwi_named_pre {
    bool whole_first; /* a piece that is a token is that token (ignore_merges) */
    bool adds_bos;    /* unless the file says otherwise */
    bool in_alphabet; /* steps come after the bytes were written in the alphabet */
} lwi_named_pre;

/* Name i, one for each way; {NULL, 0} behind the last. */
lw_string lwi_named_pre_name(size_t i);
/* Members "normalizer" and "pre_tokenizer" of tokenizer.json with the steps of a name, each with a
 * comma behind it; LW_UNSUPPORTED. */
lw_status lwi_named_pre_json(lw_string name, lwi_buffer *json);
/* Adds the steps of a name; LW_UNSUPPORTED if it is not known. */
lw_status lwi_named_pre_steps(lw_string name, lwi_normalizer *normalizer,
                              lwi_pretokenizer *pretokenizer, lwi_named_pre *pre);

#endif
