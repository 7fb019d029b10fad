/* SPDX-License-Identifier: MIT
 * MemoryAttention: each sequence's tokens are an attention by themselves. */
#include "ops/memory_attention.h"

#include "ops/op.h"

#include <math.h>

enum { Q, K, V, SEQUENCES, RANGES };

typedef struct sizes {
    size_t tokens, rows, heads, key, value; /* key, value: elements of a head */
} sizes;

static lw_status read_sizes(const lwi_call *c, sizes *s) {
    const int64_t heads = lwi_attr_int(c->node, "num_heads", 0);
    for (size_t i = Q; i <= V; i++)
        LW_TRY(lwi_need_rank(c, i, 2, 2));
    LW_TRY(lwi_need_rank(c, RANGES, 2, 2));
    const int64_t *q = c->in[Q]->dims, *k = c->in[K]->dims, *v = c->in[V]->dims;
    if (heads < 1 || q[1] % heads || v[1] % heads || q[1] != k[1] || k[0] != v[0])
        return lwi_call_fail(c, LW_SHAPE, "%lld heads do not fit the inputs", (long long)heads);
    LW_TRY(lwi_need_shape(c, SEQUENCES, 1, q));
    LW_TRY(lwi_need_shape(c, RANGES, 2, (int64_t[]){c->in[RANGES]->dims[0], 2}));
    *s = (sizes){.tokens = (size_t)q[0],
                 .rows = (size_t)k[0],
                 .heads = (size_t)heads,
                 .key = (size_t)(q[1] / heads),
                 .value = (size_t)(v[1] / heads)};
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    sizes s;
    LW_TRY(read_sizes(c, &s));
    const int64_t dims[2] = {(int64_t)s.tokens, (int64_t)(s.heads * s.value)};
    return lwi_out(c, 0, c->in[Q]->dtype, 2, dims);
}

static lwi_heads rows_from(float *data, size_t first, size_t heads, size_t size) {
    return (lwi_heads){.data = data + first * heads * size, .head = size, .row = heads * size};
}

/* The rows that a sequence looks at. */
static lw_status find_range(const lwi_call *c, const sizes *s, int32_t sequence, size_t *first,
                            size_t *n) {
    const int32_t *ranges = c->in[RANGES]->data;
    if (sequence < 0 || sequence >= c->in[RANGES]->dims[0])
        return lwi_call_fail(c, LW_RANGE, "there is no sequence %d", sequence);
    const int32_t at = ranges[2 * sequence], count = ranges[2 * sequence + 1];
    if (at < 0 || count < 0 || (size_t)at > s->rows || (size_t)count > s->rows - (size_t)at)
        return lwi_call_fail(c, LW_RANGE, "sequence %d looks at %d rows from %d on, of %zu",
                             sequence, count, at, s->rows);
    *first = (size_t)at;
    *n = (size_t)count;
    return LW_OK;
}

lw_status lwi_memory_attention_run(lwi_call *c, const lwi_attention_engine *engine) {
    sizes s;
    LW_TRY(read_sizes(c, &s));
    const int32_t *sequences = c->in[SEQUENCES]->data;
    lwi_attention a = {.dtype = LW_FLOAT32,
                       .batch = 1,
                       .q_heads = s.heads,
                       .kv_heads = s.heads,
                       .head = s.key,
                       .v_head = s.value,
                       .scale = lwi_attr_float(c->node, "scale", 1 / sqrtf((float)s.key)),
                       .left = -1,
                       .right = -1,
                       .outside = -INFINITY};
    for (size_t first = 0, end; first < s.tokens; first = end) {
        size_t row = 0;
        for (end = first + 1; end < s.tokens && sequences[end] == sequences[first];)
            end++;
        LW_TRY(find_range(c, &s, sequences[first], &row, &a.kv_len));
        a.q_len = end - first;
        a.q = rows_from(c->in[Q]->data, first, s.heads, s.key);
        a.k = rows_from(c->in[K]->data, row, s.heads, s.key);
        a.v = rows_from(c->in[V]->data, row, s.heads, s.value);
        a.y = rows_from(c->out[0]->data, first, s.heads, s.value);
        LW_TRY(engine->attend(c, &a));
    }
    return LW_OK;
}

static lw_status run(lwi_call *c) { return lwi_memory_attention_run(c, &lwi_attention_plain); }

const lwi_op lwi_op_memory_attention = {.infer = infer, .run = run};
