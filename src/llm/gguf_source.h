/* SPDX-License-Identifier: MIT
 * A model as a GGUF file would have it, whatever it is read from: a GGUF file, one in several
 * parts, or a Hugging Face folder. */
#ifndef LWI_GGUF_SOURCE_H
#define LWI_GGUF_SOURCE_H

#include "files/gguf_file.h"
#include "lampwick/llm_weights.h"
#include "lampwick/llm.h"

/* A speech model's generation_config.json, as a text. */
#define LWI_GENERATION_KEY "whisper.generation_config"

typedef struct lwi_gguf_source {
    lwi_arena arena;
    lwi_file *files; /* mapped */
    size_t n_files, cap_files;
    lw_checkpoint *checkpoint; /* of a folder */
    lw_tokenizer *tokenizer;
    lwi_gguf gguf;
} lwi_gguf_source;

/* Closed with lwi_gguf_source_close, also after a failure. */
lw_status lwi_gguf_source_open(const char *path, lwi_gguf_source *source);
void lwi_gguf_source_close(lwi_gguf_source *source);

#endif
