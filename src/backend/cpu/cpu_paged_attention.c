/* SPDX-License-Identifier: MIT
 * PagedAttention: keys and values block by block, softmax along the way. Narrow ones are widened a
 * few rows at a time. */
#include "backend/cpu/cpu_backend.h"
#include "ops/paged_attention.h"

#include <math.h>
#include <string.h>

enum { FEW = 4, MOST_SIZE = 1024 }; /* rows that are widened at once; elements of a head */

typedef struct state {
    const lwi_paged *p;
    const lwi_kernels *k;
    size_t group;
    float *scores;             /* [group, positions] */
    float *max, *sum, *factor; /* [group] */
} state;

/* Rows [first, first + n) of `rows`, as float32. */
static const float *widen(const state *s, const char *rows, size_t first, size_t n, size_t size,
                          float *room) {
    const size_t row = lwi_paged_row(s->p, size);
    rows += first * row;
    if (s->p->dtype == LW_FLOAT32) return (const float *)(const void *)rows;
    if (s->p->dtype == LW_FLOAT16) s->k->widen_f16(rows, n * size, room);
    else
        for (size_t i = 0; i < n; i++)
            s->k->widen_q8(rows + i * row, size, room + i * size);
    return room;
}

static size_t few(const state *s, size_t left) {
    return s->p->dtype == LW_FLOAT32 || left < FEW ? left : FEW;
}

static void score_block(const state *s, const float *q, const char *keys, size_t first, size_t n) {
    const lwi_paged *p = s->p;
    float room[FEW * MOST_SIZE];
    for (size_t i = 0, count; i < n; i += count) {
        count = few(s, n - i);
        const float *rows = widen(s, keys, first + i, count, p->key, room);
        for (size_t g = 0; g < s->group; g++)
            s->k->dots_f32(q + g * p->key, rows, p->key, count, p->key,
                           s->scores + g * p->positions + i);
    }
    for (size_t g = 0; g < s->group; g++)
        for (size_t i = 0; i < n; i++) {
            float *x = s->scores + g * p->positions + i;
            *x *= p->scale;
            if (p->softcap > 0) *x = p->softcap * tanhf(*x / p->softcap);
        }
}

static void mix_block(const state *s, const char *values, size_t first, size_t n, float *y) {
    const lwi_paged *p = s->p;
    float room[FEW * MOST_SIZE];
    for (size_t i = 0, count; i < n; i += count) {
        count = few(s, n - i);
        const float *rows = widen(s, values, first + i, count, p->value, room);
        for (size_t g = 0; g < s->group; g++)
            s->k->mix_rows_f32(s->scores + g * p->positions + i, rows, p->value, count, p->value,
                               i == 0 ? s->factor[g] : 1, y + g * p->value);
    }
}

static void attend(const lwi_paged *p, const float *q, size_t token, size_t kv_head, size_t first,
                   size_t last, float *scratch, float *y) {
    const size_t group = p->heads / p->kv_heads;
    const int32_t *table = p->table + (size_t)p->sequence[token] * p->per_sequence;
    float *const after = scratch + group * p->positions;
    const state s = {.p = p,
                     .k = lwi_cpu_kernels(),
                     .group = group,
                     .scores = scratch,
                     .max = after,
                     .sum = after + group,
                     .factor = after + 2 * group};
    for (size_t g = 0; g < group; g++) {
        s.max[g] = p->sinks ? p->sinks[kv_head * group + g] : -INFINITY;
        s.sum[g] = p->sinks ? 1 : 0;
    }
    memset(y, 0, group * p->value * sizeof *y);
    for (size_t at = first, n; at <= last; at += n) {
        const size_t row = at % p->positions, room = p->positions - row;
        const int32_t block = table[at / p->positions];
        n = last + 1 - at < room ? last + 1 - at : room;
        score_block(&s, q, lwi_paged_keys(p, block, kv_head), row, n);
        const lwi_softmax_tile_f32_job job = {.s = s.scores,
                                              .row = p->positions,
                                              .rows = group,
                                              .columns = n,
                                              .max = s.max,
                                              .sum = s.sum,
                                              .factor = s.factor};
        s.k->softmax_tile_f32(&job);
        mix_block(&s, lwi_paged_values(p, block, kv_head), row, n, y);
    }
    for (size_t g = 0; g < group; g++)
        for (size_t i = 0; i < p->value; i++)
            y[g * p->value + i] /= s.sum[g];
}

static lw_status run(lwi_call *c) { return lwi_paged_run(c, attend); }

const lwi_kernel *lwi_cpu_paged_attention_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_paged_attention_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run};
    const int64_t kv = lwi_attr_int(c->node, "kv_num_heads", 1);
    const bool small =
        kv > 0 && c->in[1]->dims[1] / kv <= MOST_SIZE && c->in[2]->dims[1] / kv <= MOST_SIZE;
    return small ? &kernel : NULL;
}
