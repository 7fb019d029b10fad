/* SPDX-License-Identifier: MIT
 * GroupQueryAttention of com.microsoft: heads are normalised and turned by other operators, new
 * rows go behind the past of their sequences, and the general kernel attends. */
#include "backend/gpu/gpu_attention.h"
#include "backend/gpu/gpu_parts.h"

#include <math.h>
#include <string.h>

enum {
    QUERY,
    KEY,
    VALUE,
    PAST_K,
    PAST_V,
    LENGTHS,
    TOTAL,
    COSINES,
    SINES,
    POSITIONS,
    BIAS,
    SINK,
    Q_NORM = 14,
    K_NORM,
    NEW
};
enum { SCORES = 3 /* the output */, CACHE_PLAN = 9 };
/* Of kernels/attention_any.k. */
enum {
    HAS_LENGTHS = 8,
    HAS_SCORES = 16,
    HAS_VALUES = 32,
    FROM_START = 256,
    HAS_SINK = 512,
    HAS = 40
};

typedef struct planning {
    const lwi_call *c;
    lwi_gpu_parts parts;
    int64_t batch, length, heads, kv_heads, size, total, past, room;
    bool prompt;             /* all sequences begin with this */
    lwi_gpu_value rows[3];   /* queries, keys, values: [batch, length, heads * size] */
    lwi_gpu_value caches[2]; /* [batch, kv_heads, room, size] */
    lwi_gpu_value ends;      /* int64: how many rows each sequence has then */
} planning;

static bool wants(const lwi_call *c, size_t output) { return output < c->n_out && c->out[output]; }

static lw_status read_sizes(planning *p) {
    const lwi_call *c = p->c;
    const int64_t *q = c->in[QUERY]->dims;
    p->batch = q[0];
    p->length = q[1];
    p->heads = lwi_attr_int(c->node, "num_heads", 1);
    p->kv_heads = lwi_attr_int(c->node, "kv_num_heads", 1);
    p->size = q[2] / (p->heads + (lwi_has(c, KEY) ? 0 : 2 * p->kv_heads));
    p->past = lwi_has(c, PAST_K) ? c->in[PAST_K]->dims[2] : 0;
    LW_TRY(lwi_in_int(c, TOTAL, &p->total));
    p->room = p->past > p->total ? p->past : p->total;
    p->prompt = p->length == p->total;
    return LW_OK;
}

static bool takes(const lwi_call *c) {
    for (size_t i = 0; i < c->n_in; i++) {
        if (!lwi_has(c, i) || i == TOTAL) continue;
        const lwi_gpu_type type = lwi_gpu_type_of(c->in[i]->dtype);
        if (i == LENGTHS ? type != LWI_GPU_I32 : i != POSITIONS && !lwi_gpu_is_float(type))
            return false;
    }
    return lwi_gpu_moves(c) && wants(c, 0) && !lwi_has(c, NEW) &&
           (!wants(c, SCORES) || c->out[SCORES]->dtype == c->in[QUERY]->dtype);
}

/* ------------------------------------------------------- queries, keys and values */

static lw_status find_rows(planning *p) {
    const int64_t three = 3,
                  sizes[3] = {p->heads * p->size, p->kv_heads * p->size, p->kv_heads * p->size};
    lwi_gpu_part split = {.domain = "",
                          .op_type = "Split",
                          .attrs = {lwi_gpu_attr_int("axis", -1)},
                          .in = {lwi_gpu_input(&p->parts, QUERY)},
                          .n_in = 2,
                          .out = {&p->rows[0], &p->rows[1], &p->rows[2]},
                          .n_out = 3};
    if (!lwi_has(p->c, KEY)) {
        LW_TRY(lwi_gpu_constant(&p->parts, LW_INT64, 1, &three, sizes, &split.in[1]));
        return lwi_gpu_add(&p->parts, &split);
    }
    for (size_t i = QUERY; i <= VALUE; i++)
        p->rows[i] = lwi_gpu_input(&p->parts, i);
    return LW_OK;
}

/* RMS normalisation of each head. */
static lw_status normalize(planning *p, size_t which) {
    const size_t norm = which == QUERY ? Q_NORM : K_NORM;
    const char *own = which == QUERY ? "q_norm_epsilon" : "k_norm_epsilon";
    const float general = lwi_attr_float(p->c->node, "qk_norm_epsilon", 1e-6f);
    const int64_t heads = which == QUERY ? p->heads : p->kv_heads;
    const int64_t apart[4] = {p->batch, p->length, heads, p->size};
    const int64_t packed[3] = {p->batch, p->length, heads * p->size};
    lwi_gpu_value y = {0};
    lwi_gpu_part part = {
        .domain = "",
        .op_type = "RMSNormalization",
        .attrs = {lwi_gpu_attr_float("epsilon", lwi_attr_float(p->c->node, own, general))},
        .n_in = 2,
        .out = {&y},
        .n_out = 1};
    if (!lwi_has(p->c, norm)) return LW_OK;
    LW_TRY(lwi_gpu_part_of(&p->parts, p->rows[which], 0, 4, apart, &part.in[0]));
    part.in[1] = lwi_gpu_input(&p->parts, norm);
    LW_TRY(lwi_gpu_add(&p->parts, &part));
    return lwi_gpu_part_of(&p->parts, y, 0, 3, packed, &p->rows[which]);
}

/* Where each token is in its sequence, [batch, length], or the place of the first, [1]. */
static lw_status find_positions(planning *p, const lwi_gpu_value *lengths, lwi_gpu_value *at) {
    static const int64_t zero = 0, one = 1;
    const lwi_gpu_value given = lwi_gpu_input(&p->parts, POSITIONS);
    const int64_t dims[2] = {p->batch, p->length};
    lwi_gpu_value steps = {0};
    int64_t *numbers = NULL;
    if (given.value && given.value->count == 1)
        return lwi_gpu_part_of(&p->parts, given, 0, 1, &one, at);
    if (given.value) return lwi_gpu_part_of(&p->parts, given, 0, 2, dims, at);
    if (p->prompt) return lwi_gpu_constant(&p->parts, LW_INT64, 1, &one, &zero, at);
    LW_TRY(lwi_arena_alloc(p->parts.step->memory, (size_t)p->length, sizeof *numbers, &numbers));
    for (int64_t t = 0; t < p->length; t++)
        numbers[t] = t + 1 - p->length;
    LW_TRY(lwi_gpu_constant(&p->parts, LW_INT64, 1, &p->length, numbers, &steps));
    return lwi_gpu_add_two(&p->parts, "Add", *lengths, steps, at);
}

static lw_status turn(planning *p, size_t which, lwi_gpu_value positions) {
    const lwi_node *node = p->c->node;
    const lwi_gpu_value cosines = lwi_gpu_input(&p->parts, COSINES);
    lwi_gpu_value y = {0};
    const lwi_gpu_part part = {
        .domain = "com.microsoft",
        .op_type = "RotaryEmbedding",
        .attrs = {lwi_gpu_attr_int("num_heads", which == QUERY ? p->heads : p->kv_heads),
                  lwi_gpu_attr_int("rotary_embedding_dim", 2 * cosines.value->dims[1]),
                  lwi_gpu_attr_int("interleaved", lwi_attr_int(node, "rotary_interleaved", 0))},
        .in = {p->rows[which], positions, cosines, lwi_gpu_input(&p->parts, SINES)},
        .n_in = 4,
        .out = {&y},
        .n_out = 1};
    LW_TRY(lwi_gpu_add(&p->parts, &part));
    p->rows[which] = y;
    return LW_OK;
}

/* Lengths as int64, [batch, 1], and what the rows become with them. */
static lw_status prepare(planning *p) {
    static const int64_t one = 1;
    const int64_t dims[2] = {p->batch, 1};
    lwi_gpu_value lengths = {0}, wide = {0}, step = {0}, positions = {0};
    LW_TRY(find_rows(p));
    LW_TRY(normalize(p, QUERY));
    LW_TRY(normalize(p, KEY));
    LW_TRY(lwi_gpu_part_of(&p->parts, lwi_gpu_input(&p->parts, LENGTHS), 0, 2, dims, &lengths));
    LW_TRY(lwi_gpu_add_cast(&p->parts, lengths, LW_INT64, &wide));
    LW_TRY(lwi_gpu_constant(&p->parts, LW_INT64, 0, NULL, &one, &step));
    LW_TRY(lwi_gpu_add_two(&p->parts, "Add", wide, step, &p->ends));
    if (!lwi_attr_int(p->c->node, "do_rotary", 0)) return LW_OK;
    LW_TRY(find_positions(p, &wide, &positions));
    LW_TRY(turn(p, QUERY, positions));
    return turn(p, KEY, positions);
}

/* --------------------------------------------------------------- cache, attention */

static lwi_gpu_place place_of(const lwi_gpu_value *v) {
    return (lwi_gpu_place){.source = v->at.source,
                           .index = v->at.index,
                           .offset = v->at.value.memory.offset,
                           .bytes = v->value->bytes,
                           .dtype = v->value->dtype};
}

/* which: 0 keys, 1 values */
static lw_status fill_cache(planning *p, size_t which) {
    const int64_t dims[4] = {p->batch, p->kv_heads, p->room, p->size};
    const int64_t row = p->kv_heads * p->size;
    const int32_t plan[CACHE_PLAN] = {
        (int32_t)p->kv_heads, (int32_t)p->room,   (int32_t)p->size,
        (int32_t)p->past,     (int32_t)p->length, (int32_t)(p->length * row),
        (int32_t)p->size,     (int32_t)row,       p->prompt};
    const lwi_gpu_value past = lwi_gpu_input(&p->parts, PAST_K + which);
    const lwi_gpu_value *rows = &p->rows[KEY + which];
    lwi_gpu_value *cache = &p->caches[which];
    lwi_gpu_launch *launch = NULL;
    *cache = lwi_gpu_output(&p->parts, 1 + which);
    if (!cache->value) LW_TRY(lwi_gpu_room(&p->parts, rows->value->dtype, 4, dims, cache));
    const lwi_gpu_place fresh = place_of(rows), to = place_of(cache);
    const int types = (past.value ? (int)lwi_gpu_type_of(past.value->dtype) : 0) |
                      (int)lwi_gpu_type_of(rows->value->dtype) << 4 |
                      (int)lwi_gpu_type_of(cache->value->dtype) << 8;
    LW_TRY(lwi_gpu_items(p->parts.step, "group_cache", cache->value->count, &launch));
    LW_TRY(lwi_gpu_data(p->parts.step, launch, plan, sizeof plan));
    lwi_gpu_in(launch, p->c, PAST_K + which);
    lwi_gpu_give(p->c, &fresh, p->parts.step, launch);
    lwi_gpu_in(launch, p->c, LENGTHS);
    lwi_gpu_give(p->c, &to, p->parts.step, launch);
    lwi_gpu_mistake(p->parts.step, launch);
    lwi_gpu_int(launch, types);
    lwi_gpu_int(launch, (int64_t)cache->value->count);
    return LW_OK;
}

static lwi_attention read_attention(const planning *p) {
    const lwi_node *node = p->c->node;
    const int64_t window = lwi_attr_int(node, "local_window_size", -1);
    const size_t heads = (size_t)p->heads, size = (size_t)p->size, room = (size_t)p->room;
    const lwi_heads cache = {NULL, (size_t)p->kv_heads * room * size, room * size, size};
    lwi_attention a = {.batch = (size_t)p->batch,
                       .q_heads = heads,
                       .kv_heads = (size_t)p->kv_heads,
                       .q_len = (size_t)p->length,
                       .kv_len = (size_t)p->total,
                       .head = size,
                       .v_head = size,
                       .q = {NULL, (size_t)p->length * heads * size, size, heads * size},
                       .k = cache,
                       .v = cache,
                       .y = lwi_heads_packed(p->c->out[0], heads),
                       .scale = lwi_attr_float(node, "scale", 0),
                       .softcap = lwi_attr_float(node, "softcap", 0),
                       .left = window > 0 && window <= INT32_MAX ? window - 1 : -1,
                       .right = lwi_attr_int(node, "causal", 1) ? 0 : -1,
                       .stage = lwi_attr_int(node, "qk_output", 0) == 1 ? LWI_SCORES_BIASED
                                                                        : LWI_SCORES_SOFTMAX};
    if (a.scale == 0) a.scale = 1 / sqrt((double)p->size);
    return a;
}

/* A score for each head: given, or 0. */
static lw_status find_sink(planning *p, lwi_gpu_attending *x) {
    lwi_gpu_value sink = lwi_gpu_input(&p->parts, SINK), zero = {0}, shape = {0};
    const float none = 0;
    const int64_t one = 1;
    if (!sink.value && lwi_attr_int(p->c->node, "smooth_softmax", 0) <= 0) return LW_OK;
    x->plan[HAS] |= HAS_SINK;
    if (!sink.value) {
        LW_TRY(lwi_gpu_constant(&p->parts, LW_FLOAT32, 0, NULL, &none, &zero));
        LW_TRY(lwi_gpu_constant(&p->parts, LW_INT64, 1, &one, &p->heads, &shape));
        LW_TRY(lwi_gpu_add_two(&p->parts, "Expand", zero, shape, &sink));
    }
    if (sink.value) x->sink = place_of(&sink);
    return LW_OK;
}

static lw_status attend(planning *p, lwi_attention *a) {
    const lwi_gpu_place none = {.source = LWI_GPU_INPUT},
                        bias = {.source = LWI_GPU_INPUT, .index = BIAS};
    lwi_gpu_attending x = {.q = place_of(&p->rows[QUERY]),
                           .k = place_of(&p->caches[0]),
                           .v = place_of(&p->caches[1]),
                           .bias = {bias, none},
                           .lengths = place_of(&p->ends),
                           .sink = none,
                           .scores = wants(p->c, SCORES) ? SCORES : 0};
    x.plan[HAS] =
        HAS_LENGTHS | HAS_VALUES | (p->prompt ? FROM_START : 0) | (x.scores ? HAS_SCORES : 0);
    if (lwi_has(p->c, BIAS)) {
        LW_TRY(lwi_score_bias_of(p->c, a, p->c->in[BIAS], NULL, &a->bias[0]));
        a->n_bias = 1;
    }
    LW_TRY(find_sink(p, &x));
    if (p->parts.refused) return LW_OK;
    lwi_gpu_attention_plan(a, &x);
    return lwi_gpu_attention_launch(p->c, &x, p->parts.step);
}

lw_status lwi_gpu_group_query_attention(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    planning p = {.c = c, .parts = lwi_gpu_parts_of(c, step)};
    if (!takes(c)) return lwi_gpu_refuse(step, "its types, or numbers of new tokens");
    LW_TRY(read_sizes(&p));
    lwi_attention a = read_attention(&p);
    if (!lwi_gpu_attention_fits(&a))
        return lwi_gpu_refuse(step, "its sizes, or values of more than 768 elements");
    LW_TRY(prepare(&p));
    if (p.parts.refused) return LW_OK;
    LW_TRY(fill_cache(&p, 0));
    LW_TRY(fill_cache(&p, 1));
    LW_TRY(attend(&p, &a));
    return lwi_gpu_finish(&p.parts, taken);
}
