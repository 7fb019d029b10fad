/* SPDX-License-Identifier: MIT
 * How probable a text is: logits after each of its tokens. */
#include "llm/llm_session.h"

#include <math.h>
#include <string.h>

double lwi_log_sum_exp(const float *x, size_t n) {
    float max = -INFINITY;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        if (x[i] > max) max = x[i];
    for (size_t i = 0; i < n; i++)
        sum += exp((double)(x[i] - max));
    return (double)max + log(sum);
}

/* The logits of a step should not need more than 64 MiB. */
size_t lwi_score_rows(const lw_llm *llm) {
    const size_t rows = ((size_t)16 << 20) / llm->vocabulary;
    return rows ? rows : 1;
}

void lwi_session_note_score(lw_session *s, size_t at, const float *logits) {
    const size_t next = at + 1;
    if (next < s->scored_from || next >= s->n) return;
    const double total = lwi_log_sum_exp(logits, s->llm->vocabulary);
    s->scores[next - s->scored_from] = (float)((double)logits[s->tokens[next]] - total);
}

/* The first of the tokens is predicted by what the session had before. */
static lw_status score(lw_session *s, const int32_t *tokens, size_t n, float *scores) {
    double before = NAN;
    const bool first = s->n == 0;
    if (!first) {
        LW_TRY(lwi_session_compute(s));
        before = lwi_log_sum_exp(lwi_session_logits(s), s->llm->vocabulary);
    }
    LW_TRY(lw_session_feed(s, tokens, n));
    scores[0] = first ? NAN : (float)((double)lwi_session_logits(s)[tokens[0]] - before);
    s->scored_from = s->n - n;
    s->scores = scores;
    const lw_status status = lwi_session_compute(s);
    s->scores = NULL;
    return status;
}

lw_status lw_session_score(lw_session *s, const int32_t *tokens, size_t n, float *logprobs) {
    float *scores = NULL;
    if (!s || (n && (!tokens || !logprobs)))
        return lwi_fail(LW_INVALID, "lw_session_score: an argument is NULL");
    if (n == 0) return LW_OK;
    LW_TRY(lwi_alloc_array(&s->allocator, n, sizeof *scores, &scores));
    const lw_status status = score(s, tokens, n, scores);
    if (status == LW_OK) memcpy(logprobs, scores, n * sizeof *scores);
    lwi_free(&s->allocator, scores);
    return status;
}
