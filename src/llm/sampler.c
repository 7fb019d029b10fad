/* SPDX-License-Identifier: MIT */
#include "llm/sampler.h"

#include "base/random.h"

#include <float.h>
#include <math.h>
#include <string.h>

static lw_status make_breakers(lwi_sampler *s, const lw_sampling *options) {
    enum { MOST = 1 << 26 }; /* tokens of a vocabulary */
    int32_t largest = -1;
    for (size_t i = 0; i < options->n_dry_breakers; i++) {
        const int32_t token = options->dry_breakers[i];
        if (token < 0 || token > MOST)
            return lwi_fail(LW_RANGE, "lw_sampling: dry_breakers has a token %d", token);
        if (token > largest) largest = token;
    }
    s->options.dry_breakers = NULL;
    s->options.n_dry_breakers = 0;
    if (largest < 0) return LW_OK;
    const size_t words = (size_t)largest / 64 + 1;
    LW_TRY(lwi_alloc_array(&s->allocator, words, sizeof *s->breakers.bits, &s->breakers.bits));
    s->breakers.words = words;
    for (size_t i = 0; i < options->n_dry_breakers; i++)
        s->breakers.bits[options->dry_breakers[i] / 64] |= UINT64_C(1)
                                                           << options->dry_breakers[i] % 64;
    return LW_OK;
}

/* NaN is outside of all. */
static lw_status check_ranges(const lw_sampling *o) {
    const struct {
        const char *name;
        float value, least, most;
    } numbers[] = {{"temperature", o->temperature, 0, FLT_MAX},
                   {"repetition", o->repetition, 0, FLT_MAX},
                   {"frequency", o->frequency, -FLT_MAX, FLT_MAX},
                   {"presence", o->presence, -FLT_MAX, FLT_MAX},
                   {"dry_multiplier", o->dry_multiplier, 0, FLT_MAX},
                   {"dry_base", o->dry_base, 0, FLT_MAX},
                   {"typical", o->typical, 0, 1},
                   {"top_p", o->top_p, 0, 1},
                   {"min_p", o->min_p, 0, 1},
                   {"xtc_probability", o->xtc_probability, 0, 1},
                   {"xtc_threshold", o->xtc_threshold, 0, 1},
                   {"mirostat_tau", o->mirostat_tau, 0, FLT_MAX},
                   {"mirostat_eta", o->mirostat_eta, 0, FLT_MAX}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!(numbers[i].value >= numbers[i].least && numbers[i].value <= numbers[i].most))
            return lwi_fail(LW_INVALID, "lw_sampling: %s is %g", numbers[i].name,
                            (double)numbers[i].value);
    return LW_OK;
}

lw_status lwi_sampler_init(lwi_sampler *s, const lw_allocator *allocator,
                           const lw_sampling *options) {
    *s = (lwi_sampler){.allocator = *allocator};
    if (!options) return LW_OK;
    if (options->size < sizeof *options)
        return lwi_fail(LW_INVALID, "lw_sampling: size is %zu, expected %zu", options->size,
                        sizeof *options);
    if (options->n_dry_breakers && !options->dry_breakers)
        return lwi_fail(LW_INVALID, "lw_sampling: dry_breakers is NULL");
    if (options->n_biases && !options->biases)
        return lwi_fail(LW_INVALID, "lw_sampling: biases is NULL");
    LW_TRY(check_ranges(options));
    s->options = *options;
    lw_logit_bias *biases = NULL;
    LW_TRY(lwi_alloc_array(allocator, options->n_biases, sizeof *biases, &biases));
    if (options->n_biases) memcpy(biases, options->biases, options->n_biases * sizeof *biases);
    s->options.biases = biases;
    const lw_status status = make_breakers(s, options);
    if (status != LW_OK) lwi_sampler_free(s);
    return status;
}

void lwi_sampler_free(lwi_sampler *s) {
    lwi_free(&s->allocator, (void *)s->options.biases);
    lwi_free(&s->allocator, s->items);
    lwi_free(&s->allocator, s->breakers.bits);
    s->options.biases = NULL;
    s->items = NULL;
    s->breakers = (lwi_token_set){NULL, 0};
}

static bool is_plain_greedy(const lw_sampling *s, const uint64_t *allowed) {
    const bool penalties =
        s->penalty_last && ((s->repetition > 0 && s->repetition != 1) || s->frequency != 0 ||
                            s->presence != 0 || s->dry_multiplier > 0);
    return s->temperature == 0 && s->n_biases == 0 && !penalties && !allowed;
}

enum { GROUP = 64 };

/* A loop that compilers turn into vectors. */
static bool any_larger(const float x[GROUP], float most) {
    int larger = 0;
    for (size_t i = 0; i < GROUP; i++)
        larger |= x[i] > most;
    return larger;
}

/* The first of the largest logits; NaN does not count. In nearly all groups nothing is larger than
 * what came before. */
static int32_t largest(const float *logits, size_t n) {
    float most = -INFINITY;
    size_t best = 0;
    for (size_t first = 0; first < n; first += GROUP) {
        const size_t end = n - first < GROUP ? n : first + GROUP;
        if (end == first + GROUP && !any_larger(logits + first, most)) continue;
        for (size_t i = first; i < end; i++)
            if (logits[i] > most) {
                most = logits[i];
                best = i;
            }
    }
    return (int32_t)best;
}

static void add_biases(const lw_sampling *s, lwi_candidates *c) {
    for (size_t i = 0; i < s->n_biases; i++)
        if (s->biases[i].token >= 0 && (size_t)s->biases[i].token < c->n)
            c->items[s->biases[i].token].logit += s->biases[i].bias;
}

/* Drops what is not allowed or has no chance. */
static void drop_forbidden(lwi_candidates *c, const uint64_t *allowed) {
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        const bool may = !allowed || (allowed[i / 64] >> i % 64 & 1);
        if (may && c->items[i].logit > -INFINITY) c->items[n++] = c->items[i];
    }
    c->n = n;
}

static size_t draw(const lwi_candidates *c, double random) {
    double sum = 0;
    for (size_t i = 0; i < c->n; i++) {
        sum += (double)c->items[i].p;
        if (random < sum) return i;
    }
    return c->n - 1;
}

/* Mirostat 2: those less surprising than mu, which is then moved towards tau. */
static size_t draw_mirostat(lwi_sampler *s, lwi_candidates *c, double random) {
    const float tau = s->options.mirostat_tau;
    const float eta = s->options.mirostat_eta > 0 ? s->options.mirostat_eta : 0.1f;
    size_t n = 0;
    if (s->mu == 0) s->mu = 2 * tau;
    lwi_candidates_softmax(c, s->options.temperature);
    lwi_candidates_sort(c, c->n);
    while (n < c->n && -log2f(c->items[n].p) <= s->mu)
        n++;
    c->n = n ? n : 1;
    lwi_candidates_softmax(c, s->options.temperature);
    const size_t chosen = draw(c, random);
    s->mu -= eta * (-log2f(c->items[chosen].p) - tau);
    return chosen;
}

static int32_t choose(lwi_sampler *s, lwi_candidates *c, uint64_t number) {
    const lw_sampling *o = &s->options;
    if (o->temperature == 0) {
        lwi_candidates_sort(c, 1);
        return c->items[0].token;
    }
    const double random = lwi_random_uniform(o->seed, number);
    if (o->mirostat_tau > 0) return c->items[draw_mirostat(s, c, random)].token;
    lwi_filter(o, c, number);
    lwi_candidates_softmax(c, o->temperature);
    return c->items[draw(c, random)].token;
}

lw_status lwi_sampler_choose(lwi_sampler *s, const float *logits, size_t n, const int32_t *tokens,
                             size_t n_tokens, uint64_t number, const uint64_t *allowed,
                             int32_t *token) {
    if (n == 0) return lwi_fail(LW_INVALID, "there are no logits to choose from");
    if (is_plain_greedy(&s->options, allowed)) {
        *token = largest(logits, n);
        return LW_OK;
    }
    LW_TRY(lwi_grow(&s->allocator, &s->items, &s->capacity, n, sizeof *s->items));
    lwi_candidates c = {.items = s->items, .n = n};
    for (size_t i = 0; i < n; i++)
        c.items[i] = (lwi_candidate){(int32_t)i, logits[i] == logits[i] ? logits[i] : -INFINITY, 0};
    add_biases(&s->options, &c);
    if (s->options.penalty_last) lwi_penalize(&s->options, &c, tokens, n_tokens, &s->breakers);
    drop_forbidden(&c, allowed);
    if (c.n == 0) return lwi_fail(LW_NOT_FOUND, "no token may follow");
    *token = choose(s, &c, number);
    return LW_OK;
}

lw_status lw_sample(const lw_sampling *sampling, const float *logits, size_t n,
                    const int32_t *tokens, size_t n_tokens, uint64_t drawn, float *mu,
                    int32_t *token) {
    if (!sampling || !logits || !token || (n_tokens && !tokens))
        return lwi_fail(LW_INVALID, "lw_sample: an argument is NULL");
    lwi_sampler s;
    LW_TRY(lwi_sampler_init(&s, &lwi_malloc_allocator, sampling));
    s.mu = mu ? *mu : 0;
    const lw_status status =
        lwi_sampler_choose(&s, logits, n, tokens, n_tokens, drawn, NULL, token);
    if (status == LW_OK && mu) *mu = s.mu;
    lwi_sampler_free(&s);
    return status;
}
