/* SPDX-License-Identifier: MIT */
#include "speech/speech_model.h"

#include "llm/model_notes.h"

static lw_status read_sizes(lw_speech *s) {
    const struct {
        const char *name;
        size_t *size;
    } sizes[] = {{"lampwick.audio.bands", &s->bands},
                 {"lampwick.audio.frames", &s->frames},
                 {"lampwick.decoder.layers", &s->layers},
                 {"lampwick.decoder.heads", &s->heads},
                 {"lampwick.context", &s->context},
                 {"lampwick.width", &s->width},
                 {"lampwick.vocabulary", &s->vocabulary},
                 {"lampwick.cache.positions", &s->cache_positions},
                 {"lampwick.cache.elements", &s->cache_elements}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (!lwi_model_size(s->model, sizes[i].name, sizes[i].size))
            return lwi_fail(LW_UNSUPPORTED, "this is no speech model: it has no %s", sizes[i].name);
    return LW_OK;
}

static lw_status open_speech(lw_speech *s, const char *path, const lw_model_options *options) {
    LW_TRY(lw_model_load(path, options, &s->model));
    LW_TRY(read_sizes(s));
    LW_TRY(lw_tokenizer_load(path, &s->tokenizer));
    return lwi_speech_tokens_read(s, path);
}

lw_status lw_speech_load(const char *path, const lw_model_options *options, lw_speech **speech) {
    lw_speech *s = NULL;
    if (!path || !speech) return lwi_fail(LW_INVALID, "lw_speech_load: path or speech is NULL");
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *s, &s));
    lwi_arena_init(&s->arena, &lwi_malloc_allocator);
    const lw_status status = open_speech(s, path, options);
    if (status == LW_OK) *speech = s;
    else lw_speech_free(s);
    return status;
}

void lw_speech_free(lw_speech *s) {
    if (!s) return;
    lw_tokenizer_free(s->tokenizer);
    lw_model_free(s->model);
    lwi_arena_free(&s->arena);
    lwi_free(&lwi_malloc_allocator, s);
}

const lw_model *lw_speech_model(const lw_speech *speech) { return speech ? speech->model : NULL; }

lw_status lw_speech_describe(const lw_speech *speech, lw_speech_info *info) {
    if (!speech || !info || info->size < sizeof *info)
        return lwi_fail(LW_INVALID,
                        "lw_speech_describe: an argument is NULL or info->size not set");
    info->bands = speech->bands;
    info->frames = 2 * speech->frames;
    info->vocabulary = speech->vocabulary;
    info->languages = speech->tokens.n_languages;
    info->translates = speech->tokens.n_languages && speech->tokens.translate >= 0;
    return LW_OK;
}

const char *lw_speech_language(const lw_speech *speech, size_t index) {
    if (!speech || index >= speech->tokens.n_languages) return NULL;
    return speech->tokens.languages[index].code;
}
