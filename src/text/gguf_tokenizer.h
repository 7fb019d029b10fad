/* SPDX-License-Identifier: MIT
 * The tokenizer that a GGUF file holds (tokenizer.ggml.*). */
#ifndef LWI_GGUF_TOKENIZER_H
#define LWI_GGUF_TOKENIZER_H

#include "files/gguf_file.h"
#include "text/text_tokenizer.h"

/* Borrows the file's bytes, which must live as long as the tokenizer. LW_NOT_FOUND if the file has
 * no tokenizer. */
lw_status lwi_gguf_tokenizer(const lwi_gguf *gguf, lw_tokenizer **tokenizer);

/* gguf_models.c: what follows the vocabulary, by tokenizer.ggml.model. LW_UNSUPPORTED. */
lw_status lwi_gguf_model(const lwi_gguf *gguf, lw_string model, lw_tokenizer *tokenizer);

#endif
