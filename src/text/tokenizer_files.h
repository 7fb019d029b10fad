/* SPDX-License-Identifier: MIT
 * Tokenizers in files of other kinds than GGUF and tokenizer.json. Texts are the whole files; what
 * tokenizers keep of them is copied, but for that of lwi_spm_tokenizer. */
#ifndef LWI_TOKENIZER_FILES_H
#define LWI_TOKENIZER_FILES_H

#include "text/text_tokenizer.h"

/* tiktoken: lines of base64 and rank. name: of the file, which tells the regular expression. */
lw_status lwi_tiktoken_tokenizer(lw_string text, const char *name, lw_tokenizer **tokenizer);
/* GPT-2: merges, and a JSON object of tokens and numbers. */
lw_status lwi_gpt2_tokenizer(lw_string merges, lw_string vocabulary, lw_tokenizer **tokenizer);
/* BERT: a token a line. config: tokenizer_config.json, or {NULL, 0}. */
lw_status lwi_wordpiece_tokenizer(lw_string text, lw_string config, lw_tokenizer **tokenizer);
/* RWKV: lines of number, Python literal and size. */
lw_status lwi_rwkv_tokenizer(lw_string text, lw_tokenizer **tokenizer);
/* SentencePiece: a serialized ModelProto, which must live as long as the tokenizer. numbers: of the
 * pieces, a JSON object (spm_ids.h), or {NULL, 0}. */
lw_status lwi_spm_tokenizer(lw_string proto, lw_string numbers, lw_tokenizer **tokenizer);

#endif
