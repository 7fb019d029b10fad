/* SPDX-License-Identifier: MIT
 * SelectiveScan (domain lampwick; Gu and Dao 2023, arXiv 2312.00752; Dao and Gu 2024, arXiv
 * 2405.21060): each channel x of a head has a state h [states] that decays by steps:
 *   h = exp(step A) h + step x B;  y = C^T h
 * X [tokens, channels], step [tokens, num_heads] (positive), B and C [tokens, groups * states]. A
 * is [num_heads], or [states, num_heads] with heads of one channel and one group. */
#include "ops/sequence_state.h"
#include "ops/state_steps.h"

#include "base/checked.h"
#include "base/float_math.h"

enum { X, STEP, A, B, C, STATES };
enum { TILE = 64 }; /* channels that are done together, of heads with one channel */

typedef struct job {
    size_t channels, heads, groups, states;
    size_t tile, tiles;
    bool each; /* A is [states, num_heads] */
    const float *x, *step, *a, *b, *c;
    float *y, *scratch; /* scratch: [sequences * tiles, tile] */
    const lwi_state_steps *steps;
    lwi_sequence_state s;
} job;

static lw_status read_sizes(const lwi_call *c, job *j) {
    const int64_t heads = lwi_attr_int(c->node, "num_heads", 0);
    const int64_t groups = lwi_attr_int(c->node, "groups", 1);
    LW_TRY(lwi_need_rank(c, X, 2, 2));
    LW_TRY(lwi_need_rank(c, A, 1, 2));
    LW_TRY(lwi_need_rank(c, B, 2, 2));
    const int64_t *x = c->in[X]->dims, *b = c->in[B]->dims, *a = c->in[A]->dims;
    LW_TRY(lwi_need_shape(c, STEP, 2, (int64_t[]){x[0], heads}));
    LW_TRY(lwi_need_shape(c, B, 2, (int64_t[]){x[0], b[1]}));
    LW_TRY(lwi_need_shape(c, C, 2, b));
    j->each = c->in[A]->rank == 2;
    const bool whole =
        heads >= 1 && groups >= 1 && x[1] % heads == 0 && heads % groups == 0 && b[1] % groups == 0;
    if (!whole || a[c->in[A]->rank - 1] != heads ||
        (j->each && (groups != 1 || x[1] != heads || a[0] != b[1])))
        return lwi_call_fail(c, LW_SHAPE, "%lld heads in %lld groups do not fit the inputs",
                             (long long)heads, (long long)groups);
    j->channels = (size_t)x[1];
    j->heads = (size_t)heads;
    j->groups = (size_t)groups;
    j->states = (size_t)(b[1] / groups);
    return LW_OK;
}

static lw_status read_job(const lwi_call *c, job *j) {
    size_t elements = 0;
    LW_TRY(read_sizes(c, j));
    j->tile = j->each ? TILE : j->channels / j->heads;
    j->tiles = j->tile ? (j->channels + j->tile - 1) / j->tile : 0;
    if (!lwi_mul_size(j->states, j->channels, &elements))
        return lwi_call_fail(c, LW_SHAPE, "the state is too large");
    return lwi_sequence_state_check(c, STATES, (size_t)c->in[X]->dims[0], elements, &j->s);
}

static lw_status infer(lwi_call *c) {
    job j = {0};
    LW_TRY(read_job(c, &j));
    return lwi_out_like(c, 0, c->in[X]);
}

/* n channels from `at` on, each with its own decays; moved: [n]. */
static void scan_each(const job *j, size_t token, size_t at, size_t n, float *h, float *moved) {
    const float *x = j->x + token * j->channels + at, *step = j->step + token * j->heads + at;
    for (size_t i = 0; i < n; i++)
        moved[i] = step[i] * x[i];
    j->steps->scan(&(lwi_state_scan){.rows = j->states,
                                     .columns = n,
                                     .state = h,
                                     .step = step,
                                     .decay = j->a + at,
                                     .decay_row = j->heads,
                                     .a = j->b + token * j->states,
                                     .x = moved,
                                     .read = j->c + token * j->states,
                                     .y = j->y + token * j->channels + at});
}

/* The n channels of a head. */
static void scan_head(const job *j, size_t token, size_t head, size_t n, float *h, float *moved) {
    const size_t row = token * j->groups + head / (j->heads / j->groups);
    const float *x = j->x + token * j->channels + head * n;
    const float step = j->step[token * j->heads + head], decay = lwi_expf(step * j->a[head]);
    for (size_t i = 0; i < n; i++)
        moved[i] = step * x[i];
    j->steps->update(&(lwi_state_update){.rows = j->states,
                                         .columns = n,
                                         .state = h,
                                         .keep = &decay,
                                         .a = j->b + row * j->states,
                                         .x = moved,
                                         .read = j->c + row * j->states,
                                         .y = j->y + token * j->channels + head * n});
}

static void scan_tiles(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t item = begin; item < end; item++) {
        const size_t sequence = item / j->tiles, tile = item % j->tiles, at = tile * j->tile;
        const size_t n = j->channels - at < j->tile ? j->channels - at : j->tile;
        float *h = lwi_sequence_state_of(&j->s, sequence) + at * j->states;
        float *moved = j->scratch + item * j->tile;
        for (size_t i = j->s.first[sequence]; i < j->s.first[sequence + 1]; i++) {
            const size_t token = lwi_sequence_state_enter(&j->s, i, h, n * j->states);
            if (j->each) scan_each(j, token, at, n, h, moved);
            else scan_head(j, token, tile, n, h, moved);
        }
    }
}

lw_status lwi_selective_scan_run(lwi_call *c, const lwi_state_steps *steps) {
    job j = {.steps = steps,
             .x = c->in[X]->data,
             .step = c->in[STEP]->data,
             .a = c->in[A]->data,
             .b = c->in[B]->data,
             .c = c->in[C]->data};
    LW_TRY(read_job(c, &j));
    LW_TRY(lwi_sequence_state_open(c, STATES, &j.s));
    j.y = c->out[0]->data;
    const size_t items = j.s.sequences * j.tiles;
    LW_TRY(lwi_scratch(c, items + 1, j.tile * sizeof(float), &j.scratch));
    const size_t work = 4 * j.tile * j.states * j.s.tokens / (j.s.sequences + 1);
    lwi_parallel(c, items, 1 + 16384 / (work + 1), scan_tiles, &j);
    return LW_OK;
}

static lw_status run(lwi_call *c) { return lwi_selective_scan_run(c, &lwi_plain_state_steps); }

const lwi_op lwi_op_selective_scan = {.infer = infer, .run = run, .flags = LWI_RANDOM};
