/* SPDX-License-Identifier: MIT
 * Metadata of a GGUF file that is to be written. */
#ifndef LWI_GGUF_PAIRS_H
#define LWI_GGUF_PAIRS_H

#include "files/gguf_file.h"
#include "base/byte_buffer.h"
#include "lampwick/llm_weights.h"
#include "lampwick/tokenizer.h"
#include "text/merge_table.h"

typedef struct lwi_pairs {
    lwi_arena *arena;
    lwi_gguf_pair *items;
    size_t n, capacity;
    const char *prefix; /* of keys that begin with "." */
} lwi_pairs;

lw_status lwi_pairs_int(lwi_pairs *p, const char *key, lwi_gguf_kind kind, int64_t number);
lw_status lwi_pairs_float(lwi_pairs *p, const char *key, double number);
lw_status lwi_pairs_text(lwi_pairs *p, const char *key, lw_string text);
/* n numbers of 4 bytes, copied; little-endian. */
lw_status lwi_pairs_numbers(lwi_pairs *p, const char *key, lwi_gguf_kind kind, const uint32_t *bits,
                            size_t n);
/* An array of bytes, or of truths. */
lw_status lwi_pairs_bytes(lwi_pairs *p, const char *key, const void *bytes, size_t n);
lw_status lwi_pairs_flags(lwi_pairs *p, const char *key, const uint8_t *flags, size_t n);
lw_status lwi_pairs_texts(lwi_pairs *p, const char *key, const lw_string *texts, size_t n);

/* gguf_hyperparameters.c: those of the folder. */
lw_status lwi_pairs_hyperparameters(lwi_pairs *p, const lw_checkpoint *checkpoint);
/* gguf_vocabulary.c: the tokenizer, for a model with n tokens. LW_UNSUPPORTED: GGUF files have no
 * such tokenizers. */
lw_status lwi_pairs_tokenizer(lwi_pairs *p, const lw_tokenizer *tokenizer, size_t n);
/* Both cut sample texts alike. */
bool lwi_tokenizers_agree(const lw_tokenizer *a, const lw_tokenizer *b);
/* The merges in their order, [*n], in the arena; *n is 0 before. */
lw_status lwi_list_merges(lwi_arena *arena, const lw_tokenizer *tokenizer, lwi_merge **merges,
                          size_t *n);
/* tokenizer_json.c: the text of tokenizer.json; pre: the name that a GGUF file has for the
 * pre-tokenizer. LW_UNSUPPORTED: there is no such form of it. */
lw_status lwi_tokenizer_json(const lw_tokenizer *tokenizer, lw_string pre, lwi_buffer *json);

#endif
