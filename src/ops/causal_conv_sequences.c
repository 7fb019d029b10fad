/* SPDX-License-Identifier: MIT
 * CausalConv (domain lampwick): each channel is convolved along its sequence with a short kernel
 * that looks back only. X [tokens, channels], W [kernel, channels] (the last row is for the token
 * itself), bias [channels]. The state has the kernel - 1 last rows of X, the oldest first. */
#include "ops/sequence_state.h"

#include <string.h>

enum { X, W, BIAS, STATES };
enum { TILE = 64 }; /* channels that are done together */

typedef struct job {
    size_t channels, kernel, tiles;
    const float *x, *w, *bias;
    float *y;
    lwi_sequence_state s;
} job;

static lw_status read_job(const lwi_call *c, job *j) {
    LW_TRY(lwi_need_rank(c, X, 2, 2));
    LW_TRY(lwi_need_rank(c, W, 2, 2));
    const int64_t *x = c->in[X]->dims, *w = c->in[W]->dims;
    LW_TRY(lwi_need_shape(c, BIAS, 1, x + 1));
    if (w[0] < 1 || w[1] != x[1])
        return lwi_call_fail(c, LW_SHAPE, "a kernel [%lld, %lld] for %lld channels",
                             (long long)w[0], (long long)w[1], (long long)x[1]);
    j->channels = (size_t)x[1];
    j->kernel = (size_t)w[0];
    j->tiles = (j->channels + TILE - 1) / TILE;
    return lwi_sequence_state_check(c, STATES, (size_t)x[0], (j->kernel - 1) * j->channels, &j->s);
}

static lw_status infer(lwi_call *c) {
    job j = {0};
    LW_TRY(read_job(c, &j));
    return lwi_out_like(c, 0, c->in[X]);
}

/* Channels of one sequence. */
typedef struct tile {
    const job *j;
    size_t at, n;        /* channels */
    const size_t *order; /* the tokens of the sequence in this run */
    size_t start;        /* of them begins the sequence, or SIZE_MAX: it began before this run */
    float *past;
} tile;

/* What stands `back` tokens before token i: in this run, in the state, or nowhere. */
static const float *row_before(const tile *t, size_t i, size_t back) {
    static const float zeros[TILE];
    const size_t channels = t->j->channels, first = t->start == SIZE_MAX ? 0 : t->start;
    if (i >= back && i - back >= first) return t->j->x + t->order[i - back] * channels + t->at;
    if (t->start != SIZE_MAX) return zeros;
    return t->past + (t->j->kernel - 1 + i - back) * channels;
}

static void convolve(const tile *t, size_t i) {
    const job *j = t->j;
    float sum[TILE];
    for (size_t c = 0; c < t->n; c++)
        sum[c] = j->bias ? j->bias[t->at + c] : 0;
    for (size_t k = 0; k < j->kernel; k++) {
        const float *w = j->w + k * j->channels + t->at, *row = row_before(t, i, j->kernel - 1 - k);
        for (size_t c = 0; c < t->n; c++)
            sum[c] += w[c] * row[c];
    }
    memcpy(j->y + t->order[i] * j->channels + t->at, sum, t->n * sizeof *sum);
}

/* Rows move towards the older ones, so none is overwritten before it is read. */
static void keep_last(const tile *t, size_t tokens) {
    const size_t kernel = t->j->kernel;
    for (size_t k = 0; k + 1 < kernel; k++) {
        const float *row = row_before(t, tokens, kernel - 1 - k);
        float *to = t->past + k * t->j->channels;
        if (row != to) memcpy(to, row, t->n * sizeof *to);
    }
}

static void convolve_tiles(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t item = begin; item < end; item++) {
        const size_t sequence = item / j->tiles, at = item % j->tiles * TILE;
        const size_t first = j->s.first[sequence], tokens = j->s.first[sequence + 1] - first;
        tile t = {.j = j,
                  .at = at,
                  .n = j->channels - at < TILE ? j->channels - at : TILE,
                  .order = j->s.order + first,
                  .start = SIZE_MAX,
                  .past = lwi_sequence_state_of(&j->s, sequence) + at};
        for (size_t i = 0; i < tokens; i++) {
            if (j->s.position[t.order[i]] == 0) t.start = i;
            convolve(&t, i);
        }
        keep_last(&t, tokens);
    }
}

static lw_status run(lwi_call *c) {
    job j = {.x = c->in[X]->data, .w = c->in[W]->data};
    LW_TRY(read_job(c, &j));
    LW_TRY(lwi_sequence_state_open(c, STATES, &j.s));
    j.bias = lwi_has(c, BIAS) ? c->in[BIAS]->data : NULL;
    j.y = c->out[0]->data;
    const size_t items = j.s.sequences * j.tiles;
    const size_t work = j.kernel * TILE * j.s.tokens / (j.s.sequences + 1);
    lwi_parallel(c, items, 1 + 16384 / (work + 1), convolve_tiles, &j);
    return LW_OK;
}

const lwi_op lwi_op_causal_conv_sequences = {.infer = infer, .run = run, .flags = LWI_RANDOM};
