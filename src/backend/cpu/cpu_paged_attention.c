/* SPDX-License-Identifier: MIT
 * PagedAttention: keys and values of some blocks at once, softmax along the way. Narrow ones are
 * widened some rows at a time, for all tokens of a run. Positions are cut at the same places for
 * every token, so that sums do not depend on the tokens beside it. */
#include "backend/cpu/cpu_backend.h"
#include "ops/paged_attention.h"

#include <math.h>
#include <string.h>

enum {
    ROOM = 4096,      /* floats that are widened at once */
    MOST_SIZE = 1024, /* elements of a head */
    WIDTH = 128,      /* positions whose scores are there at once, or those of a block */
};

typedef struct state {
    const lwi_paged *p;
    const lwi_kernels *k;
    lwi_paged_tokens tokens;
    size_t group, kv_head;
    size_t width, start;       /* positions of a stretch of blocks; the first of this one */
    float *scores;             /* [tokens, group, width] */
    float *max, *sum, *factor; /* [tokens, group] */
    float *mixed;              /* [tokens, group, value] */
} state;

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static size_t width_of(const lwi_paged *p) {
    return p->positions < WIDTH ? WIDTH / p->positions * p->positions : p->positions;
}

/* Positions of the stretch. */
typedef struct span {
    size_t first, end;
} span;

/* Those that token i sees; none if end <= first. */
static span seen(const state *s, size_t i) {
    const size_t last = (size_t)s->p->position[s->tokens.first + i], start = s->start;
    const size_t first = lwi_paged_first_seen(s->p, last);
    return (span){first > start ? first - start : 0,
                  last < start ? 0 : smaller(last - start + 1, s->width)};
}

static span common(span a, span b) {
    return (span){a.first > b.first ? a.first : b.first, a.end < b.end ? a.end : b.end};
}

typedef char *rows_fn(const lwi_paged *p, int32_t block, size_t kv_head);

/* The rows of one piece, which are `row` bytes apart, as float32. */
static const float *widen(const state *s, rows_fn *rows_of, size_t row, span piece, size_t size,
                          float *room) {
    const lwi_paged *p = s->p;
    const size_t n = piece.end - piece.first;
    const size_t at = s->start + piece.first;
    const int32_t *table = p->table + (size_t)p->sequence[s->tokens.first] * p->per_sequence;
    const char *rows = rows_of(p, table[at / p->positions], s->kv_head) + at % p->positions * row;
    if (s->p->dtype == LW_FLOAT32) return (const float *)(const void *)rows;
    if (s->p->dtype == LW_FLOAT16) s->k->widen_f16(rows, n * size, room);
    else
        for (size_t i = 0; i < n; i++)
            s->k->widen_q8(rows + i * row, size, room + i * size);
    return room;
}

/* The piece of a block that begins at `first`: no more than there is room for. */
static span piece_at(const state *s, size_t first, size_t end, size_t size) {
    const size_t left = s->p->positions - first % s->p->positions;
    return (span){first, smaller(first + smaller(ROOM / size, left), end)};
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
        float *x = s->scores + g * s->width + mine.first;
        if (p->bias)
            add_bias(s, i, s->kv_head * s->group + g % s->group, s->start + mine.first,
                     mine.end - mine.first, x);
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
                                       .y_row = s->width});
    for (size_t i = 0; i < s->tokens.n; i++)
        score_token(s, i, common(see[i], piece));
}

/* n tokens from the i-th on, which see the same. */
static void weigh_tokens(const state *s, size_t i, size_t n, span see) {
    const size_t g = i * s->group, size = s->p->value;
    if (see.end <= see.first) return;
    s->k->softmax_tile_f32(&(lwi_softmax_tile_f32_job){.s = s->scores + g * s->width + see.first,
                                                       .row = s->width,
                                                       .rows = n * s->group,
                                                       .columns = see.end - see.first,
                                                       .max = s->max + g,
                                                       .sum = s->sum + g,
                                                       .factor = s->factor + g});
    float *y = s->mixed + g * size;
    s->k->scale_rows_f32(&(lwi_scale_rows_f32_job){.x = y,
                                                   .x_row = size,
                                                   .y = y,
                                                   .y_row = size,
                                                   .rows = n * s->group,
                                                   .columns = size,
                                                   .factor = s->factor + g,
                                                   .step = 1});
}

static void weigh(const state *s, const span *see) {
    for (size_t i = 0, n; i < s->tokens.n; i += n) {
        n = 1;
        while (i + n < s->tokens.n && see[i + n].first == see[i].first &&
               see[i + n].end == see[i].end)
            n++;
        weigh_tokens(s, i, n, see[i]);
    }
}

/* Values of a part of the piece for n tokens from `first` on. */
static void mix_tokens(const state *s, size_t first, size_t n, span part, span piece,
                       const float *rows) {
    const size_t g = first * s->group, size = s->p->value, width = s->width;
    if (part.end <= part.first) return;
    s->k->mix_rows_f32(&(lwi_mix_rows_f32_job){.weights = s->scores + g * width + part.first,
                                               .weights_row = width,
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

static void attend_stretch(const state *s, const float *q) {
    const lwi_paged *p = s->p;
    const size_t n = s->tokens.n;
    const size_t first = seen(s, 0).first, end = seen(s, n - 1).end;
    span see[LWI_PAGED_RUN];
    _Alignas(64) float room[ROOM];
    for (size_t i = 0; i < n; i++)
        see[i] = seen(s, i);
    for (span piece = {first, first}; piece.end < end;) {
        piece = piece_at(s, piece.end, end, p->key);
        score_piece(s, q, see, piece, widen(s, lwi_paged_keys, p->key_bytes, piece, p->key, room));
    }
    weigh(s, see);
    for (span piece = {first, first}; piece.end < end;) {
        piece = piece_at(s, piece.end, end, p->value);
        mix_piece(s, see, piece, widen(s, lwi_paged_values, p->value_bytes, piece, p->value, room));
    }
}

static size_t scratch(const lwi_paged *p, size_t tokens) {
    return tokens * (p->heads / p->kv_heads) * (width_of(p) + p->value + 3);
}

static void attend(const lwi_paged *p, const float *q, lwi_paged_tokens tokens, size_t kv_head,
                   float *memory, float *y) {
    const size_t group = p->heads / p->kv_heads, rows = tokens.n * group, width = width_of(p);
    float *const after = memory + rows * (width + p->value);
    state s = {.p = p,
               .k = lwi_cpu_kernels(),
               .tokens = tokens,
               .group = group,
               .kv_head = kv_head,
               .width = width,
               .scores = memory,
               .mixed = memory + rows * width,
               .max = after,
               .sum = after + rows,
               .factor = after + 2 * rows};
    const size_t start = (size_t)p->position[tokens.first];
    const size_t first = lwi_paged_first_seen(p, start);
    for (size_t i = 0; i < rows; i++) {
        s.max[i] = p->sinks ? p->sinks[kv_head * group + i % group] : -INFINITY;
        s.sum[i] = p->sinks ? 1 : 0;
    }
    memset(s.mixed, 0, rows * p->value * sizeof *s.mixed);
    for (s.start = first - first % width; s.start < start + tokens.n; s.start += width)
        attend_stretch(&s, q);
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
    const lwi_paged_functions functions = {attend, scratch, lwi_cpu_kernels()->narrow_f16};
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
