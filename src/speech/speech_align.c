/* SPDX-License-Identifier: MIT
 * When the tokens of a window were said, as OpenAI's whisper finds out: the decoder reads the text
 * again, and what some of its heads look at in the encoder's states is brought into one order with
 * the tokens (dynamic time warping). */
#include "speech/speech_align.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILTER = 7, HALF = FILTER / 2 };

typedef struct alignment {
    lw_transcriber *t;
    size_t before, tokens; /* tokens before the text, the one without times among them; all */
    size_t frames;         /* of the encoder's states that the sound fills */
    float *mean;           /* [tokens, frames] of all heads */
    float *weights;        /* [tokens, frames] of a head */
} alignment;

/* ------------------------------------------------------------------- a head */

static void softmax(float *x, size_t n) {
    float most = x[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        if (x[i] > most) most = x[i];
    for (size_t i = 0; i < n; i++)
        sum += x[i] = expf(x[i] - most);
    for (size_t i = 0; i < n; i++)
        x[i] /= sum;
}

/* To the mean 0 and the deviation 1 over all tokens. */
static void standardize(alignment *a, size_t frame) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < a->tokens; i++)
        sum += (double)a->weights[i * a->frames + frame];
    const double mean = sum / (double)a->tokens;
    for (size_t i = 0; i < a->tokens; i++) {
        const double x = (double)a->weights[i * a->frames + frame] - mean;
        squares += x * x;
    }
    const double deviation = sqrt(squares / (double)a->tokens);
    for (size_t i = 0; i < a->tokens; i++) {
        float *x = a->weights + i * a->frames + frame;
        *x = deviation > 0 ? (float)(((double)*x - mean) / deviation) : 0;
    }
}

static float median_at(const float *x, size_t n, size_t at) {
    float sorted[FILTER];
    for (size_t i = 0; i < FILTER; i++) {
        const size_t place = at + i < HALF       ? HALF - at - i
                             : at + i - HALF < n ? at + i - HALF
                                                 : 2 * (n - 1) - (at + i - HALF);
        size_t k = i;
        for (; k > 0 && sorted[k - 1] > x[place]; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = x[place];
    }
    return sorted[HALF];
}

/* scores: [tokens, all frames] */
static void add_head(alignment *a, const float *scores, size_t heads) {
    const size_t n = a->frames;
    for (size_t i = 0; i < a->tokens; i++) {
        memcpy(a->weights + i * n, scores + i * a->t->speech->frames, n * sizeof *scores);
        softmax(a->weights + i * n, n);
    }
    for (size_t f = 0; f < n; f++)
        standardize(a, f);
    for (size_t i = 0; i < a->tokens; i++)
        for (size_t f = 0; f < n; f++) {
            const float *x = a->weights + i * n;
            a->mean[i * n + f] += (n > HALF ? median_at(x, n, f) : x[f]) / (float)heads;
        }
}

/* ------------------------------------------------------------ time warping */

enum { BOTH, TOKEN, FRAME };

/* The cheapest way from (0, 0) to the last token and frame; starts: where each token's part begins.
 * step: [rows + 1, frames + 1] */
static void trace_back(const uint8_t *step, size_t rows, size_t frames, size_t *starts) {
    size_t i = rows, j = frames;
    while (i > 0 || j > 0) {
        if (i > 0) starts[i - 1] = j > 0 ? j - 1 : 0;
        const int how = i == 0 ? FRAME : j == 0 ? TOKEN : step[i * (frames + 1) + j];
        i -= how != FRAME;
        j -= how != TOKEN;
    }
}

static lw_status warp(const float *x, size_t rows, size_t frames, size_t *starts) {
    const size_t width = frames + 1;
    float *cost = NULL;
    uint8_t *step = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 2 * width, sizeof *cost, &cost));
    const lw_status status = lwi_alloc_array(&lwi_malloc_allocator, (rows + 1) * width, 1, &step);
    for (size_t j = 0; j < width; j++)
        cost[j] = j ? INFINITY : 0;
    for (size_t i = 1; i <= rows && status == LW_OK; i++) {
        const float *above = cost + (i - 1) % 2 * width;
        float *here = cost + i % 2 * width;
        here[0] = INFINITY;
        for (size_t j = 1; j < width; j++) {
            const float both = above[j - 1], token = above[j], frame = here[j - 1];
            const int how = both < token && both < frame    ? BOTH
                            : token < both && token < frame ? TOKEN
                                                            : FRAME;
            const float least = how == BOTH ? both : how == TOKEN ? token : frame;
            here[j] = (float)(-(double)x[(i - 1) * frames + j - 1] + (double)least);
            step[i * width + j] = (uint8_t)how;
        }
    }
    if (status == LW_OK) trace_back(step, rows, frames, starts);
    lwi_free(&lwi_malloc_allocator, cost);
    lwi_free(&lwi_malloc_allocator, step);
    return status;
}

/* ---------------------------------------------------------------------- run */

/* [start, language, task, no timestamps, text, end] in t->before. */
static void put_tokens(alignment *a, const int32_t *text, size_t n) {
    const lwi_speech_tokens *s = &a->t->speech->tokens;
    int32_t *to = a->t->before;
    *to++ = s->start;
    if (s->n_languages) {
        *to++ = a->t->language;
        *to++ = a->t->options.translate ? s->translate : s->transcribe;
    }
    *to++ = s->no_timestamps;
    a->before = (size_t)(to - a->t->before);
    memcpy(to, text, n * sizeof *text);
    to[n] = s->end;
    a->tokens = a->before + n + 1;
}

static bool has_heads(const lw_speech *s, size_t layer) {
    for (size_t i = 0; i < s->tokens.n_aligned; i++)
        if (s->tokens.aligned[i].layer == layer) return true;
    return false;
}

/* Outputs with what the layers look at, for those that have heads. */
static size_t name_outputs(const lw_speech *s, char names[][LWI_SCORES_NAME], lw_io *outputs) {
    size_t n = 0;
    for (size_t i = 0; i < s->layers; i++) {
        if (!has_heads(s, i)) continue;
        snprintf(names[n], LWI_SCORES_NAME, "cross_scores.%zu", i);
        outputs[n] = (lw_io){names[n], NULL};
        n++;
    }
    return n;
}

static lw_status add_heads(alignment *a, const lw_io *outputs) {
    const lw_speech *s = a->t->speech;
    size_t at = 0;
    for (size_t layer = 0; layer < s->layers; layer++) {
        if (!has_heads(s, layer)) continue;
        const float *scores = lw_tensor_data(outputs[at++].value);
        for (size_t i = 0; i < s->tokens.n_aligned; i++)
            if (s->tokens.aligned[i].layer == layer)
                add_head(a, scores + s->tokens.aligned[i].head * a->tokens * s->frames,
                         s->tokens.n_aligned);
    }
    return LW_OK;
}

/* Probabilities among words, not times and control tokens. */
static void read_probabilities(const alignment *a, const float *logits, const int32_t *text,
                               size_t n, double *probabilities) {
    const lw_speech *s = a->t->speech;
    for (size_t i = 0; i < n; i++) {
        const float *row = logits + i * s->vocabulary;
        probabilities[i] =
            exp((double)row[text[i]] - lwi_speech_log_sum(row, (size_t)s->tokens.end));
    }
}

static lw_status run(alignment *a, const int32_t *text, size_t n, double *probabilities) {
    const lw_speech *s = a->t->speech;
    float *logits = NULL;
    int32_t *places = NULL;
    lw_io *outputs = NULL;
    char(*names)[LWI_SCORES_NAME] = NULL;
    size_t n_outputs = 0;
    lw_status status =
        lwi_alloc_array(&lwi_malloc_allocator, n, s->vocabulary * sizeof *logits, &logits);
    if (status == LW_OK)
        status = lwi_alloc_array(&lwi_malloc_allocator, n, sizeof *places, &places);
    if (status == LW_OK)
        status = lwi_alloc_array(&lwi_malloc_allocator, s->layers, sizeof *outputs, &outputs);
    if (status == LW_OK)
        status = lwi_alloc_array(&lwi_malloc_allocator, s->layers, sizeof *names, &names);
    for (size_t i = 0; i < n && status == LW_OK; i++)
        places[i] = (int32_t)(a->before - 1 + i);
    if (status == LW_OK) n_outputs = name_outputs(s, names, outputs);
    lwi_speech_begin(a->t);
    if (status == LW_OK)
        status = lwi_speech_decode(a->t, a->t->before, 0, a->tokens, places, n, logits, outputs,
                                   n_outputs);
    lw_io *made = a->t->graph.outputs + 1;
    if (status == LW_OK) status = add_heads(a, made);
    if (status == LW_OK) read_probabilities(a, logits, text, n, probabilities);
    for (size_t i = 0; i < n_outputs; i++) {
        lw_value_free(made[i].value);
        made[i].value = NULL;
    }
    lwi_free(&lwi_malloc_allocator, logits);
    lwi_free(&lwi_malloc_allocator, places);
    lwi_free(&lwi_malloc_allocator, outputs);
    lwi_free(&lwi_malloc_allocator, names);
    return status;
}

lw_status lwi_speech_align(lw_transcriber *t, const int32_t *text, size_t n, size_t frames,
                           size_t *starts, double *probabilities) {
    alignment a = {.t = t, .frames = frames};
    put_tokens(&a, text, n);
    lw_status status =
        lwi_alloc_array(&lwi_malloc_allocator, a.tokens * frames, sizeof *a.mean, &a.mean);
    if (status == LW_OK)
        status = lwi_alloc_array(&lwi_malloc_allocator, a.tokens * frames, sizeof *a.weights,
                                 &a.weights);
    if (status == LW_OK) status = run(&a, text, n, probabilities);
    if (status == LW_OK) status = warp(a.mean + (a.before - 1) * frames, n + 1, frames, starts);
    lwi_free(&lwi_malloc_allocator, a.mean);
    lwi_free(&lwi_malloc_allocator, a.weights);
    return status;
}
