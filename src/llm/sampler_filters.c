/* SPDX-License-Identifier: MIT
 * Filters: which candidates may be drawn. */
#include "base/random.h"
#include "llm/sampler.h"

#include <math.h>

static void keep(lwi_candidates *c, size_t n) {
    c->n = n;
    if (c->sorted > n) c->sorted = n;
}

/* The likeliest whose probabilities make up p. Few are sorted at first, since few are enough. */
static void filter_top_p(lwi_candidates *c, float p) {
    double sum = 0;
    size_t n = 0;
    lwi_candidates_softmax(c, 1);
    while (n < c->n && sum < (double)p) {
        if (n == c->sorted) lwi_candidates_sort(c, n < 64 ? 128 : 4 * n);
        sum += (double)c->items[n++].p;
    }
    keep(c, n ? n : 1);
}

/* logit >= max + log(min_p) is p >= min_p * max p */
static void filter_min_p(lwi_candidates *c, float min_p) {
    lwi_candidates_sort(c, 1);
    const float least = c->items[0].logit + logf(min_p);
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        if (i == 0 || c->items[i].logit >= least) c->items[n++] = c->items[i];
    keep(c, n);
}

static int by_distance(const lwi_candidate *a, const lwi_candidate *b, float entropy) {
    const float x = fabsf(-logf(a->p) - entropy), y = fabsf(-logf(b->p) - entropy);
    return x < y || (x == y && a->token < b->token) ? -1 : 1;
}

/* Shell sort by the distance from the entropy. */
static void sort_by_distance(lwi_candidate *x, size_t n, float entropy) {
    for (size_t gap = n / 2; gap > 0; gap /= 2)
        for (size_t i = gap; i < n; i++) {
            const lwi_candidate item = x[i];
            size_t j = i;
            for (; j >= gap && by_distance(&item, x + j - gap, entropy) < 0; j -= gap)
                x[j] = x[j - gap];
            x[j] = item;
        }
}

/* Those whose surprise is nearest to the expected one, up to a probability of p together. */
static void filter_typical(lwi_candidates *c, float p) {
    double entropy = 0, sum = 0;
    size_t n = 0;
    lwi_candidates_softmax(c, 1);
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].p > 0) entropy -= (double)c->items[i].p * log((double)c->items[i].p);
    sort_by_distance(c->items, c->n, (float)entropy);
    while (n < c->n && sum < (double)p)
        sum += (double)c->items[n++].p;
    c->sorted = 0;
    keep(c, n ? n : 1);
}

/* Exclude top choices (p-e-w, text-generation-webui pull request 6335). */
static void filter_xtc(const lw_sampling *s, lwi_candidates *c, uint64_t number) {
    const uint64_t coin = ~s->seed; /* a sequence of its own */
    if (lwi_random_uniform(coin, number) >= (double)s->xtc_probability) return;
    size_t above = 0;
    lwi_candidates_softmax(c, 1);
    lwi_candidates_sort(c, c->n);
    while (above < c->n && c->items[above].p >= s->xtc_threshold)
        above++;
    if (above < 2) return;
    const size_t gone = above - 1;
    for (size_t i = gone; i < c->n; i++)
        c->items[i - gone] = c->items[i];
    keep(c, c->n - gone);
}

void lwi_filter(const lw_sampling *s, lwi_candidates *c, uint64_t number) {
    if (s->top_k > 0 && s->top_k < c->n) {
        lwi_candidates_sort(c, s->top_k);
        keep(c, s->top_k);
    }
    if (s->typical > 0 && s->typical < 1) filter_typical(c, s->typical);
    if (s->top_p > 0 && s->top_p < 1) filter_top_p(c, s->top_p);
    if (s->min_p > 0) filter_min_p(c, s->min_p);
    if (s->xtc_probability > 0) filter_xtc(s, c, number);
}
