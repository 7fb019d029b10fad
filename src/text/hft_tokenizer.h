/* SPDX-License-Identifier: MIT
 * tokenizer.json, as Hugging Face's tokenizers library writes it. */
#ifndef LWI_HFT_TOKENIZER_H
#define LWI_HFT_TOKENIZER_H

#include "base/json_read.h"
#include "text/text_tokenizer.h"

/* config: the text of tokenizer_config.json, which names the special tokens; {NULL, 0}: none. */
lw_status lwi_hft_tokenizer(lw_string json, lw_string config, lw_tokenizer **tokenizer);

/* The parts of the file; an item that is NULL or null is no step. LW_UNSUPPORTED names what is not
 * known. */
lw_status lwi_hft_normalizer(lw_tokenizer *tokenizer, const lwi_json_item *item);
lw_status lwi_hft_pretokenizer(lw_tokenizer *tokenizer, const lwi_json_item *item);
/* A vocabulary {"token": number}; makes the hash. */
lw_status lwi_hft_vocabulary(lw_tokenizer *tokenizer, const lwi_json_item *vocab, bool byte_level);
/* json: the whole text. */
lw_status lwi_hft_model(lw_tokenizer *tokenizer, const lwi_json_item *item, lw_string json);
lw_status lwi_hft_post_processor(lw_tokenizer *tokenizer, const lwi_json_item *item);
lw_status lwi_hft_decoder(lw_tokenizer *tokenizer, const lwi_json_item *item);
lw_status lwi_hft_config(lw_tokenizer *tokenizer, const lwi_json_item *item);

/* hft_scores.c: the scores of the model's n tokens, as the tokenizers package reads them; they stay
 * as they are where that is not known. */
void lwi_hft_scores(lw_string json, size_t n, double *scores);

/* A string as a text; {NULL, 0} for other items. */
lw_string lwi_hft_text(const lwi_json_item *item);
/* The member's string, copied into the tokenizer's arena; {"", 0} if it is missing. */
lw_status lwi_hft_keep(lw_tokenizer *tokenizer, const lwi_json_item *object, const char *key,
                       lw_string *text);
/* {"String": text} or {"Regex": expression}; the other is {NULL, 0}. */
void lwi_hft_pattern(const lwi_json_item *item, lw_string *text, lw_string *regex);
/* "prepend_scheme", or what older files say instead. */
lwi_prepend lwi_hft_prepend(const lwi_json_item *item);

#endif
