/* SPDX-License-Identifier: MIT
 * GatedDeltaRule (domain lampwick; Yang et al. 2024, arXiv 2412.06464): a head's state S [key,
 * value] forgets, and is corrected by what it gives for the token's key:
 *   S = exp(decay) S;  S += k (beta (v - k^T S))^T;  y = scale q^T S
 * Q and K [tokens, key_heads * key], V [tokens, num_heads * value], decay and beta [tokens,
 * num_heads]. Heads that share a head of keys stand together, or are key_heads apart if `tiled`. */
#include "ops/sequence_state.h"
#include "ops/state_steps.h"

#include "base/checked.h"

#include <math.h>

enum { Q, K, V, DECAY, BETA, STATES };

typedef struct job {
    size_t heads, key_heads, key, value; /* key, value: elements of a head */
    bool tiled;
    float scale;
    const float *q, *k, *v, *decay, *beta;
    float *y, *scratch; /* scratch: [sequences * heads, value] */
    const lwi_state_steps *steps;
    lwi_sequence_state s;
} job;

static lw_status read_job(const lwi_call *c, job *j) {
    const int64_t heads = lwi_attr_int(c->node, "num_heads", 0);
    const int64_t key_heads = lwi_attr_int(c->node, "key_heads", heads);
    size_t elements = 0;
    for (size_t i = Q; i <= BETA; i++)
        LW_TRY(lwi_need_rank(c, i, 2, 2));
    const int64_t *q = c->in[Q]->dims, *v = c->in[V]->dims;
    LW_TRY(lwi_need_shape(c, K, 2, q));
    LW_TRY(lwi_need_shape(c, DECAY, 2, (int64_t[]){q[0], heads}));
    LW_TRY(lwi_need_shape(c, BETA, 2, (int64_t[]){q[0], heads}));
    if (heads < 1 || key_heads < 1 || heads % key_heads || q[1] % key_heads || v[1] % heads ||
        v[0] != q[0] || !lwi_mul_size((uint64_t)(q[1] / key_heads), (uint64_t)v[1], &elements))
        return lwi_call_fail(c, LW_SHAPE, "%lld and %lld heads do not fit the inputs",
                             (long long)heads, (long long)key_heads);
    j->heads = (size_t)heads;
    j->key_heads = (size_t)key_heads;
    j->key = (size_t)(q[1] / key_heads);
    j->value = (size_t)(v[1] / heads);
    j->tiled = lwi_attr_int(c->node, "tiled", 0) != 0;
    j->scale = lwi_attr_float(c->node, "scale", 1 / sqrtf((float)j->key));
    return lwi_sequence_state_check(c, STATES, (size_t)q[0], elements, &j->s);
}

static lw_status infer(lwi_call *c) {
    job j = {0};
    LW_TRY(read_job(c, &j));
    return lwi_out_like(c, 0, c->in[V]);
}

/* One token of one head. wrong: [value], first what S gives for the key, then its correction. */
static void update(const job *j, size_t token, size_t head, float *state, float *wrong) {
    const size_t n = j->value, at = token * j->heads + head;
    const size_t key_head = j->tiled ? head % j->key_heads : head / (j->heads / j->key_heads);
    const float *k = j->k + (token * j->key_heads + key_head) * j->key, *v = j->v + at * n;
    const float decay = expf(j->decay[at]), beta = j->beta[at];
    float *y = j->y + at * n;
    j->steps->sum(state, j->key, n, k, wrong);
    for (size_t i = 0; i < n; i++)
        wrong[i] = (v[i] - decay * wrong[i]) * beta;
    j->steps->update(&(lwi_state_update){.rows = j->key,
                                         .columns = n,
                                         .state = state,
                                         .keep = &decay,
                                         .a = k,
                                         .x = wrong,
                                         .read = j->q + (token * j->key_heads + key_head) * j->key,
                                         .y = y});
    for (size_t i = 0; i < n; i++)
        y[i] *= j->scale;
}

static void update_heads(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const size_t each = j->key * j->value;
    for (size_t item = begin; item < end; item++) {
        const size_t sequence = item / j->heads, head = item % j->heads;
        float *state = lwi_sequence_state_of(&j->s, sequence) + head * each;
        for (size_t i = j->s.first[sequence]; i < j->s.first[sequence + 1]; i++) {
            const size_t token = lwi_sequence_state_enter(&j->s, i, state, each);
            update(j, token, head, state, j->scratch + item * j->value);
        }
    }
}

lw_status lwi_gated_delta_run(lwi_call *c, const lwi_state_steps *steps) {
    job j = {.steps = steps,
             .q = c->in[Q]->data,
             .k = c->in[K]->data,
             .v = c->in[V]->data,
             .decay = c->in[DECAY]->data,
             .beta = c->in[BETA]->data};
    LW_TRY(read_job(c, &j));
    LW_TRY(lwi_sequence_state_open(c, STATES, &j.s));
    j.y = c->out[0]->data;
    const size_t items = j.s.sequences * j.heads;
    LW_TRY(lwi_scratch(c, items + 1, j.value * sizeof(float), &j.scratch));
    const size_t work = 4 * j.key * j.value * j.s.tokens / (j.s.sequences + 1);
    lwi_parallel(c, items, 1 + 16384 / (work + 1), update_heads, &j);
    return LW_OK;
}

static lw_status run(lwi_call *c) { return lwi_gated_delta_run(c, &lwi_plain_state_steps); }

const lwi_op lwi_op_gated_delta_rule = {.infer = infer, .run = run, .flags = LWI_RANDOM};
