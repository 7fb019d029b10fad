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

static lw_status read(const lwi_call *c, job *j) {
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
    LW_TRY(read(c, &j));
    return lwi_out_like(c, 0, c->in[X]);
}

/* n channels from `at` on of one token; the rows of the past move up. */
static void convolve(const job *j, size_t token, size_t at, size_t n, float *past) {
    const float *x = j->x + token * j->channels + at;
    float sum[TILE];
    for (size_t i = 0; i < n; i++)
        sum[i] = j->bias ? j->bias[at + i] : 0;
    for (size_t k = 0; k < j->kernel; k++) {
        const float *w = j->w + k * j->channels + at;
        const float *row = k + 1 < j->kernel ? past + k * j->channels : x;
        for (size_t i = 0; i < n; i++)
            sum[i] += w[i] * row[i];
    }
    for (size_t k = 0; k + 1 < j->kernel; k++)
        memcpy(past + k * j->channels, k + 2 < j->kernel ? past + (k + 1) * j->channels : x,
               n * sizeof *x);
    memcpy(j->y + token * j->channels + at, sum, n * sizeof *sum);
}

static void convolve_tiles(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t item = begin; item < end; item++) {
        const size_t sequence = item / j->tiles, at = item % j->tiles * TILE;
        const size_t n = j->channels - at < TILE ? j->channels - at : TILE;
        float *past = lwi_sequence_state_of(&j->s, sequence) + at;
        for (size_t i = j->s.first[sequence]; i < j->s.first[sequence + 1]; i++) {
            const size_t token = j->s.order[i];
            for (size_t k = 0; j->s.position[token] == 0 && k + 1 < j->kernel; k++)
                memset(past + k * j->channels, 0, n * sizeof *past);
            convolve(j, token, at, n, past);
        }
    }
}

static lw_status run(lwi_call *c) {
    job j = {.x = c->in[X]->data, .w = c->in[W]->data};
    LW_TRY(read(c, &j));
    LW_TRY(lwi_sequence_state_open(c, STATES, &j.s));
    j.bias = lwi_has(c, BIAS) ? c->in[BIAS]->data : NULL;
    j.y = c->out[0]->data;
    const size_t items = j.s.sequences * j.tiles;
    const size_t work = j.kernel * TILE * j.s.tokens / (j.s.sequences + 1);
    lwi_parallel(c, items, 1 + 16384 / (work + 1), convolve_tiles, &j);
    return LW_OK;
}

const lwi_op lwi_op_causal_conv_sequences = {.infer = infer, .run = run, .flags = LWI_RANDOM};
