/* SPDX-License-Identifier: MIT
 * Wkv4 (domain lampwick; Peng et al. 2023, arXiv 2305.13048): each channel is a mean of its values
 * so far, weighted by exp(key), which decays from token to token; the token itself has a bonus. y =
 * (a + exp(first + k) v) / (b + exp(first + k)) a = exp(decay) a + exp(k) v;  b = exp(decay) b +
 * exp(k) K and V [tokens, channels], decay (negative) and first [channels]. The state has a and b
 * divided by exp(top), and top, so that nothing overflows. */
#include "ops/sequence_state.h"

#include "base/float_math.h"

enum { K, V, DECAY, FIRST, STATES };
enum { TILE = 64 }; /* channels that are done together */

typedef struct job {
    size_t channels, tiles;
    const float *k, *v, *decay, *first;
    float *y;
    lwi_sequence_state s;
} job;

static lw_status read_job(const lwi_call *c, job *j) {
    LW_TRY(lwi_need_rank(c, K, 2, 2));
    const int64_t *k = c->in[K]->dims;
    LW_TRY(lwi_need_shape(c, V, 2, k));
    LW_TRY(lwi_need_shape(c, DECAY, 1, k + 1));
    LW_TRY(lwi_need_shape(c, FIRST, 1, k + 1));
    j->channels = (size_t)k[1];
    j->tiles = (j->channels + TILE - 1) / TILE;
    return lwi_sequence_state_check(c, STATES, (size_t)k[0], 3 * j->channels, &j->s);
}

static lw_status infer(lwi_call *c) {
    job j = {0};
    LW_TRY(read_job(c, &j));
    return lwi_out_like(c, 0, c->in[K]);
}

/* n channels from `at` on; a, b and top lie `channels` apart. */
static void step(const job *j, size_t token, size_t at, size_t n, float *a) {
    const float *k = j->k + token * j->channels + at, *v = j->v + token * j->channels + at;
    const float *decay = j->decay + at, *first = j->first + at;
    float *b = a + j->channels, *top = b + j->channels, *y = j->y + token * j->channels + at;
    for (size_t i = 0; i < n; i++) {
        const float own = k[i] + first[i], most = top[i] > own ? top[i] : own;
        const float before = lwi_expf(top[i] - most), now = lwi_expf(own - most);
        y[i] = (before * a[i] + now * v[i]) / (before * b[i] + now);
        const float slow = top[i] + decay[i], next = slow > k[i] ? slow : k[i];
        const float kept = lwi_expf(slow - next), gained = lwi_expf(k[i] - next);
        a[i] = kept * a[i] + gained * v[i];
        b[i] = kept * b[i] + gained;
        top[i] = next;
    }
}

static void start(const job *j, size_t n, float *a) {
    for (size_t i = 0; i < n; i++) {
        a[i] = a[j->channels + i] = 0;
        a[2 * j->channels + i] = -1e38f;
    }
}

static void step_tiles(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t item = begin; item < end; item++) {
        const size_t sequence = item / j->tiles, at = item % j->tiles * TILE;
        const size_t n = j->channels - at < TILE ? j->channels - at : TILE;
        float *a = lwi_sequence_state_of(&j->s, sequence) + at;
        for (size_t i = j->s.first[sequence]; i < j->s.first[sequence + 1]; i++) {
            const size_t token = j->s.order[i];
            if (j->s.position[token] == 0) start(j, n, a);
            step(j, token, at, n, a);
        }
    }
}

static lw_status run(lwi_call *c) {
    job j = {.k = c->in[K]->data,
             .v = c->in[V]->data,
             .decay = c->in[DECAY]->data,
             .first = c->in[FIRST]->data};
    LW_TRY(read_job(c, &j));
    LW_TRY(lwi_sequence_state_open(c, STATES, &j.s));
    j.y = c->out[0]->data;
    const size_t work = 64 * TILE * j.s.tokens / (j.s.sequences + 1);
    lwi_parallel(c, j.s.sequences * j.tiles, 1 + 16384 / (work + 1), step_tiles, &j);
    return LW_OK;
}

const lwi_op lwi_op_wkv4 = {.infer = infer, .run = run, .flags = LWI_RANDOM};
