/* SPDX-License-Identifier: MIT
 * Penalties for tokens that occurred. While they run, candidate i is token i. */
#include "llm/sampler.h"

#include <math.h>

static bool seen_before(const int32_t *tokens, size_t from, size_t i) {
    for (size_t j = from; j < i; j++)
        if (tokens[j] == tokens[i]) return true;
    return false;
}

static size_t count_from(const int32_t *tokens, size_t i, size_t n) {
    size_t count = 0;
    for (size_t j = i; j < n; j++)
        count += tokens[j] == tokens[i];
    return count;
}

static void penalize(const lw_sampling *s, lwi_candidate *c, size_t count) {
    if (s->repetition > 0 && s->repetition != 1)
        c->logit = c->logit > 0 ? c->logit / s->repetition : c->logit * s->repetition;
    c->logit -= s->frequency * (float)count + s->presence;
}

static void penalize_seen(const lw_sampling *s, lwi_candidates *c, const int32_t *tokens,
                          size_t from, size_t n) {
    for (size_t i = from; i < n; i++)
        if (tokens[i] >= 0 && (size_t)tokens[i] < c->n && !seen_before(tokens, from, i))
            penalize(s, c->items + tokens[i], count_from(tokens, i, n));
}

/* How many tokens before place i are those at the end. */
static size_t repeated(const int32_t *tokens, size_t i, size_t n, size_t most) {
    size_t length = 0;
    while (length < i && length < most && tokens[i - 1 - length] == tokens[n - 1 - length])
        length++;
    return length;
}

static bool is_in(const lwi_token_set *set, int32_t token) {
    return token >= 0 && (size_t)token / 64 < set->words &&
           (set->bits[token / 64] >> token % 64 & 1);
}

/* Tokens at the end behind the last one at which repetitions end; at most so many. */
static size_t unbroken(const lwi_token_set *breakers, const int32_t *tokens, size_t n,
                       size_t most) {
    size_t length = 0;
    while (length < n && length < most && !is_in(breakers, tokens[n - 1 - length]))
        length++;
    return length;
}

/* "Don't repeat yourself" (p-e-w, text-generation-webui pull request 5677): the token at place i
 * would continue a repetition of what stands before it. */
static void penalize_repeats(const lw_sampling *s, lwi_candidates *c, const int32_t *tokens,
                             size_t from, size_t n, const lwi_token_set *breakers) {
    enum { MOST = 1024 };
    const size_t most = unbroken(breakers, tokens, n, MOST);
    const double base = s->dry_base > 0 ? (double)s->dry_base : 1.75;
    for (size_t i = from + 1; i < n && most > 0; i++) {
        const size_t length = repeated(tokens, i, n, most);
        if (is_in(breakers, tokens[i]) || length == 0 || length < s->dry_allowed || tokens[i] < 0 ||
            (size_t)tokens[i] >= c->n)
            continue;
        const double penalty =
            (double)s->dry_multiplier * pow(base, (double)(length - s->dry_allowed));
        lwi_candidate *item = c->items + tokens[i];
        const float least = (float)-fmin(penalty, 1e30);
        if (item->p > least) item->p = least; /* the longest repetition counts */
    }
    for (size_t i = 0; i < c->n; i++) {
        c->items[i].logit += c->items[i].p;
        c->items[i].p = 0;
    }
}

void lwi_penalize(const lw_sampling *s, lwi_candidates *c, const int32_t *tokens, size_t n,
                  const lwi_token_set *breakers) {
    const size_t from = s->penalty_last < n ? n - s->penalty_last : 0;
    const bool plain =
        (s->repetition > 0 && s->repetition != 1) || s->frequency != 0 || s->presence != 0;
    if (plain) penalize_seen(s, c, tokens, from, n);
    if (s->dry_multiplier > 0 && n > 1) penalize_repeats(s, c, tokens, from, n, breakers);
}
