/* SPDX-License-Identifier: MIT
 * PagedAttention: checks, the cache, and the reference. Batch-invariant: what a token gets depends
 * on its own sequence only. */
#include "ops/paged_attention.h"

#include "base/checked.h"
#include "base/half.h"
#include "base/q8_row.h"
#include "ops/rotary.h"
#include "ops/token_heads.h"
#include "ops/work_slots.h"

#include <math.h>
#include <string.h>

enum { Q, K, V, POSITIONS, SEQUENCES, BLOCKS, CACHE, COSINES, SINES, SINKS, BIAS };

static lw_status read_heads(const lwi_call *c, lwi_paged *p) {
    lwi_token_heads h;
    LW_TRY(lwi_token_heads_read(c, &h));
    p->tokens = h.tokens;
    p->heads = h.heads;
    p->kv_heads = h.kv_heads;
    p->key = h.key;
    p->value = h.value;
    return LW_OK;
}

static size_t row_bytes(lw_dtype dtype, size_t n) {
    return dtype == LW_UINT8 ? lwi_q8_row_bytes(n) : n * lwi_dtype_size(dtype);
}

static lw_status read_cache(const lwi_call *c, lwi_paged *p) {
    const int64_t positions = lwi_attr_int(c->node, "positions", 0);
    LW_TRY(lwi_need_rank(c, CACHE, 2, 2));
    LW_TRY(lwi_need_rank(c, BLOCKS, 2, 2));
    const lw_value *cache = c->in[CACHE];
    p->dtype = cache->dtype;
    const int64_t offset = lwi_attr_int(c->node, p->dtype == LW_UINT8 ? "q8_offset" : "offset", -1);
    const size_t size = lwi_dtype_size(p->dtype);
    size_t bytes = 0;
    p->key_bytes = row_bytes(p->dtype, p->key);
    p->value_bytes = row_bytes(p->dtype, p->value);
    if (positions < 1 || offset < 0 || !lwi_mul_size((uint64_t)offset, size, &p->layer) ||
        !lwi_mul_size((uint64_t)cache->dims[1], size, &p->block) ||
        !lwi_mul_size(p->kv_heads * (p->key_bytes + p->value_bytes), (uint64_t)positions, &bytes) ||
        !lwi_within(p->layer, bytes, p->block))
        return lwi_call_fail(c, LW_SHAPE, "blocks of %lld elements are too small for the layer",
                             (long long)cache->dims[1]);
    p->positions = (size_t)positions;
    p->per_sequence = (size_t)c->in[BLOCKS]->dims[1];
    return LW_OK;
}

static lw_status read_bias(const lwi_call *c, lwi_paged *p) {
    LW_TRY(lwi_need_rank(c, BIAS, 2, 2));
    const int64_t *dims = c->in[BIAS]->dims;
    if ((size_t)dims[0] != p->heads || dims[1] < 1)
        return lwi_call_fail(c, LW_SHAPE, "biases [%lld, %lld] are not for %zu heads",
                             (long long)dims[0], (long long)dims[1], p->heads);
    p->reach = (size_t)dims[1] - 1;
    return LW_OK;
}

static lw_status read_options(const lwi_call *c, lwi_paged *p) {
    p->window = (size_t)lwi_attr_int(c->node, "window", 0);
    p->chunk = (size_t)lwi_attr_int(c->node, "chunk", 0);
    p->interleaved = lwi_attr_int(c->node, "interleaved", 0) != 0;
    p->scale = lwi_attr_float(c->node, "scale", 1 / sqrtf((float)p->key));
    p->softcap = lwi_attr_float(c->node, "softcap", 0);
    if (lwi_has(c, SINKS) && c->in[SINKS]->count != p->heads)
        return lwi_call_fail(c, LW_SHAPE, "%zu sinks for %zu heads", c->in[SINKS]->count, p->heads);
    if (lwi_has(c, BIAS)) LW_TRY(read_bias(c, p));
    if (!lwi_has(c, COSINES)) return LW_OK;
    LW_TRY(lwi_need_rank(c, COSINES, 2, 2));
    LW_TRY(lwi_need_shape(c, SINES, 2, c->in[COSINES]->dims));
    p->half = (size_t)c->in[COSINES]->dims[1];
    if ((size_t)c->in[COSINES]->dims[0] != p->tokens || 2 * p->half > p->key)
        return lwi_call_fail(c, LW_SHAPE, "the angles do not fit %zu tokens with heads of %zu",
                             p->tokens, p->key);
    return LW_OK;
}

static lw_status read_tokens(const lwi_call *c, lwi_paged *p) {
    LW_TRY(read_heads(c, p));
    const int64_t tokens = (int64_t)p->tokens;
    LW_TRY(lwi_need_shape(c, POSITIONS, 1, &tokens));
    LW_TRY(lwi_need_shape(c, SEQUENCES, 1, &tokens));
    return read_options(c, p);
}

lw_status lwi_paged_read(const lwi_call *c, lwi_paged *p) {
    LW_TRY(read_tokens(c, p));
    return read_cache(c, p);
}

/* Does not ask whether the layer fits the blocks, whose size is not known yet when passes look. */
static lw_status infer(lwi_call *c) {
    lwi_paged p = {0};
    LW_TRY(read_tokens(c, &p));
    const int64_t dims[2] = {(int64_t)p.tokens, (int64_t)(p.heads * p.value)};
    return lwi_out(c, 0, c->in[Q]->dtype, 2, dims);
}

size_t lwi_paged_first_seen(const lwi_paged *p, size_t last) {
    if (p->chunk) return last - last % p->chunk;
    return p->window && last >= p->window ? last - p->window + 1 : 0;
}

/* Every block that a token reads or writes must be there. */
static lw_status check_token(const lwi_call *c, const lwi_paged *p, size_t t) {
    const int64_t blocks = c->in[CACHE]->dims[0], sequences = c->in[BLOCKS]->dims[0];
    const int32_t position = p->position[t], sequence = p->sequence[t];
    if (position < 0 || (size_t)position / p->positions >= p->per_sequence || sequence < 0 ||
        sequence >= sequences)
        return lwi_call_fail(c, LW_RANGE,
                             "token %zu is at position %d of sequence %d; there are %lld sequences "
                             "of %zu blocks",
                             t, position, sequence, (long long)sequences, p->per_sequence);
    const int32_t *row = p->table + (size_t)sequence * p->per_sequence;
    const size_t last = (size_t)position, first = lwi_paged_first_seen(p, last);
    for (size_t i = first / p->positions; i <= last / p->positions; i++)
        if (row[i] < 0 || row[i] >= blocks)
            return lwi_call_fail(c, LW_RANGE, "block %zu of sequence %d is %d, of %lld", i,
                                 sequence, row[i], (long long)blocks);
    return LW_OK;
}

typedef struct job {
    const lwi_paged *p;
    const lwi_paged_functions *functions;
    lwi_paged_tokens *runs;
    size_t n_runs, longest;
    lwi_work_slots slots; /* for a run: turned queries, then the function's scratch */
} job;

/* -------------------------------------------------------------------- cache */

char *lwi_paged_keys(const lwi_paged *p, int32_t block, size_t kv_head) {
    const size_t rows = kv_head * p->positions;
    return p->cache + (size_t)block * p->block + p->layer + rows * p->key_bytes;
}

char *lwi_paged_values(const lwi_paged *p, int32_t block, size_t kv_head) {
    const size_t rows = kv_head * p->positions;
    return lwi_paged_keys(p, block, p->kv_heads) + rows * p->value_bytes;
}

static void turn(const lwi_paged *p, size_t token, const float *x, float *y) {
    const lwi_rotation r = {.n = p->key, .half = p->half, .interleaved = p->interleaved};
    if (p->half == 0) memcpy(y, x, p->key * sizeof *y);
    else lwi_rotate(&r, x, p->cosines + token * p->half, p->sines + token * p->half, y);
}

static void store_row(const job *j, const float *x, size_t n, char *to) {
    if (j->p->dtype == LW_FLOAT32) memcpy(to, x, n * sizeof *x);
    else if (j->p->dtype == LW_UINT8) lwi_q8_row_store(x, n, (uint8_t *)to);
    else j->functions->narrow_f16(x, n, (uint16_t *)(void *)to);
}

static void store_token(const job *j, size_t t, float *turned) {
    const lwi_paged *p = j->p;
    const size_t at = (size_t)p->position[t], row = at % p->positions;
    const int32_t block = p->table[(size_t)p->sequence[t] * p->per_sequence + at / p->positions];
    for (size_t h = 0; h < p->kv_heads; h++) {
        turn(p, t, p->k + (t * p->kv_heads + h) * p->key, turned);
        store_row(j, turned, p->key, lwi_paged_keys(p, block, h) + row * p->key_bytes);
        store_row(j, p->v + (t * p->kv_heads + h) * p->value, p->value,
                  lwi_paged_values(p, block, h) + row * p->value_bytes);
    }
}

/* ---------------------------------------------------------------- reference */

static float element(const lwi_paged *p, const char *row, size_t i) {
    return p->dtype == LW_FLOAT32 ? ((const float *)(const void *)row)[i]
           : p->dtype == LW_UINT8 ? lwi_q8_row_element((const uint8_t *)row, i)
                                  : lwi_f16_to_f32(((const uint16_t *)(const void *)row)[i]);
}

static float score(const lwi_paged *p, const float *q, const char *keys, size_t row, float bias) {
    float sum = 0;
    keys += row * p->key_bytes;
    for (size_t i = 0; i < p->key; i++)
        sum += q[i] * element(p, keys, i);
    sum = sum * p->scale + bias;
    return p->softcap > 0 ? p->softcap * tanhf(sum / p->softcap) : sum;
}

/* y = y * factor + weight * row of values */
static void mix(const lwi_paged *p, float factor, float weight, const char *values, size_t row,
                float *y) {
    values += row * p->value_bytes;
    for (size_t i = 0; i < p->value; i++)
        y[i] = y[i] * factor + weight * element(p, values, i);
}

/* Softmax over keys that come one by one (Milakov and Gimelshein 2018, arXiv 1805.02867). */
static void attend_head(const lwi_paged *p, const float *q, size_t head, const int32_t *table,
                        size_t first, size_t last, float *y) {
    const size_t kv_head = head / (p->heads / p->kv_heads);
    float max = p->sinks ? p->sinks[head] : -INFINITY, sum = p->sinks ? 1 : 0;
    memset(y, 0, p->value * sizeof *y);
    for (size_t at = first; at <= last; at++) {
        const int32_t block = table[at / p->positions];
        const size_t row = at % p->positions;
        const float bias = p->bias ? lwi_paged_bias(p, head, last, at) : 0;
        const float s = score(p, q, lwi_paged_keys(p, block, kv_head), row, bias);
        const float top = s > max ? s : max, factor = expf(max - top), weight = expf(s - top);
        mix(p, factor, weight, lwi_paged_values(p, block, kv_head), row, y);
        sum = sum * factor + weight;
        max = top;
    }
    for (size_t i = 0; i < p->value; i++)
        y[i] /= sum;
}

static void attend_plain(const lwi_paged *p, const float *q, lwi_paged_tokens tokens,
                         size_t kv_head, float *scratch, float *y) {
    const size_t group = p->heads / p->kv_heads;
    const int32_t *table = p->table + (size_t)p->sequence[tokens.first] * p->per_sequence;
    (void)scratch;
    for (size_t i = 0; i < tokens.n; i++, y += p->heads * p->value) {
        const size_t last = (size_t)p->position[tokens.first + i];
        const size_t first = lwi_paged_first_seen(p, last);
        for (size_t g = 0; g < group; g++, q += p->key)
            attend_head(p, q, kv_head * group + g, table, first, last, y + g * p->value);
    }
}

/* ---------------------------------------------------------------------- run */

/* Floats of the queries of n tokens, up to where vectors begin. */
static size_t query_floats(const lwi_paged *p, size_t n) {
    const size_t floats = n * (p->heads / p->kv_heads) * p->key;
    return floats + (size_t)-floats % 16;
}

static void find_runs(job *j) {
    const lwi_paged *p = j->p;
    for (size_t t = 0; t < p->tokens; t++) {
        lwi_paged_tokens *last = j->runs + j->n_runs - 1;
        if (t && last->n < LWI_PAGED_RUN && p->sequence[t] == p->sequence[t - 1] &&
            p->position[t] - 1 == p->position[t - 1])
            last->n++;
        else j->runs[j->n_runs++] = (lwi_paged_tokens){t, 1};
        const size_t n = j->runs[j->n_runs - 1].n;
        if (n > j->longest) j->longest = n;
    }
}

/* Item i: a run and a head of keys. */
static void attend_item(const job *j, size_t i, float *q) {
    const lwi_paged *p = j->p;
    const size_t group = p->heads / p->kv_heads;
    const lwi_paged_tokens run = j->runs[i / p->kv_heads];
    const size_t h = i % p->kv_heads, first = run.first * p->heads + h * group;
    float *to = q;
    for (size_t t = 0; t < run.n; t++)
        for (size_t g = 0; g < group; g++, to += p->key)
            turn(p, run.first + t, p->q + (first + t * p->heads + g) * p->key, to);
    j->functions->attend(p, q, run, h, q + query_floats(p, run.n), p->y + first * p->value);
}

static void attend_items(void *arg, size_t begin, size_t end) {
    job *j = arg;
    unsigned slot = 0;
    float *q = lwi_work_slots_take(&j->slots, &slot);
    for (size_t i = begin; i < end; i++)
        attend_item(j, i, q);
    lwi_work_slots_give(&j->slots, slot);
}

static size_t least_items(const job *j) {
    const lwi_paged *p = j->p;
    const size_t per_position = (p->key + p->value) * p->heads / p->kv_heads;
    const size_t tokens = p->tokens / j->n_runs;
    return 1 + 16384 / ((size_t)p->position[p->tokens - 1] * per_position * tokens + 1);
}

static const void *data_of(const lwi_call *c, size_t input) {
    return lwi_has(c, input) ? c->in[input]->data : NULL;
}

lw_status lwi_paged_prepare(lwi_call *c) {
    lwi_paged *p = NULL;
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    return lwi_paged_read(c, p);
}

/* What was prepared, and where all lies in this run. */
static lwi_paged open_run(const lwi_call *c) {
    lwi_paged p = *(const lwi_paged *)c->prepared;
    p.q = c->in[Q]->data;
    p.k = c->in[K]->data;
    p.v = c->in[V]->data;
    p.y = c->out[0]->data;
    p.position = c->in[POSITIONS]->data;
    p.sequence = c->in[SEQUENCES]->data;
    p.table = c->in[BLOCKS]->data;
    p.cache = c->in[CACHE]->data;
    p.cosines = data_of(c, COSINES);
    p.sines = data_of(c, SINES);
    p.sinks = data_of(c, SINKS);
    p.bias = data_of(c, BIAS);
    return p;
}

lw_status lwi_paged_run(lwi_call *c, const lwi_paged_functions *functions) {
    const lwi_paged p = open_run(c);
    if (p.tokens == 0) return LW_OK;
    for (size_t t = 0; t < p.tokens; t++)
        LW_TRY(check_token(c, &p, t));
    job j = {.p = &p, .functions = functions};
    LW_TRY(lwi_scratch(c, p.tokens, sizeof *j.runs, &j.runs));
    find_runs(&j);
    const size_t floats = query_floats(&p, j.longest) + functions->scratch(&p, j.longest);
    LW_TRY(lwi_work_slots_make(c, floats * sizeof(float), &j.slots));
    for (size_t t = 0; t < p.tokens; t++)
        store_token(&j, t, (float *)(void *)j.slots.memory);
    lwi_parallel(c, j.n_runs * p.kv_heads, least_items(&j), attend_items, &j);
    return LW_OK;
}

static void narrow_plain(const float *from, size_t n, uint16_t *to) {
    for (size_t i = 0; i < n; i++)
        to[i] = lwi_f32_to_f16(from[i]);
}

static size_t no_scratch(const lwi_paged *p, size_t tokens) {
    (void)p;
    (void)tokens;
    return 0;
}

static lw_status run(lwi_call *c) {
    static const lwi_paged_functions functions = {attend_plain, no_scratch, narrow_plain};
    return lwi_paged_run(c, &functions);
}

const lwi_op lwi_op_paged_attention = {
    .infer = infer, .prepare = lwi_paged_prepare, .run = run, .flags = LWI_RANDOM};
