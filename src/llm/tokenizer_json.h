/* SPDX-License-Identifier: MIT
 * What the parts share that write tokenizer.json. */
#ifndef LWI_TOKENIZER_JSON_H
#define LWI_TOKENIZER_JSON_H

#include "base/byte_buffer.h"
#include "text/text_tokenizer.h"

lw_status lwi_json_put_text(lwi_buffer *json, lw_string text);
/* "post_processor": the tokens around a text. */
lw_status lwi_json_put_post(const lw_tokenizer *tokenizer, lwi_buffer *json);
/* The text, read again, cuts samples of many scripts as the tokenizer does. */
bool lwi_json_agrees(const lw_tokenizer *tokenizer, const lwi_buffer *json);
/* From "normalizer" on (tokenizer_json_unigram.c). */
lw_status lwi_json_put_unigram(const lw_tokenizer *tokenizer, lwi_buffer *json);

#endif
