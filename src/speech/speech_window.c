/* SPDX-License-Identifier: MIT
 * The text of a window of sound, and again at higher temperatures if it looks wrong. */
#include "speech/transcriber.h"

#include <string.h>

/* What stands before the text of a window: [previous text] start [language task] [no timestamps].
 */
typedef struct beginning {
    size_t n, start; /* tokens; place of the start among them */
} beginning;

static beginning begin(lw_transcriber *t, const int32_t *previous, size_t n_previous) {
    const lwi_speech_tokens *s = &t->speech->tokens;
    const size_t most = t->speech->context / 2 - 1;
    beginning b = {0};
    if (n_previous > most) {
        previous += n_previous - most;
        n_previous = most;
    }
    if (n_previous && s->previous >= 0) {
        t->before[b.n++] = s->previous;
        memcpy(t->before + b.n, previous, n_previous * sizeof *previous);
        b.n += n_previous;
    }
    b.start = b.n;
    t->before[b.n++] = s->start;
    if (s->n_languages) {
        t->before[b.n++] = t->language;
        t->before[b.n++] = t->options.translate ? s->translate : s->transcribe;
    }
    if (t->options.no_timestamps) t->before[b.n++] = s->no_timestamps;
    return b;
}

lw_status lwi_speech_text(const lw_transcriber *t, const int32_t *tokens, size_t n,
                          lwi_buffer *text) {
    int32_t *words = NULL;
    char *room = NULL;
    size_t n_words = 0, size = 0;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, n + 1, sizeof *words, &words));
    for (size_t i = 0; i < n; i++)
        if (tokens[i] < t->speech->tokens.end) words[n_words++] = tokens[i];
    const unsigned flags = LW_DECODE_CONTINUE;
    lw_status status =
        lw_tokenizer_decode(t->speech->tokenizer, words, n_words, flags, NULL, 0, &size);
    if (status == LW_OK) status = lwi_alloc_array(&lwi_malloc_allocator, size + 1, 1, &room);
    if (status == LW_OK)
        status =
            lw_tokenizer_decode(t->speech->tokenizer, words, n_words, flags, room, size, &size);
    if (status == LW_OK) status = lwi_buffer_put(text, room, size);
    lwi_free(&lwi_malloc_allocator, words);
    lwi_free(&lwi_malloc_allocator, room);
    return status;
}

static lw_string strip(const lwi_buffer *text) {
    const char *begin = text->data, *end = text->data + text->size;
    while (begin < end && strchr(" \t\r\n", *begin))
        begin++;
    while (end > begin && strchr(" \t\r\n", end[-1]))
        end--;
    return (lw_string){begin, (size_t)(end - begin)};
}

static lw_status judge(lw_transcriber *t, bool *wrong) {
    const lw_transcriber_options *o = &t->options;
    lwi_window_text *w = &t->window;
    w->text.size = 0;
    LW_TRY(lwi_speech_text(t, w->tokens, w->n, &w->text));
    const lw_string text = strip(&w->text);
    w->compression = lwi_compression(&lwi_malloc_allocator, text.data, text.size);
    *wrong = w->compression > o->most_compression || w->average_logprob < o->least_logprob;
    if (w->no_speech > o->most_no_speech && w->average_logprob < o->least_logprob) *wrong = false;
    return LW_OK;
}

lw_status lwi_speech_window(lw_transcriber *t, const int32_t *previous, size_t n_previous) {
    bool wrong = true;
    for (int step = 0; wrong && step <= (t->options.no_fallback ? 0 : 5); step++) {
        const beginning b = begin(t, previous, n_previous);
        LW_TRY(lwi_speech_search(t, b.n, b.start, step / 5.0));
        LW_TRY(judge(t, &wrong));
    }
    return LW_OK;
}

lw_status lwi_speech_detect(lw_transcriber *t, int32_t *language) {
    const lwi_speech_tokens *s = &t->speech->tokens;
    lwi_speech_begin(t);
    LW_TRY(lwi_speech_decode(t, &s->start, 0, 1, (int32_t[]){0}, 1, t->logits, NULL, 0));
    *language = s->languages[0].token;
    for (size_t i = 1; i < s->n_languages; i++)
        if (t->logits[s->languages[i].token] > t->logits[*language])
            *language = s->languages[i].token;
    return LW_OK;
}
