/* SPDX-License-Identifier: MIT
 * Words of a window and their times, with the corrections of OpenAI's whisper: punctuation belongs
 * to a word, words at pauses are not very long, and a piece ends with its last word. */
#include "speech/speech_align.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

static const char sentence_ends[] = ".\xe3\x80\x82!\xef\xbc\x81?\xef\xbc\x9f";
static const char before_words[] = "\"'\xe2\x80\x9c\xc2\xbf([{-";
static const char behind_words[] = "\"'.\xe3\x80\x82,\xef\xbc\x8c!\xef\xbc\x81?\xef\xbc\x9f:"
                                   "\xef\xbc\x9a\xe2\x80\x9d)]}\xe3\x80\x81";
static const char punctuation[] = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/* Of whole words; the text is one of the words one behind the other. */
typedef struct words {
    lw_transcriber *t;
    lwi_word *list;
    size_t n;
    lwi_buffer all, unit; /* the whole text; what some tokens give */
    int32_t *tokens;
    size_t n_tokens;
    size_t *starts;
    double *probabilities;
} words;

/* -------------------------------------------------------------------- texts */

static lw_string strip(lw_string text) {
    while (text.size && strchr(" \t\r\n\v\f", *text.data)) {
        text.data++;
        text.size--;
    }
    while (text.size && strchr(" \t\r\n\v\f", text.data[text.size - 1]))
        text.size--;
    return text;
}

/* As Python's `in` for texts. */
static bool is_in(lw_string text, const char *set) {
    const size_t n = strlen(set);
    for (size_t i = 0; i + text.size <= n; i++)
        if (!memcmp(set + i, text.data, text.size)) return true;
    return false;
}

static lw_string text_of(const words *w, const lwi_word *word) {
    return (lw_string){w->all.data + word->at, word->size};
}

/* The tokens give whole characters, or what is not whole is so in the text too. */
static bool is_whole(const words *w, size_t offset) {
    static const size_t n = sizeof REPLACEMENT - 1;
    for (size_t i = 0; i + n <= w->unit.size; i++)
        if (!memcmp(w->unit.data + i, REPLACEMENT, n))
            return offset + i + n <= w->all.size &&
                   !memcmp(w->all.data + offset + i, REPLACEMENT, n);
    return true;
}

/* Languages that are written without spaces. */
static bool has_spaces(const lw_transcriber *t) {
    static const char *const codes[] = {"zh", "ja", "th", "lo", "my", "yue"};
    const lwi_speech_tokens *s = &t->speech->tokens;
    for (size_t i = 0; i < s->n_languages; i++)
        for (size_t k = 0; k < sizeof codes / sizeof *codes; k++)
            if (s->languages[i].token == t->language && !strcmp(s->languages[i].code, codes[k]))
                return false;
    return true;
}

static bool begins_word(const words *w, lw_string unit, bool spaces) {
    if (!spaces || w->n == 0 || (unit.size && *unit.data == ' ')) return true;
    return is_in(strip(unit), punctuation);
}

static void add_unit(words *w, size_t offset, size_t size, size_t tokens, bool spaces) {
    const lw_string unit = {w->all.data + offset, size};
    if (begins_word(w, unit, spaces))
        w->list[w->n++] = (lwi_word){.at = offset, .size = size, .tokens = tokens};
    else {
        w->list[w->n - 1].size += size;
        w->list[w->n - 1].tokens += tokens;
    }
}

static lw_status split(words *w) {
    const bool spaces = has_spaces(w->t);
    size_t offset = 0, first = 0;
    LW_TRY(lwi_speech_text(w->t, w->tokens, w->n_tokens, &w->all));
    for (size_t i = 0; i < w->n_tokens; i++) {
        const size_t left = w->all.size - offset;
        const bool last = i + 1 == w->n_tokens; /* what is left, whole or not */
        w->unit.size = 0;
        LW_TRY(lwi_speech_text(w->t, w->tokens + first, i + 1 - first, &w->unit));
        if (!last && (!is_whole(w, offset) || w->unit.size > left)) continue;
        const size_t size = last ? left : w->unit.size;
        add_unit(w, offset, size, i + 1 - first, spaces);
        offset += size;
        first = i + 1;
    }
    return LW_OK;
}

/* -------------------------------------------------------------------- times */

static void set_times(words *w) {
    enum { STATES_PER_SECOND = LW_SPEECH_RATE / LWI_FRAME_SAMPLES / 2 };
    size_t at = 0;
    for (size_t i = 0; i < w->n; i++) {
        lwi_word *x = w->list + i;
        double sum = 0;
        for (size_t k = 0; k < x->tokens; k++)
            sum += w->probabilities[at + k];
        x->start = (double)w->starts[at] / STATES_PER_SECOND;
        x->end = (double)w->starts[at + x->tokens] / STATES_PER_SECOND;
        x->probability = sum / (double)x->tokens;
        at += x->tokens;
    }
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Of those that are not 0; at most 0.7 s. */
static lw_status median_duration(const words *w, double *median) {
    double *all = NULL;
    size_t n = 0;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, w->n, sizeof *all, &all));
    for (size_t i = 0; i < w->n; i++)
        if (w->list[i].end != w->list[i].start) all[n++] = w->list[i].end - w->list[i].start;
    qsort(all, n, sizeof *all, by_size);
    *median = n == 0 ? 0 : (all[(n - 1) / 2] + all[n / 2]) / 2;
    if (*median > 0.7) *median = 0.7;
    lwi_free(&lwi_malloc_allocator, all);
    return LW_OK;
}

static void shorten_at_sentences(words *w, double most) {
    for (size_t i = 1; i < w->n; i++) {
        lwi_word *x = w->list + i;
        if (!(x->end - x->start > most)) continue;
        if (is_in(text_of(w, x), sentence_ends)) x->end = x->start + most;
        else if (is_in(text_of(w, x - 1), sentence_ends)) x->start = x->end - most;
    }
}

/* The text of b, which stands behind that of a, goes to one of them; the other one is empty. */
static void merge(lwi_word *a, lwi_word *b, bool into_first) {
    lwi_word *to = into_first ? a : b, *from = into_first ? b : a;
    if (from->size == 0) return;
    if (!into_first || to->size == 0) to->at = from->at;
    to->size += from->size;
    to->tokens += from->tokens;
    from->size = from->tokens = 0;
}

static void merge_punctuation(words *w) {
    for (size_t i = w->n - 1, next = w->n - 1; i-- > 0;) {
        const lw_string text = text_of(w, w->list + i);
        if (text.size && *text.data == ' ' && is_in(strip(text), before_words))
            merge(w->list + i, w->list + next, false);
        else next = i;
    }
    for (size_t i = 0, next = 1; next < w->n; next++) {
        const lw_string text = text_of(w, w->list + i), following = text_of(w, w->list + next);
        const bool open = text.size && text.data[text.size - 1] == ' ';
        if (!open && is_in(following, behind_words)) merge(w->list + i, w->list + next, true);
        else i = next;
    }
}

/* ------------------------------------------------------------------- pieces */

static double to_hundredths(double seconds) { return nearbyint(seconds * 100) / 100; }

/* The words from *at on that the piece's tokens make; those without text are left out. */
static void take_words(words *w, lwi_piece *piece, double begin, size_t *at, size_t *kept) {
    size_t tokens = 0;
    piece->words = w->list + *kept;
    piece->n_words = 0;
    for (; *at < w->n && tokens < piece->n_text; ++*at) {
        lwi_word word = w->list[*at];
        tokens += word.tokens;
        if (word.size == 0) continue;
        word.start = to_hundredths(begin + word.start);
        word.end = to_hundredths(begin + word.end);
        w->list[(*kept)++] = word;
        piece->n_words++;
    }
}

/* The first words behind a pause are not long. */
static void shorten_first(lwi_piece *p, double median, double last_speech) {
    lwi_word *first = p->words, *second = p->n_words > 1 ? p->words + 1 : NULL;
    const double most = 2 * median;
    if (!(first->end - last_speech > 4 * median)) return;
    if (!(first->end - first->start > most) && !(second && second->end - first->start > 2 * most))
        return;
    if (second && second->end - second->start > most)
        first->end = second->start = fmax(second->end / 2, second->end - most);
    first->start = fmax(0, first->end - most);
}

/* The piece ends where its words do, unless one of those is too long. */
static void move_ends(lwi_piece *p, double median, double *last_speech) {
    lwi_word *first = p->words, *last = p->words + p->n_words - 1;
    shorten_first(p, median, *last_speech);
    if (p->start < first->end && p->start - 0.5 > first->start)
        first->start = fmax(0, fmin(first->end - median, p->start));
    else p->start = first->start;
    if (p->end > last->start && p->end + 0.5 < last->end)
        last->end = fmax(last->start + median, p->end);
    else p->end = last->end;
    *last_speech = p->end;
}

static lw_status time_words(words *w, lwi_piece *pieces, size_t n, double begin, size_t frames,
                            double *last_speech) {
    double median = 0;
    size_t at = 0, kept = 0;
    LW_TRY(split(w));
    LW_TRY(lwi_speech_align(w->t, w->tokens, w->n_tokens, frames / 2, w->starts, w->probabilities));
    set_times(w);
    LW_TRY(median_duration(w, &median));
    if (median > 0) shorten_at_sentences(w, 2 * median);
    merge_punctuation(w);
    for (size_t i = 0; i < n; i++) {
        take_words(w, pieces + i, begin, &at, &kept);
        if (pieces[i].n_words) move_ends(pieces + i, median, last_speech);
    }
    return LW_OK;
}

/* All words of the pieces, one behind the other. */
static void collect(words *w, lwi_piece *pieces, size_t n) {
    for (size_t i = 0; i < n; i++) {
        pieces[i].n_text = 0;
        for (size_t k = 0; k < pieces[i].n; k++)
            if (pieces[i].tokens[k] < w->t->speech->tokens.end) {
                w->tokens[w->n_tokens++] = pieces[i].tokens[k];
                pieces[i].n_text++;
            }
    }
}

lw_status lwi_speech_words(lw_transcriber *t, lwi_piece *pieces, size_t n, double begin,
                           size_t frames, double *last_speech) {
    enum { AROUND = 5 }; /* start, language, task, no timestamps, end */
    words w = {.t = t,
               .list = t->words,
               .all = t->word_text,
               .unit = lwi_buffer_new(&lwi_malloc_allocator),
               .tokens = t->word_tokens,
               .starts = t->word_starts,
               .probabilities = t->word_probabilities};
    w.all.size = 0;
    collect(&w, pieces, n);
    lw_status status = LW_OK;
    if (w.n_tokens > 0 && w.n_tokens + AROUND <= t->speech->context && frames / 2 > 0)
        status = time_words(&w, pieces, n, begin, frames, last_speech);
    t->word_text = w.all;
    lwi_buffer_free(&w.unit);
    return status;
}
