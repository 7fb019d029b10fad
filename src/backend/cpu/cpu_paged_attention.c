/* SPDX-License-Identifier: MIT
 * PagedAttention: keys and values block by block, softmax along the way. Narrow ones are widened
 * some rows at a time, for all tokens of a run. Rows are cut at the same places for every token,
 * so that sums do not depend on the tokens beside it. */
#include "backend/cpu/cpu_backend.h"
#include "ops/paged_attention.h"

#include <math.h>
#include <string.h>

enum { ROOM = 4096, MOST_SIZE = 1024 }; /* floats that are widened at once; elements of a head */

typedef struct state {
    const lwi_paged *p;
    const lwi_kernels *k;
    lwi_paged_tokens tokens;
    size_t group, kv_head, block;
    float *scores;             /* [tokens, group, positions] */
    float *max, *sum, *factor; /* [tokens, group] */
    float *mixed;              /* [tokens, group, value] */
} state;

/* Rows of a block. */
typedef struct span {
    size_t first, end;
} span;

/* Those of block `block` of the sequence that token i sees; none if end <= first. */
static span seen(const state *s, size_t i, size_t block) {
    const size_t last = (size_t)s->p->position[s->tokens.first + i], n = s->p->positions;
    const size_t first = lwi_paged_first_seen(s->p, last), start = block * n;
    return (span){first > start ? first - start : 0, last < start       ? 0
                                                     : last - start < n ? last - start + 1
                                                                        : n};
}

static span common(span a, span b) {
    return (span){a.first > b.first ? a.first : b.first, a.end < b.end ? a.end : b.end};
}

/* The rows of one piece, which are `row` bytes apart, as float32. */
static const float *widen(const state *s, const char *rows, size_t row, span piece, size_t size,
                          float *room) {
    const size_t n = piece.end - piece.first;
    rows += piece.first * row;
    if (s->p->dtype == LW_FLOAT32) return (const float *)(const void *)rows;
    if (s->p->dtype == LW_FLOAT16) s->k->widen_f16(rows, n * size, room);
    else
        for (size_t i = 0; i < n; i++)
            s->k->widen_q8(rows + i * row, size, room + i * size);
    return room;
}

/* The piece of rows that begins at `first`. None crosses a multiple of as many as there is room
 * for. */
static span piece_at(size_t first, size_t end, size_t size) {
    const size_t most = ROOM / size, next = first - first % most + most;
    return (span){first, next < end ? next : end};
}

static void add_bias(const state *s, size_t i, size_t head, size_t at, size_t n, float *x) {
    const size_t last = (size_t)s->p->position[s->tokens.first + i];
    for (size_t k = 0; k < n; k++)
        x[k] += lwi_paged_bias(s->p, head, last, at + k);
}

/* What else is done to the scores of a token. */
static void score_token(const state *s, size_t i, span mine) {
    const lwi_paged *p = s->p;
    if (mine.end <= mine.first || (!p->bias && p->softcap <= 0)) return;
    for (size_t g = i * s->group; g < (i + 1) * s->group; g++) {
        float *x = s->scores + g * p->positions + mine.first;
        if (p->bias)
            add_bias(s, i, s->kv_head * s->group + g % s->group,
                     s->block * p->positions + mine.first, mine.end - mine.first, x);
        for (size_t k = 0; k < mine.end - mine.first && p->softcap > 0; k++)
            x[k] = p->softcap * tanhf(x[k] / p->softcap);
    }
}

/* All tokens meet all keys of a piece, also those that they do not see: that takes less long. */
static void score_piece(const state *s, const float *q, const span *see, span piece,
                        const float *rows) {
    const lwi_paged *p = s->p;
    s->k->dots_f32(&(lwi_dots_f32_job){.x = q,
                                       .x_row = p->key,
                                       .many = s->tokens.n * s->group,
                                       .rows = rows,
                                       .row = p->key,
                                       .n = piece.end - piece.first,
                                       .k = p->key,
                                       .scale = p->scale,
                                       .y = s->scores + piece.first,
                                       .y_row = p->positions});
    for (size_t i = 0; i < s->tokens.n; i++)
        score_token(s, i, common(see[i], piece));
}

static void weigh_token(const state *s, size_t i, span see) {
    const size_t g = i * s->group, size = s->p->value;
    if (see.end <= see.first) return;
    s->k->softmax_tile_f32(
        &(lwi_softmax_tile_f32_job){.s = s->scores + g * s->p->positions + see.first,
                                    .row = s->p->positions,
                                    .rows = s->group,
                                    .columns = see.end - see.first,
                                    .max = s->max + g,
                                    .sum = s->sum + g,
                                    .factor = s->factor + g});
    float *y = s->mixed + g * size;
    s->k->scale_rows_f32(&(lwi_scale_rows_f32_job){.x = y,
                                                   .x_row = size,
                                                   .y = y,
                                                   .y_row = size,
                                                   .rows = s->group,
                                                   .columns = size,
                                                   .factor = s->factor + g,
                                                   .step = 1});
}

/* Values of a part of the piece for n tokens from `first` on. */
static void mix_tokens(const state *s, size_t first, size_t n, span part, span piece,
                       const float *rows) {
    const size_t g = first * s->group, size = s->p->value, positions = s->p->positions;
    if (part.end <= part.first) return;
    s->k->mix_rows_f32(&(lwi_mix_rows_f32_job){.weights = s->scores + g * positions + part.first,
                                               .weights_row = positions,
                                               .rows = rows + (part.first - piece.first) * size,
                                               .row = size,
                                               .y = s->mixed + g * size,
                                               .y_row = size,
                                               .many = n * s->group,
                                               .n = part.end - part.first,
                                               .k = size});
}

/* What all tokens see, they meet together; each meets alone what it sees before that and after. */
static void mix_piece(const state *s, const span *see, span piece, const float *rows) {
    const size_t n = s->tokens.n;
    span all = common((span){see[n - 1].first, see[0].end}, piece);
    if (all.end <= all.first) all = (span){piece.end, piece.end};
    for (size_t i = 0; i < n; i++)
        mix_tokens(s, i, 1, common(see[i], (span){piece.first, all.first}), piece, rows);
    mix_tokens(s, 0, n, all, piece, rows);
    for (size_t i = 0; i < n; i++)
        mix_tokens(s, i, 1, common(see[i], (span){all.end, piece.end}), piece, rows);
}

static void attend_block(const state *s, const float *q) {
    const size_t block = s->block, kv_head = s->kv_head;
    const lwi_paged *p = s->p;
    const size_t n = s->tokens.n;
    const int32_t at = p->table[(size_t)p->sequence[s->tokens.first] * p->per_sequence + block];
    const char *keys = lwi_paged_keys(p, at, kv_head), *values = lwi_paged_values(p, at, kv_head);
    const size_t first = seen(s, 0, block).first, end = seen(s, n - 1, block).end;
    span see[LWI_PAGED_RUN];
    float room[ROOM];
    for (size_t i = 0; i < n; i++)
        see[i] = seen(s, i, block);
    for (span piece = piece_at(first, end, p->key); piece.first < end;
         piece = piece_at(piece.end, end, p->key))
        score_piece(s, q, see, piece, widen(s, keys, p->key_bytes, piece, p->key, room));
    for (size_t i = 0; i < n; i++)
        weigh_token(s, i, see[i]);
    for (span piece = piece_at(first, end, p->value); piece.first < end;
         piece = piece_at(piece.end, end, p->value))
        mix_piece(s, see, piece, widen(s, values, p->value_bytes, piece, p->value, room));
}

static void attend(const lwi_paged *p, const float *q, lwi_paged_tokens tokens, size_t kv_head,
                   float *scratch, float *y) {
    const size_t group = p->heads / p->kv_heads, rows = tokens.n * group;
    float *const after = scratch + rows * p->positions;
    state s = {.p = p,
               .k = lwi_cpu_kernels(),
               .tokens = tokens,
               .group = group,
               .kv_head = kv_head,
               .scores = scratch,
               .max = after,
               .sum = after + rows,
               .factor = after + 2 * rows,
               .mixed = after + 3 * rows};
    const size_t start = (size_t)p->position[tokens.first];
    for (size_t i = 0; i < rows; i++) {
        s.max[i] = p->sinks ? p->sinks[kv_head * group + i % group] : -INFINITY;
        s.sum[i] = p->sinks ? 1 : 0;
    }
    memset(s.mixed, 0, rows * p->value * sizeof *s.mixed);
    for (s.block = lwi_paged_first_seen(p, start) / p->positions;
         s.block <= (start + tokens.n - 1) / p->positions; s.block++)
        attend_block(&s, q);
    for (size_t i = 0; i < rows; i++)
        s.factor[i] = 1 / s.sum[i];
    for (size_t i = 0; i < tokens.n; i++)
        s.k->scale_rows_f32(&(lwi_scale_rows_f32_job){.x = s.mixed + i * group * p->value,
                                                      .x_row = p->value,
                                                      .y = y + i * p->heads * p->value,
                                                      .y_row = p->value,
                                                      .rows = group,
                                                      .columns = p->value,
                                                      .factor = s.factor + i * group,
                                                      .step = 1});
}

static lw_status run(lwi_call *c) {
    const lwi_paged_functions functions = {attend, lwi_cpu_kernels()->narrow_f16};
    return lwi_paged_run(c, &functions);
}

const lwi_kernel *lwi_cpu_paged_attention_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_paged_attention_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {lwi_paged_prepare, run};
    const int64_t kv = lwi_attr_int(c->node, "kv_num_heads", 1);
    const bool small =
        kv > 0 && c->in[1]->dims[1] / kv <= MOST_SIZE && c->in[2]->dims[1] / kv <= MOST_SIZE;
    return small ? &kernel : NULL;
}
