/* SPDX-License-Identifier: MIT
 * Attention of float32: queries in blocks, keys in tiles, softmax along the way (Dao et al. 2022,
 * arXiv 2205.14135), so that scores stay in the cache. Keys and values are packed once for all
 * queries of a head; where there are few queries, they are read in place. */
#include "backend/cpu/cpu_backend.h"
#include "ops/attention_core.h"
#include "ops/memory_attention.h"
#include "ops/sequence_attention.h"

#include <math.h>
#include <string.h>

enum {
    QUERIES = 28, /* of a block: two heights of the widest tile kernel */
    KEYS = 256,   /* of a tile: its scores fit the first-level cache */
    FEW = 6,      /* queries of all heads that share a key head for which packing does not pay */
    WORTH = 1 << 16
};

typedef struct attending {
    const lwi_attention *a;
    const lwi_kernels *k;
    size_t per_head, blocks; /* of queries */
    size_t panel;            /* columns of a panel */
    size_t k_size, v_size;   /* floats of a packed head */
    float *keys, *values;    /* packed; NULL: in place */
    size_t lanes, lane_size; /* blocks in a row belong to a lane, with memory of its own */
    float *work;
} attending;

/* A block of queries and its memory. */
typedef struct block {
    size_t batch, head, kv_head, query, queries;
    size_t first, last;                    /* keys that any of its queries may see */
    float *q, *s, *y, *max, *sum, *factor; /* scaled queries, scores, results; by query */
} block;

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

/* ----------------------------------------------------------------- packing */

/* K becomes panels of keys, V panels of elements. */
static void pack_heads(void *arg, size_t begin, size_t end) {
    const attending *t = arg;
    const lwi_attention *a = t->a;
    for (size_t i = begin; i < end; i++) {
        const size_t batch = i / a->kv_heads, head = i % a->kv_heads;
        const float *k = (const float *)a->k.data + batch * a->k.batch + head * a->k.head;
        const float *v = (const float *)a->v.data + batch * a->v.batch + head * a->v.head;
        t->k->pack_f32(k, a->k_column ? a->k_column : 1, a->k.row, a->head, a->kv_len,
                       t->keys + i * t->k_size, a->head * t->panel);
        t->k->pack_f32(v, a->v.row, 1, a->kv_len, a->v_head, t->values + i * t->v_size,
                       a->kv_len * t->panel);
    }
}

static lw_status pack(lwi_call *c, attending *t) {
    const lwi_attention *a = t->a;
    const size_t heads = a->batch * a->kv_heads;
    const bool apart = a->k_column > 1; /* elements of keys */
    if (!apart && a->q_len * (a->q_heads / a->kv_heads) <= FEW) return LW_OK;
    t->k_size = round_up(a->kv_len, t->panel) * a->head;
    t->v_size = round_up(a->v_head, t->panel) * a->kv_len;
    LW_TRY(lwi_scratch(c, heads, t->k_size * sizeof(float), &t->keys));
    LW_TRY(lwi_scratch(c, heads, t->v_size * sizeof(float), &t->values));
    lwi_parallel(c, heads, WORTH / 4 / (t->k_size + t->v_size + 1) + 1, pack_heads, t);
    return LW_OK;
}

/* ------------------------------------------------------------------ a tile */

/* Row i of the tile of keys [key, end) += bias. */
static void add_bias(const attending *t, const lwi_score_bias *bias, const block *b, size_t i,
                     size_t key, size_t end, float *row) {
    const size_t known = smaller(end, bias->keys > key ? bias->keys : key);
    const float *from = (const float *)bias->data + b->batch * bias->strides[0] +
                        b->head * bias->strides[1] + (b->query + i) * bias->strides[2] +
                        key * bias->strides[3];
    if (known > key) t->k->add_row_f32(from, bias->strides[3], row, known - key);
    for (size_t j = known; j < end; j++)
        row[j - key] = -INFINITY;
}

static void choose(const lwi_score_choice *choice, const block *b, size_t i, size_t key, size_t end,
                   float *row) {
    const uint8_t *keep = choice->data + b->batch * choice->strides[0] +
                          b->head * choice->strides[1] + (b->query + i) * choice->strides[2] +
                          key * choice->strides[3];
    const float otherwise = (float)choice->otherwise;
    for (size_t j = 0; j < end - key; j++)
        row[j] = keep[j * choice->strides[3]] ? row[j] : otherwise;
}

/* Scores of keys that a query does not see. */
static void mask(const lwi_attention *a, const block *b, size_t i, size_t key, size_t end,
                 float *row) {
    size_t first, last;
    lwi_attention_window(a, b->batch, b->query + i, &first, &last);
    for (size_t j = key; j < end && j < first; j++)
        row[j - key] = (float)a->outside;
    for (size_t j = last > key ? last : key; j < end; j++)
        row[j - key] = (float)a->outside;
}

static void multiply_keys(const attending *t, const block *b, size_t key, size_t end) {
    const lwi_attention *a = t->a;
    if (t->keys) {
        const size_t head = b->batch * a->kv_heads + b->kv_head;
        t->k->gemm_f32(&(lwi_gemm_f32_job){.a = b->q,
                                           .a_row = a->head,
                                           .segments = 1,
                                           .length = a->head,
                                           .b = t->keys + head * t->k_size + key * a->head,
                                           .b_panel = a->head * t->panel,
                                           .y = b->s,
                                           .y_row = KEYS,
                                           .rows = b->queries,
                                           .columns = end - key,
                                           .low = -INFINITY,
                                           .high = INFINITY});
        return;
    }
    const float *k = (const float *)a->k.data + b->batch * a->k.batch + b->kv_head * a->k.head;
    t->k->dots_f32(&(lwi_dots_f32_job){.x = b->q,
                                       .x_row = a->head,
                                       .many = b->queries,
                                       .rows = k + key * a->k.row,
                                       .row = a->k.row,
                                       .n = end - key,
                                       .k = a->head,
                                       .scale = 1,
                                       .y = b->s,
                                       .y_row = KEYS});
}

/* Scores of a tile: everything up to the softmax. */
static void score(const attending *t, const block *b, size_t key, size_t end) {
    const lwi_attention *a = t->a;
    multiply_keys(t, b, key, end);
    for (size_t i = 0; i < b->queries; i++) {
        float *row = b->s + i * KEYS;
        if (a->softcap > 0)
            for (size_t j = 0; j < end - key; j++)
                row[j] = (float)a->softcap * tanhf(row[j] / (float)a->softcap);
        if (a->choice.data) choose(&a->choice, b, i, key, end, row);
        for (size_t n = 0; n < a->n_bias; n++)
            add_bias(t, &a->bias[n], b, i, key, end, row);
        if (a->left >= 0 || a->right >= 0 || a->keys) mask(a, b, i, key, end, row);
    }
}

/* y += scores V */
static void mix(const attending *t, const block *b, size_t key, size_t end, bool add) {
    const lwi_attention *a = t->a;
    lwi_gemm_f32_job j = {.a = b->s,
                          .a_row = KEYS,
                          .segments = 1,
                          .length = end - key,
                          .y = b->y,
                          .y_row = a->v_head,
                          .rows = b->queries,
                          .columns = a->v_head,
                          .add = add,
                          .low = -INFINITY,
                          .high = INFINITY};
    if (t->values) {
        const size_t head = b->batch * a->kv_heads + b->kv_head;
        j.b = t->values + head * t->v_size + key * t->panel;
        j.b_panel = a->kv_len * t->panel;
    } else {
        j.b = (const float *)a->v.data + b->batch * a->v.batch + b->kv_head * a->v.head +
              key * a->v.row;
        j.b_panel = t->panel;
        j.b_row = a->v.row;
    }
    t->k->gemm_f32(&j);
}

/* ----------------------------------------------------------------- a block */

static block block_at(const attending *t, size_t index, float *work) {
    const lwi_attention *a = t->a;
    block b = {.query = index % t->per_head * QUERIES};
    const size_t head = index / t->per_head;
    b.batch = head / a->q_heads;
    b.head = head % a->q_heads;
    b.kv_head = b.head / (a->q_heads / a->kv_heads);
    b.queries = smaller(QUERIES, a->q_len - b.query);
    size_t first, last;
    lwi_attention_window(a, b.batch, b.query, &b.first, &last);
    lwi_attention_window(a, b.batch, b.query + b.queries - 1, &first, &b.last);
    if (b.last < b.first) b.first = b.last;
    b.s = work;
    b.q = b.s + QUERIES * KEYS;
    b.y = b.q + QUERIES * a->head;
    b.max = b.y + QUERIES * a->v_head;
    b.sum = b.max + QUERIES;
    b.factor = b.sum + QUERIES;
    return b;
}

static void start(const attending *t, const block *b) {
    const lwi_attention *a = t->a;
    const float scale = (float)a->scale;
    t->k->scale_rows_f32(&(lwi_scale_rows_f32_job){.x = (const float *)a->q.data +
                                                        b->batch * a->q.batch +
                                                        b->head * a->q.head + b->query * a->q.row,
                                                   .x_row = a->q.row,
                                                   .y = b->q,
                                                   .y_row = a->head,
                                                   .rows = b->queries,
                                                   .columns = a->head,
                                                   .factor = &scale});
    const float *sink = a->sink;
    for (size_t i = 0; i < b->queries; i++) {
        b->max[i] = sink ? sink[b->head] : -INFINITY;
        b->sum[i] = sink && b->max[i] > -INFINITY ? 1 : 0;
    }
}

static bool changed(const block *b) {
    for (size_t i = 0; i < b->queries; i++)
        if (b->factor[i] != 1) return true;
    return false;
}

/* Rows of queries that have no probabilities become 0. */
static void clear_nan(const lwi_attention *a, const block *b) {
    float *y = (float *)a->y.data + b->batch * a->y.batch + b->head * a->y.head;
    for (size_t i = 0; i < b->queries; i++)
        if (!(b->sum[i] > 0)) memset(y + (b->query + i) * a->y.row, 0, a->v_head * sizeof *y);
}

/* A query with no key to attend to gets 0, or NaN. */
static void finish(const attending *t, const block *b) {
    const lwi_attention *a = t->a;
    for (size_t i = 0; i < b->queries; i++)
        b->factor[i] = b->sum[i] != 0 ? 1 / b->sum[i] : a->empty_nan ? NAN : 0;
    t->k->scale_rows_f32(&(lwi_scale_rows_f32_job){.x = b->y,
                                                   .x_row = a->v_head,
                                                   .y = (float *)a->y.data + b->batch * a->y.batch +
                                                        b->head * a->y.head + b->query * a->y.row,
                                                   .y_row = a->y.row,
                                                   .rows = b->queries,
                                                   .columns = a->v_head,
                                                   .factor = b->factor,
                                                   .step = 1});
    if (a->nan_zero) clear_nan(a, b);
}

static void run_block(const attending *t, const block *b) {
    const lwi_attention *a = t->a;
    start(t, b);
    if (b->first == b->last) memset(b->y, 0, b->queries * a->v_head * sizeof *b->y);
    const size_t begin = b->first / t->panel * t->panel; /* where a panel begins */
    for (size_t key = begin, end; key < b->last; key = end) {
        end = smaller(key + KEYS, b->last);
        score(t, b, key, end);
        t->k->softmax_tile_f32(&(lwi_softmax_tile_f32_job){.s = b->s,
                                                           .row = KEYS,
                                                           .rows = b->queries,
                                                           .columns = end - key,
                                                           .max = b->max,
                                                           .sum = b->sum,
                                                           .factor = b->factor});
        if (key > begin && changed(b))
            t->k->scale_rows_f32(&(lwi_scale_rows_f32_job){.x = b->y,
                                                           .x_row = a->v_head,
                                                           .y = b->y,
                                                           .y_row = a->v_head,
                                                           .rows = b->queries,
                                                           .columns = a->v_head,
                                                           .factor = b->factor,
                                                           .step = 1});
        mix(t, b, key, end, key > begin);
    }
    finish(t, b);
}

static void run_lanes(void *arg, size_t begin, size_t end) {
    const attending *t = arg;
    for (size_t lane = begin; lane < end; lane++)
        for (size_t i = t->blocks * lane / t->lanes; i < t->blocks * (lane + 1) / t->lanes; i++) {
            const block b = block_at(t, i, t->work + lane * t->lane_size);
            run_block(t, &b);
        }
}

static lw_status attend(lwi_call *c, const lwi_attention *a) {
    if (a->dtype != LW_FLOAT32 || a->scores || a->head == 0 || a->v_head == 0 || a->kv_len == 0)
        return lwi_attend(c, a);
    attending t = {.a = a, .k = lwi_cpu_kernels()};
    t.panel = t.k->gemm_f32_columns;
    t.per_head = (a->q_len + QUERIES - 1) / QUERIES;
    t.blocks = a->batch * a->q_heads * t.per_head;
    if (t.blocks == 0) return LW_OK;
    LW_TRY(pack(c, &t));
    const size_t threads = c->host->threads ? (size_t)c->host->threads(c->state) : 1;
    t.lanes = smaller(t.blocks, 4 * threads);
    t.lane_size = round_up(QUERIES * (KEYS + a->head + a->v_head + 3), 16);
    LW_TRY(lwi_scratch(c, t.lanes, t.lane_size * sizeof *t.work, &t.work));
    const size_t work = smaller(a->q_len, QUERIES) * a->kv_len * (a->head + a->v_head);
    lwi_parallel(c, t.lanes, WORTH / (work * (t.blocks / t.lanes) + 1) + 1, run_lanes, &t);
    return LW_OK;
}

/* --------------------------------------------------------------- the claims */

#define ATTENTION(ident)                                                                           \
    static lw_status run_##ident(lwi_call *c) {                                                    \
        const lwi_tile tile = lwi_cpu_tile_f32();                                                  \
        return lwi_##ident##_run(c, &(lwi_attention_engine){attend, &tile});                       \
    }                                                                                              \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c);                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {NULL, run_##ident};                                      \
        const lw_dtype dtype = c->in[0]->dtype;                                                    \
        return dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype) ? &kernel : NULL;            \
    }

ATTENTION(attention)
ATTENTION(attention_fused)
ATTENTION(group_query_attention)
ATTENTION(memory_attention)
ATTENTION(ms_attention)
ATTENTION(multi_head_attention)
ATTENTION(sequence_attention)
