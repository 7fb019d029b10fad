/* SPDX-License-Identifier: MIT */
#include "speech/transcriber.h"

#include <string.h>

void lw_transcript_free(lw_transcript *transcript) {
    if (!transcript) return;
    lwi_buffer_free(&transcript->text);
    lwi_arena_free(&transcript->arena);
    lwi_free(&lwi_malloc_allocator, transcript);
}

const char *lw_transcript_language(const lw_transcript *transcript) {
    return transcript ? transcript->language : "";
}

lw_string lw_transcript_text(const lw_transcript *transcript) {
    if (!transcript || transcript->text.size == 0) return (lw_string){"", 0};
    return (lw_string){transcript->text.data, transcript->text.size};
}

lw_status lw_transcript_segment(const lw_transcript *transcript, size_t index,
                                lw_segment *segment) {
    if (!transcript || !segment || segment->size < sizeof *segment)
        return lwi_fail(LW_INVALID,
                        "lw_transcript_segment: an argument is NULL or segment->size not set");
    if (index >= transcript->n)
        return lwi_fail(LW_RANGE, "there is no segment %zu, but %zu", index, transcript->n);
    const size_t size = segment->size;
    *segment = transcript->segments[index];
    segment->size = size;
    return LW_OK;
}

static bool is_blank(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (!strchr(" \t\r\n", text[i])) return false;
    return true;
}

static lw_status add_text(lw_transcript *s, const lw_transcriber *t, lw_segment *segment) {
    const size_t at = s->text.size;
    const char *copy = NULL;
    LW_TRY(lwi_speech_text(t, segment->tokens, segment->n_tokens, &s->text));
    const size_t size = s->text.size - at;
    if (size == 0 || is_blank(s->text.data + at, size)) {
        s->text.size = at;
        return LW_OK;
    }
    LW_TRY(lwi_arena_string(&s->arena, s->text.data + at, size, &copy));
    segment->text = (lw_string){copy, size};
    return LW_OK;
}

static lw_status add_words(lw_transcript *s, const lw_transcriber *t, const lwi_piece *piece,
                           lw_segment *segment) {
    lw_word *words = NULL;
    LW_TRY(lwi_arena_alloc(&s->arena, piece->n_words, sizeof *words, &words));
    for (size_t i = 0; i < piece->n_words; i++) {
        const lwi_word *from = piece->words + i;
        const char *text = NULL;
        LW_TRY(lwi_arena_string(&s->arena, t->word_text.data + from->at, from->size, &text));
        words[i] = (lw_word){from->start, from->end, from->probability, {text, from->size}};
    }
    segment->words = words;
    segment->n_words = piece->n_words;
    return LW_OK;
}

lw_status lwi_transcript_add(lw_transcript *s, const lw_transcriber *t, const lwi_piece *piece) {
    const lwi_window_text *w = &t->window;
    const size_t n = piece->n;
    lw_segment segment = {.size = sizeof segment,
                          .start = piece->start,
                          .end = piece->end,
                          .text = {"", 0},
                          .n_tokens = n,
                          .temperature = w->temperature,
                          .average_logprob = w->average_logprob,
                          .compression = w->compression,
                          .no_speech = w->no_speech};
    void *copy = NULL;
    if (piece->start == piece->end) return LW_OK;
    LW_TRY(lwi_arena_copy(&s->arena, piece->tokens, n * sizeof *piece->tokens, &copy));
    segment.tokens = copy;
    LW_TRY(add_text(s, t, &segment));
    if (segment.text.size == 0) return LW_OK;
    if (piece->n_words) LW_TRY(add_words(s, t, piece, &segment));
    LW_TRY(lwi_arena_grow(&s->arena, &s->segments, &s->capacity, s->n + 1, sizeof segment));
    LW_TRY(
        lwi_arena_grow(&s->arena, &s->tokens, &s->cap_tokens, s->n_tokens + n, sizeof *s->tokens));
    memcpy(s->tokens + s->n_tokens, piece->tokens, n * sizeof *piece->tokens);
    s->n_tokens += n;
    s->segments[s->n++] = segment;
    if (t->options.segment && !t->options.segment(t->options.user, &segment))
        return lwi_fail(LW_CANCELLED, "the transcription was ended at %.2f s", piece->end);
    return LW_OK;
}
