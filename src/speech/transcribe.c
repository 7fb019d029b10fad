/* SPDX-License-Identifier: MIT
 * From window to window of a sound, as OpenAI's whisper goes: to the last timestamp that ends a
 * segment, so that what the window has cut is heard again. */
#include "speech/speech_align.h"

#include <math.h>
#include <string.h>

enum { FRAMES_PER_STATE = 2 };

typedef struct run {
    lw_transcriber *t;
    lw_transcript *out;
    const float *features; /* [bands, frames] */
    size_t frames, seek;   /* frames of features */
    size_t forgotten;      /* tokens of the transcript that are not shown any more */
    bool prompt_forgotten;
    int32_t *previous; /* the prompt and what has been said, [n_previous] */
    size_t n_previous, cap_previous;
    double last_speech; /* where the last word ended */
} run;

static double seconds(size_t frames) {
    return (double)(frames * LWI_FRAME_SAMPLES) / LW_SPEECH_RATE;
}

/* Behind the sound, features are 0. */
static size_t take_features(run *r) {
    const lw_speech *s = r->t->speech;
    const size_t window = FRAMES_PER_STATE * s->frames, left = r->frames - r->seek;
    const size_t n = left < window ? left : window;
    memset(r->t->graph.features, 0, s->bands * window * sizeof(float));
    for (size_t band = 0; band < s->bands; band++)
        memcpy(r->t->graph.features + band * window, r->features + band * r->frames + r->seek,
               n * sizeof(float));
    return n;
}

static lw_status collect_previous(run *r) {
    const lw_transcriber *t = r->t;
    const size_t prompt = r->prompt_forgotten ? 0 : t->n_prompt;
    const size_t said = r->out->n_tokens - r->forgotten;
    LW_TRY(lwi_arena_grow(&r->out->arena, &r->previous, &r->cap_previous, prompt + said + 1,
                          sizeof *r->previous));
    r->n_previous = prompt + said;
    if (prompt) memcpy(r->previous, t->prompt, prompt * sizeof *r->previous);
    if (said)
        memcpy(r->previous + prompt, r->out->tokens + r->forgotten, said * sizeof *r->previous);
    return LW_OK;
}

/* ------------------------------------------------------------------ segments */

static bool is_time(const run *r, size_t i) {
    return r->t->window.tokens[i] > r->t->speech->tokens.no_timestamps;
}

/* In states of the encoder, from the window's beginning. */
static size_t time_of(const run *r, size_t i) {
    return (size_t)(r->t->window.tokens[i] - r->t->speech->tokens.no_timestamps - 1);
}

static void add_piece(run *r, double start, double end, size_t from, size_t to) {
    r->t->pieces[r->t->n_pieces++] = (lwi_piece){
        .tokens = r->t->window.tokens + from, .n = to - from, .start = start, .end = end};
}

static void add_between(run *r, size_t from, size_t to) {
    const double begin = seconds(r->seek);
    add_piece(r, begin + seconds(FRAMES_PER_STATE * time_of(r, from)),
              begin + seconds(FRAMES_PER_STATE * time_of(r, to - 1)), from, to);
}

/* Segments end where two timestamps stand together. *last: where the last one ended; 0: nowhere. */
static void add_pairs(run *r, bool ends, size_t *last) {
    const size_t n = r->t->window.n;
    for (size_t i = 1; i < n; i++) {
        if (!is_time(r, i) || !is_time(r, i - 1)) continue;
        add_between(r, *last, i);
        *last = i;
    }
    if (*last && ends) {
        add_between(r, *last, n);
        *last = n;
    }
}

/* The whole window, up to its last timestamp if there is one. */
static void add_whole(run *r, size_t frames) {
    const lwi_window_text *w = &r->t->window;
    size_t end = frames;
    for (size_t i = w->n; i-- > 0;)
        if (is_time(r, i)) {
            if (time_of(r, i) > 0) end = FRAMES_PER_STATE * time_of(r, i);
            break;
        }
    add_piece(r, seconds(r->seek), seconds(r->seek) + seconds(end), 0, w->n);
}

/* The window's text in pieces; the frames to go on. */
static size_t divide(run *r, size_t frames, bool ends) {
    size_t last = 0;
    r->t->n_pieces = 0;
    add_pairs(r, ends, &last);
    if (last == 0) add_whole(r, frames);
    else if (!ends && time_of(r, last - 1) > 0) return FRAMES_PER_STATE * time_of(r, last - 1);
    return frames;
}

/* Where the last word ends, or the last piece if there are no words. */
static double end_of(const lw_transcriber *t) {
    for (size_t i = t->n_pieces; i-- > 0;) {
        const lwi_piece *p = t->pieces + i;
        if (p->n_words) return p->words[p->n_words - 1].end;
    }
    return t->pieces[t->n_pieces - 1].end;
}

/* With the times of words, the next window begins behind the last one. */
static lw_status add_words(run *r, size_t frames, bool ends, size_t *next) {
    lw_transcriber *t = r->t;
    const double begin = seconds(r->seek);
    LW_TRY(lwi_speech_words(t, t->pieces, t->n_pieces, begin, frames, &r->last_speech));
    const double end = end_of(t);
    r->last_speech = end;
    if (ends || !(end > begin)) return LW_OK;
    const double frame = nearbyint(end * LW_SPEECH_RATE / LWI_FRAME_SAMPLES);
    *next = frame > (double)r->seek ? (size_t)frame - r->seek : 1;
    return LW_OK;
}

/* *next: frames to go on. */
static lw_status add_segments(run *r, size_t frames, size_t *next) {
    const size_t n = r->t->window.n;
    const bool ends = n >= 2 && is_time(r, n - 1) && !is_time(r, n - 2);
    *next = divide(r, frames, ends);
    if (r->t->options.word_times) LW_TRY(add_words(r, frames, ends, next));
    for (size_t i = 0; i < r->t->n_pieces; i++)
        LW_TRY(lwi_transcript_add(r->out, r->t, r->t->pieces + i));
    return LW_OK;
}

/* ------------------------------------------------------------------- windows */

static bool is_silent(const lw_transcriber *t) {
    const lwi_window_text *w = &t->window;
    return w->no_speech > t->options.most_no_speech &&
           !(w->average_logprob > t->options.least_logprob);
}

static const char *language_code(const lw_transcriber *t) {
    const lwi_speech_tokens *s = &t->speech->tokens;
    for (size_t i = 0; i < s->n_languages; i++)
        if (s->languages[i].token == t->language) return s->languages[i].code;
    return "";
}

static lw_status run_window(run *r) {
    enum { HOT = 5 }; /* tenths of temperature */
    lw_transcriber *t = r->t;
    const size_t frames = take_features(r);
    size_t next = frames;
    LW_TRY(lwi_speech_encode(t));
    if (t->speech->tokens.n_languages && t->language < 0)
        LW_TRY(lwi_speech_detect(t, &t->language));
    LW_TRY(collect_previous(r));
    LW_TRY(lwi_speech_window(t, r->previous, r->n_previous));
    if (!is_silent(t)) {
        LW_TRY(add_segments(r, frames, &next));
        if (t->options.forget || t->window.temperature * 10 > HOT) {
            r->forgotten = r->out->n_tokens;
            r->prompt_forgotten = true;
        }
    }
    r->seek += next;
    return LW_OK;
}

/* Features of the whole sound: how loud it is anywhere decides what is cut. */
static lw_status run_all(run *r, const float *samples, size_t n) {
    lw_transcriber *t = r->t;
    lw_value *features = NULL;
    const int32_t language = t->language;
    LW_TRY(lw_log_mel(samples, n, (int)t->speech->bands, &features));
    r->features = lw_tensor_data(features);
    r->frames = (size_t)lw_tensor_dims(features)[1];
    t->drawn = 0;
    lw_status status = LW_OK;
    while (status == LW_OK && r->seek < r->frames)
        status = run_window(r);
    lw_value_free(features);
    const char *code = language_code(t);
    t->language = language; /* the next sound may be in another one */
    if (status != LW_OK) return status;
    return lwi_arena_string(&r->out->arena, code, strlen(code), &r->out->language);
}

lw_status lw_transcribe(lw_transcriber *t, const float *samples, size_t n,
                        lw_transcript **transcript) {
    lw_transcript *s = NULL;
    if (!t || !transcript || (n && !samples))
        return lwi_fail(LW_INVALID, "lw_transcribe: an argument is NULL");
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *s, &s));
    lwi_arena_init(&s->arena, &lwi_malloc_allocator);
    s->text = lwi_buffer_new(&lwi_malloc_allocator);
    s->language = "";
    run r = {.t = t, .out = s};
    const lw_status status = run_all(&r, samples, n);
    if (status == LW_OK) *transcript = s;
    else lw_transcript_free(s);
    return status;
}
