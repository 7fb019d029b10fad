/* SPDX-License-Identifier: MIT
 * Wkv6 and Wkv7 (domain lampwick): the recurrences of RWKV-6 (Peng et al. 2024, arXiv 2404.05892)
 * and RWKV-7 (Peng et al. 2025, arXiv 2503.14456). A head's state is S [size, size], a row for each
 * element of its key, a column for each of its value. R, W, K, V [tokens, num_heads * size]; W is
 * what a row of the state keeps.
 *   Wkv6: y = (S + u k v^T)^T r;  S = diag(w) S + k v^T          U [num_heads, size]
 *   Wkv7: S = diag(w) S + b (S^T a)^T + k v^T;  y = S^T r        A and B as K */
#include "ops/sequence_state.h"
#include "ops/state_steps.h"

#include "base/checked.h"

enum { R, W, K, V, U, A = U, B };

typedef struct job job;
typedef void step_fn(const job *j, size_t token, size_t head, float *state, float *scratch);
struct job {
    size_t heads, size;
    const float *r, *w, *k, *v, *u, *a, *b;
    float *y, *scratch; /* scratch: [sequences * heads, size] */
    step_fn *step;
    const lwi_state_steps *steps;
    lwi_sequence_state s;
};

static size_t row_of(const job *j, size_t token, size_t head) {
    return (token * j->heads + head) * j->size;
}

static lw_status read_sizes(const lwi_call *c, job *j) {
    const int64_t heads = lwi_attr_int(c->node, "num_heads", 0);
    LW_TRY(lwi_need_rank(c, R, 2, 2));
    for (size_t i = W; i <= V; i++)
        LW_TRY(lwi_need_shape(c, i, 2, c->in[R]->dims));
    const int64_t width = c->in[R]->dims[1];
    if (heads < 1 || width % heads)
        return lwi_call_fail(c, LW_SHAPE, "%lld heads do not fit rows of %lld", (long long)heads,
                             (long long)width);
    j->heads = (size_t)heads;
    j->size = (size_t)(width / heads);
    return LW_OK;
}

static lw_status read_state(const lwi_call *c, size_t input, job *j) {
    size_t elements = 0;
    if (!lwi_mul_size(j->heads * j->size, j->size, &elements))
        return lwi_call_fail(c, LW_SHAPE, "the state is too large");
    return lwi_sequence_state_check(c, input, (size_t)c->in[R]->dims[0], elements, &j->s);
}

static lw_status read6(const lwi_call *c, job *j) {
    LW_TRY(read_sizes(c, j));
    LW_TRY(lwi_need_shape(c, U, 2, (int64_t[]){(int64_t)j->heads, (int64_t)j->size}));
    return read_state(c, U + 1, j);
}

static lw_status read7(const lwi_call *c, job *j) {
    LW_TRY(read_sizes(c, j));
    LW_TRY(lwi_need_shape(c, A, 2, c->in[R]->dims));
    LW_TRY(lwi_need_shape(c, B, 2, c->in[R]->dims));
    return read_state(c, B + 1, j);
}

static lw_status infer6(lwi_call *c) {
    job j = {0};
    LW_TRY(read6(c, &j));
    return lwi_out_like(c, 0, c->in[R]);
}

static lw_status infer7(lwi_call *c) {
    job j = {0};
    LW_TRY(read7(c, &j));
    return lwi_out_like(c, 0, c->in[R]);
}

static void step6(const job *j, size_t token, size_t head, float *state, float *scratch) {
    const size_t n = j->size, at = row_of(j, token, head);
    const float *r = j->r + at, *k = j->k + at, *v = j->v + at, *u = j->u + head * n;
    float *y = j->y + at, first = 0;
    (void)scratch;
    j->steps->sum(state, n, n, r, y);
    j->steps->update(&(lwi_state_update){.rows = n,
                                         .columns = n,
                                         .state = state,
                                         .keep = j->w + at,
                                         .keep_step = 1,
                                         .a = k,
                                         .x = v});
    for (size_t i = 0; i < n; i++)
        first += r[i] * u[i] * k[i];
    for (size_t i = 0; i < n; i++)
        y[i] += first * v[i];
}

static void step7(const job *j, size_t token, size_t head, float *state, float *removed) {
    const size_t n = j->size, at = row_of(j, token, head);
    j->steps->sum(state, n, n, j->a + at, removed);
    j->steps->update(&(lwi_state_update){.rows = n,
                                         .columns = n,
                                         .state = state,
                                         .keep = j->w + at,
                                         .keep_step = 1,
                                         .a = j->b + at,
                                         .x = removed,
                                         .b = j->k + at,
                                         .z = j->v + at,
                                         .read = j->r + at,
                                         .y = j->y + at});
}

static void update_heads(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const size_t each = j->size * j->size;
    for (size_t item = begin; item < end; item++) {
        const size_t sequence = item / j->heads, head = item % j->heads;
        float *state = lwi_sequence_state_of(&j->s, sequence) + head * each;
        for (size_t i = j->s.first[sequence]; i < j->s.first[sequence + 1]; i++) {
            const size_t token = lwi_sequence_state_enter(&j->s, i, state, each);
            j->step(j, token, head, state, j->scratch + item * j->size);
        }
    }
}

static lw_status run(lwi_call *c, size_t states, job *j) {
    LW_TRY(lwi_sequence_state_open(c, states, &j->s));
    j->r = c->in[R]->data;
    j->w = c->in[W]->data;
    j->k = c->in[K]->data;
    j->v = c->in[V]->data;
    j->y = c->out[0]->data;
    const size_t items = j->s.sequences * j->heads;
    LW_TRY(lwi_scratch(c, items + 1, j->size * sizeof(float), &j->scratch));
    const size_t work = 4 * j->size * j->size * j->s.tokens / (j->s.sequences + 1);
    lwi_parallel(c, items, 1 + 16384 / (work + 1), update_heads, j);
    return LW_OK;
}

lw_status lwi_wkv6_run(lwi_call *c, const lwi_state_steps *steps) {
    job j = {.steps = steps, .u = c->in[U]->data, .step = step6};
    LW_TRY(read6(c, &j));
    return run(c, U + 1, &j);
}

lw_status lwi_wkv7_run(lwi_call *c, const lwi_state_steps *steps) {
    job j = {.steps = steps, .a = c->in[A]->data, .b = c->in[B]->data, .step = step7};
    LW_TRY(read7(c, &j));
    return run(c, B + 1, &j);
}

static lw_status run6(lwi_call *c) { return lwi_wkv6_run(c, &lwi_plain_state_steps); }
static lw_status run7(lwi_call *c) { return lwi_wkv7_run(c, &lwi_plain_state_steps); }

const lwi_op lwi_op_wkv6 = {.infer = infer6, .run = run6, .flags = LWI_RANDOM};
const lwi_op lwi_op_wkv7 = {.infer = infer7, .run = run7, .flags = LWI_RANDOM};
