/* SPDX-License-Identifier: MIT
 * Tokens of a window, in a group of texts of which the likeliest is taken: a beam search at
 * temperature 0, else texts that are drawn independently; both as OpenAI's decoding has them. A
 * group of one is the usual way, token by token. */
#include "speech/transcriber.h"

#include <lampwick/llm.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static lw_status make_candidates(lw_transcriber *t, lwi_candidate **list, size_t n) {
    LW_TRY(lwi_arena_alloc(&t->arena, n, sizeof **list, list));
    for (size_t i = 0; i < n; i++)
        LW_TRY(lwi_arena_alloc(&t->arena, t->speech->context + 1, sizeof(int32_t),
                               &(*list)[i].tokens));
    return LW_OK;
}

lw_status lwi_speech_search_init(lw_transcriber *t) {
    LW_TRY(make_candidates(t, &t->rows, t->group));
    LW_TRY(make_candidates(t, &t->successors, t->group));
    LW_TRY(lwi_arena_alloc(&t->arena, t->group * (t->group + 1), sizeof *t->extensions,
                           &t->extensions));
    return make_candidates(t, &t->done, t->most_done + t->group);
}

static float *row_logits(const lw_transcriber *t, size_t row) {
    return t->logits + (1 + row) * t->speech->vocabulary;
}

static void copy(lwi_candidate *to, const lwi_candidate *from) {
    memcpy(to->tokens, from->tokens, from->n * sizeof *from->tokens);
    to->n = from->n;
    to->sum = from->sum;
    to->ended = from->ended;
}

/* Google's penalty for long texts (arXiv 1609.08144), or the mean. */
static double rank_of(const lw_transcriber *t, const lwi_candidate *c) {
    const double n = (double)(c->n ? c->n : 1), alpha = t->options.length_penalty;
    return c->sum / (alpha > 0 ? pow((5 + n) / 6, alpha) : n);
}

static void take_best(lw_transcriber *t, const lwi_candidate *list, size_t n) {
    lwi_window_text *w = &t->window;
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (rank_of(t, list + i) > rank_of(t, list + best)) best = i;
    w->n = list[best].n;
    memcpy(w->tokens, list[best].tokens, w->n * sizeof *w->tokens);
    w->average_logprob = list[best].sum / (double)(w->n + 1);
}

/* -------------------------------------------------------------------- draws */

static lw_status draw(lw_transcriber *t, lwi_candidate *c, float *logits, double temperature) {
    const lw_sampling sampling = {
        .size = sizeof sampling, .seed = t->options.seed, .temperature = (float)temperature};
    const size_t n = t->speech->vocabulary;
    int32_t token = -1;
    lwi_speech_rules(t, c->tokens, c->n, logits);
    LW_TRY(lw_sample(&sampling, logits, n, NULL, 0, t->drawn++, NULL, &token));
    c->sum += (double)logits[token] - lwi_speech_log_sum(logits, n);
    c->ended = token == t->speech->tokens.end;
    if (!c->ended) c->tokens[c->n++] = token;
    return LW_OK;
}

/* The next token of all texts that have not ended; logits are those of row i at live[i]. */
static lw_status draw_all(lw_transcriber *t, size_t *live, size_t *n, double temperature) {
    size_t left = 0;
    for (size_t i = 0; i < *n; i++) {
        LW_TRY(draw(t, t->rows + live[i], row_logits(t, i), temperature));
        if (!t->rows[live[i]].ended) live[left++] = live[i];
    }
    *n = left;
    return LW_OK;
}

static lw_status draw_texts(lw_transcriber *t, size_t begin, size_t group, double temperature) {
    const size_t context = t->speech->context;
    size_t live[LWI_MOST_GROUP], n = group;
    int32_t last[LWI_MOST_GROUP];
    for (size_t i = 0; i < group; i++) {
        live[i] = 0; /* sources */
        if (i) memcpy(row_logits(t, i), row_logits(t, 0), t->speech->vocabulary * sizeof(float));
    }
    if (group > 1) LW_TRY(lwi_speech_fork(t, live, group, begin));
    for (size_t i = 0; i < group; i++)
        live[i] = i;
    for (size_t i = 0; i < context / 2; i++) {
        LW_TRY(draw_all(t, live, &n, temperature));
        if (n == 0 || begin + i + 1 > context || i + 1 == context / 2) break;
        for (size_t k = 0; k < n; k++)
            last[k] = t->rows[live[k]].tokens[i];
        LW_TRY(lwi_speech_step(t, live, last, n, begin + i, row_logits(t, 0)));
    }
    take_best(t, t->rows, group);
    return LW_OK;
}

/* -------------------------------------------------------------- beam search */

typedef lwi_extension extension;

static int by_sum(const void *a, const void *b) {
    const extension *x = a, *y = b;
    if (x->sum != y->sum) return x->sum > y->sum ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* The likeliest k tokens of a row, those that are possible. */
static size_t extend(lw_transcriber *t, size_t row, size_t k, extension *to) {
    const lwi_candidate *c = t->rows + row;
    float *logits = row_logits(t, row);
    size_t n = 0;
    lwi_speech_rules(t, c->tokens, c->n, logits);
    const double log_sum = lwi_speech_log_sum(logits, t->speech->vocabulary);
    for (size_t i = 0; i < t->speech->vocabulary; i++) {
        const double sum = c->sum + (double)logits[i] - log_sum;
        if (!isfinite(logits[i]) || (n == k && !(sum > to[n - 1].sum))) continue;
        size_t at = n < k ? n++ : n - 1;
        for (; at > 0 && sum > to[at - 1].sum; at--)
            to[at] = to[at - 1];
        to[at] = (extension){.sum = sum, .row = row, .token = (int32_t)i};
    }
    return n;
}

static void put(lwi_candidate *to, const lw_transcriber *t, const extension *e) {
    copy(to, t->rows + e->row);
    to->sum = e->sum;
    to->ended = e->token == t->speech->tokens.end;
    if (!to->ended) to->tokens[to->n++] = e->token;
}

/* The likeliest extensions of all rows become the rows; those that end are done. *n: rows. */
static void choose(lw_transcriber *t, size_t *n, size_t beams, size_t *sources, int32_t *last) {
    extension *all = t->extensions;
    size_t count = 0, kept = 0;
    for (size_t row = 0; row < *n; row++)
        count += extend(t, row, beams + 1, all + count);
    for (size_t i = 0; i < count; i++)
        all[i].order = i;
    qsort(all, count, sizeof *all, by_sum);
    for (size_t i = 0; i < count && kept < beams; i++) {
        if (all[i].token == t->speech->tokens.end) {
            if (t->n_done < t->most_done) put(t->done + t->n_done++, t, all + i);
            continue;
        }
        put(t->successors + kept, t, all + i);
        sources[kept] = all[i].row;
        last[kept++] = all[i].token;
    }
    lwi_candidate *rows = t->rows;
    t->rows = t->successors;
    t->successors = rows;
    *n = kept;
}

/* Where too few have ended, the likeliest that have not count too. */
static void fill_done(lw_transcriber *t, size_t n, size_t beams) {
    for (size_t i = 0; i < n && t->n_done < beams; i++) /* rows stand in this order */
        copy(t->done + t->n_done++, t->rows + i);
}

static lw_status search_beams(lw_transcriber *t, size_t begin, size_t beams) {
    const size_t context = t->speech->context;
    size_t sources[LWI_MOST_GROUP], rows[LWI_MOST_GROUP], n = 1;
    int32_t last[LWI_MOST_GROUP];
    for (size_t i = 0; i < beams; i++)
        rows[i] = i;
    t->n_done = 0;
    for (size_t i = 0; i < context / 2; i++) {
        choose(t, &n, beams, sources, last);
        if (n == 0 || t->n_done >= t->most_done || begin + i + 1 > context || i + 1 == context / 2)
            break;
        LW_TRY(lwi_speech_fork(t, sources, n, begin + i));
        LW_TRY(lwi_speech_step(t, rows, last, n, begin + i, row_logits(t, 0)));
    }
    fill_done(t, n, beams);
    take_best(t, t->done, t->n_done);
    return LW_OK;
}

lw_status lwi_speech_search(lw_transcriber *t, size_t n, size_t start, double temperature) {
    const lw_speech *s = t->speech;
    const int32_t outputs[2] = {(int32_t)start, (int32_t)n - 1};
    const size_t group = temperature > 0 ? t->options.best_of : t->options.beam_size;
    lwi_window_text *w = &t->window;
    lwi_speech_begin(t);
    for (size_t i = 0; i < group; i++) {
        t->rows[i].n = 0;
        t->rows[i].sum = 0;
    }
    LW_TRY(lwi_speech_decode(t, t->before, 0, n, outputs, 2, t->logits, NULL, 0));
    w->temperature = temperature;
    w->no_speech = 0;
    if (s->tokens.no_speech >= 0)
        w->no_speech = exp((double)t->logits[s->tokens.no_speech] -
                           lwi_speech_log_sum(t->logits, s->vocabulary));
    return temperature == 0 && group > 1 ? search_beams(t, n, group)
                                         : draw_texts(t, n, group, temperature);
}
