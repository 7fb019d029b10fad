/* SPDX-License-Identifier: MIT
 * Order and probabilities of candidates. */
#include "llm/sampler.h"

#include <math.h>

static bool before(const lwi_candidate *a, const lwi_candidate *b) {
    return a->logit > b->logit || (a->logit == b->logit && a->token < b->token);
}

static void swap(lwi_candidate *a, lwi_candidate *b) {
    const lwi_candidate t = *a;
    *a = *b;
    *b = t;
}

/* Heap sort: no worst case, no recursion. */
static void sift(lwi_candidate *x, size_t at, size_t n) {
    for (;;) {
        size_t last = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < n; child++)
            if (before(x + last, x + child)) last = child;
        if (last == at) return;
        swap(x + at, x + last);
        at = last;
    }
}

static void sort(lwi_candidate *x, size_t n) {
    for (size_t i = n / 2; i-- > 0;)
        sift(x, i, n);
    for (size_t i = n; i-- > 1;) {
        swap(x, x + i);
        sift(x, 0, i);
    }
}

/* A heap of the best k, its root the worst of them; the others follow in any order. */
static void select_best(lwi_candidate *x, size_t n, size_t k) {
    for (size_t i = k / 2; i-- > 0;)
        sift(x, i, k);
    for (size_t i = k; i < n; i++)
        if (before(x + i, x)) {
            swap(x, x + i);
            sift(x, 0, k);
        }
}

void lwi_candidates_sort(lwi_candidates *c, size_t k) {
    if (k > c->n) k = c->n;
    if (k <= c->sorted || k == 0) return;
    select_best(c->items, c->n, k);
    sort(c->items, k);
    c->sorted = k;
}

void lwi_candidates_softmax(lwi_candidates *c, float temperature) {
    float max = -INFINITY;
    double sum = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].logit > max) max = c->items[i].logit;
    for (size_t i = 0; i < c->n; i++) {
        const float x = (c->items[i].logit - max) / temperature;
        c->items[i].p = max > -INFINITY ? expf(x) : 1;
        sum += (double)c->items[i].p;
    }
    for (size_t i = 0; i < c->n; i++)
        c->items[i].p = (float)((double)c->items[i].p / sum);
}
