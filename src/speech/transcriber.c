/* SPDX-License-Identifier: MIT
 * A transcriber's options and memory. */
#include "speech/transcriber.h"

#include <math.h>
#include <string.h>

static void fill_defaults(lw_transcriber_options *o) {
    if (o->least_logprob == 0) o->least_logprob = -1;
    if (o->most_compression == 0) o->most_compression = 2.4;
    if (o->most_no_speech == 0) o->most_no_speech = 0.6;
    if (o->beam_size == 0) o->beam_size = 1;
    if (o->best_of == 0) o->best_of = 1;
    if (o->patience == 0) o->patience = 1;
}

static lw_status size_group(lw_transcriber *t) {
    enum { MOST_PATIENCE = 16 };
    const lw_transcriber_options *o = &t->options;
    if (o->beam_size > LWI_MOST_GROUP || o->best_of > LWI_MOST_GROUP)
        return lwi_fail(LW_RANGE, "beam_size and best_of are 1 to %d", LWI_MOST_GROUP);
    if (!(o->patience > 0 && o->patience <= MOST_PATIENCE))
        return lwi_fail(LW_RANGE, "patience is more than 0 and at most %d", MOST_PATIENCE);
    if (!(o->length_penalty >= 0 && o->length_penalty <= 1))
        return lwi_fail(LW_RANGE, "length_penalty is 0 to 1");
    t->group = o->beam_size > o->best_of ? o->beam_size : o->best_of;
    t->most_done = (size_t)nearbyint((double)o->beam_size * o->patience);
    if (t->most_done == 0) t->most_done = 1;
    return LW_OK;
}

static lw_status take_language(lw_transcriber *t) {
    const lwi_speech_tokens *s = &t->speech->tokens;
    const char *code = t->options.language;
    t->language = -1;
    if (t->options.translate && (s->n_languages == 0 || s->translate < 0))
        return lwi_fail(LW_UNSUPPORTED, "the model does not translate");
    if (!code || (s->n_languages == 0 && !strcmp(code, "en"))) return LW_OK;
    for (size_t i = 0; i < s->n_languages; i++)
        if (!strcmp(s->languages[i].code, code)) t->language = s->languages[i].token;
    if (t->language >= 0) return LW_OK;
    return lwi_fail(LW_NOT_FOUND, "the model does not know the language '%.16s' (a code: 'en')",
                    code);
}

/* A space, and the text without those around it. */
static lw_status encode_prompt(lw_transcriber *t, const char *text) {
    lwi_buffer spaced = lwi_buffer_new(&lwi_malloc_allocator);
    size_t size = strlen(text), n = 0;
    while (size && strchr(" \t\r\n", *text)) {
        text++;
        size--;
    }
    while (size && strchr(" \t\r\n", text[size - 1]))
        size--;
    if (size == 0) return LW_OK;
    lw_status status = lwi_buffer_put(&spaced, " ", 1);
    if (status == LW_OK) status = lwi_buffer_put(&spaced, text, size);
    const lw_tokenizer *tokenizer = t->speech->tokenizer;
    if (status == LW_OK)
        status = lw_tokenizer_encode(tokenizer, spaced.data, spaced.size, 0, NULL, 0, &n);
    if (status == LW_OK) status = lwi_arena_alloc(&t->arena, n, sizeof *t->prompt, &t->prompt);
    if (status == LW_OK)
        status =
            lw_tokenizer_encode(tokenizer, spaced.data, spaced.size, 0, t->prompt, n, &t->n_prompt);
    lwi_buffer_free(&spaced);
    return status;
}

static lw_status check_prompt(const lw_transcriber *t) {
    for (size_t i = 0; i < t->n_prompt; i++)
        if ((size_t)t->prompt[i] >= t->speech->vocabulary)
            return lwi_fail(LW_CORRUPT, "the tokenizer has a token %d, the model %zu", t->prompt[i],
                            t->speech->vocabulary);
    return LW_OK;
}

static lw_status make_words(lw_transcriber *t) {
    const size_t n = t->speech->context + 1;
    LW_TRY(lwi_arena_alloc(&t->arena, n, sizeof *t->words, &t->words));
    LW_TRY(lwi_arena_alloc(&t->arena, n, sizeof *t->word_tokens, &t->word_tokens));
    LW_TRY(lwi_arena_alloc(&t->arena, n + 1, sizeof *t->word_starts, &t->word_starts));
    return lwi_arena_alloc(&t->arena, n, sizeof *t->word_probabilities, &t->word_probabilities);
}

static lw_status prepare(lw_transcriber *t) {
    enum { LEAST_CONTEXT = 16 };
    const lw_speech *s = t->speech;
    fill_defaults(&t->options);
    LW_TRY(size_group(t));
    LW_TRY(take_language(t));
    if (t->options.prompt) LW_TRY(encode_prompt(t, t->options.prompt));
    LW_TRY(check_prompt(t));
    if (s->context < LEAST_CONTEXT)
        return lwi_fail(LW_UNSUPPORTED, "a context of %zu tokens is too small", s->context);
    LW_TRY(lwi_arena_alloc(&t->arena, s->context + 1, sizeof *t->before, &t->before));
    LW_TRY(lwi_arena_alloc(&t->arena, s->context + 1, sizeof(int32_t), &t->window.tokens));
    LW_TRY(
        lwi_arena_alloc(&t->arena, (1 + t->group) * s->vocabulary, sizeof *t->logits, &t->logits));
    LW_TRY(lwi_speech_search_init(t));
    t->window.text = lwi_buffer_new(&lwi_malloc_allocator);
    t->word_text = lwi_buffer_new(&lwi_malloc_allocator);
    LW_TRY(lwi_arena_alloc(&t->arena, s->context + 1, sizeof *t->pieces, &t->pieces));
    if (t->options.word_times) LW_TRY(make_words(t));
    return lwi_speech_graph_init(t);
}

lw_status lw_transcriber_new(const lw_speech *speech, const lw_transcriber_options *options,
                             lw_transcriber **transcriber) {
    lw_transcriber *t = NULL;
    if (!speech || !transcriber)
        return lwi_fail(LW_INVALID, "lw_transcriber_new: speech or transcriber is NULL");
    if (options && options->size < sizeof *options)
        return lwi_fail(LW_INVALID, "lw_transcriber_options: size is %zu, expected %zu",
                        options->size, sizeof *options);
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *t, &t));
    lwi_arena_init(&t->arena, &lwi_malloc_allocator);
    t->speech = speech;
    if (options) t->options = *options;
    const lw_status status = prepare(t);
    t->options.context = NULL; /* they need not live on */
    t->options.language = t->options.prompt = NULL;
    if (status == LW_OK) *transcriber = t;
    else lw_transcriber_free(t);
    return status;
}

void lw_transcriber_free(lw_transcriber *t) {
    if (!t) return;
    lwi_speech_graph_free(&t->graph);
    lwi_buffer_free(&t->window.text);
    lwi_buffer_free(&t->word_text);
    lwi_arena_free(&t->arena);
    lwi_free(&lwi_malloc_allocator, t);
}
