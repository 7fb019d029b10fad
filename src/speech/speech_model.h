/* SPDX-License-Identifier: MIT
 * A speech model: its graph (src/arch/arch_whisper.c), its tokenizer, and the tokens that steer it.
 */
#ifndef LWI_SPEECH_MODEL_H
#define LWI_SPEECH_MODEL_H

#include <lampwick/speech.h>
#include <lampwick/tokenizer.h>

#include "base/memory.h"

typedef struct lwi_token_list {
    const int32_t *tokens;
    size_t n;
} lwi_token_list;

typedef struct lwi_language {
    const char *code; /* "en" */
    int32_t token;
} lwi_language;

/* A head of a layer of the decoder. */
typedef struct lwi_head {
    size_t layer, head;
} lwi_head;

/* -1: the model does not have it. */
typedef struct lwi_speech_tokens {
    int32_t end, start, translate, transcribe, previous, no_speech, language_model;
    int32_t no_timestamps; /* timestamps come behind it, 20 ms apart */
    int32_t latest_start;  /* timestamps from 0 at which the first segment may begin at most */
    lwi_token_list never, not_first;
    const lwi_language *languages;
    size_t n_languages;
    const lwi_head *aligned; /* heads that look at where a token is said */
    size_t n_aligned;
} lwi_speech_tokens;

struct lw_speech {
    lwi_arena arena;
    lw_model *model;
    lw_tokenizer *tokenizer;
    size_t bands, frames; /* frames: of the encoder's states */
    size_t layers, heads, vocabulary, context, width;
    size_t cache_positions, cache_elements;
    lwi_speech_tokens tokens;
};

/* Reads generation_config.json of a folder, or config.json where there is none; or what a GGUF file
 * has of it. */
lw_status lwi_speech_tokens_read(lw_speech *speech, const char *path);

#endif
