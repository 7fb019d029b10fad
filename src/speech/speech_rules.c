/* SPDX-License-Identifier: MIT
 * Which token may come next: the rules of Whisper's paper (section 4.5) as OpenAI's decoding has
 * them. Timestamps come in pairs, the end of a segment and the beginning of the next, and never go
 * back. */
#include "speech/transcriber.h"

#include <math.h>

double lwi_speech_log_sum(const float *x, size_t n) {
    float most = -INFINITY;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        if (x[i] > most) most = x[i];
    if (!isfinite(most)) return most;
    for (size_t i = 0; i < n; i++)
        sum += (double)expf(x[i] - most);
    return (double)most + log(sum);
}

static void forbid(float *logits, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        logits[i] = -INFINITY;
}

static void forbid_one(float *logits, int32_t token) {
    if (token >= 0) logits[token] = -INFINITY;
}

static void forbid_list(float *logits, const lwi_token_list *list) {
    for (size_t i = 0; i < list->n; i++)
        forbid_one(logits, list->tokens[i]);
}

/* Behind one timestamp of a pair the other one, or the end; behind both a text. */
static void keep_pairs(const lw_transcriber *t, const int32_t *tokens, size_t n, float *logits) {
    const size_t first = (size_t)t->speech->tokens.no_timestamps + 1;
    const bool last = n >= 1 && (size_t)tokens[n - 1] >= first;
    const bool before = n < 2 || (size_t)tokens[n - 2] >= first;
    if (last && before) forbid(logits, first, t->speech->vocabulary);
    else if (last) forbid(logits, 0, (size_t)t->speech->tokens.end);
    for (size_t i = n; i-- > 0;)
        if ((size_t)tokens[i] >= first) {
            const size_t least = (size_t)tokens[i] + !(last && !before);
            forbid(logits, first, least < t->speech->vocabulary ? least : t->speech->vocabulary);
            break;
        }
}

static void begin_with_timestamp(const lw_transcriber *t, float *logits) {
    const size_t first = (size_t)t->speech->tokens.no_timestamps + 1;
    const size_t last = first + (size_t)t->speech->tokens.latest_start + 1;
    forbid(logits, 0, first);
    forbid(logits, last, t->speech->vocabulary);
}

/* All timestamps together are likelier than any other token. */
static void prefer_timestamps(const lw_transcriber *t, float *logits) {
    const size_t first = (size_t)t->speech->tokens.no_timestamps + 1;
    const double times = lwi_speech_log_sum(logits + first, t->speech->vocabulary - first);
    float text = -INFINITY;
    for (size_t i = 0; i < first; i++)
        if (logits[i] > text) text = logits[i];
    if (times > (double)text) forbid(logits, 0, first);
}

void lwi_speech_rules(const lw_transcriber *t, const int32_t *tokens, size_t n, float *logits) {
    const lwi_speech_tokens *s = &t->speech->tokens;
    if (n == 0) forbid_list(logits, &s->not_first);
    forbid_list(logits, &s->never);
    const int32_t control[] = {s->start,    s->translate, s->transcribe,
                               s->previous, s->no_speech, s->language_model};
    for (size_t i = 0; i < sizeof control / sizeof *control; i++)
        forbid_one(logits, control[i]);
    if (t->options.no_timestamps) return;
    forbid_one(logits, s->no_timestamps);
    keep_pairs(t, tokens, n, logits);
    if (n == 0) begin_with_timestamp(t, logits);
    prefer_timestamps(t, logits);
}
