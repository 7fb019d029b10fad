/* SPDX-License-Identifier: MIT */
#include "ops/attention_core.h"

#include <math.h>
#include <string.h>

enum { QUERIES = 8, KEY_TILE = 64, LANES = 64 };

/* Queries [query, query + queries) of a head, and the keys that any of them may see. */
typedef struct block {
    size_t batch, head, kv_head, query, queries;
    size_t first, last;
} block;

const lwi_attention_engine lwi_attention_plain = {lwi_attend, NULL};

void lwi_attention_window(const lwi_attention *a, size_t batch, size_t query, size_t *first,
                          size_t *last) {
    const int64_t at = (a->position ? a->position[batch] : 0) + (int64_t)query;
    int64_t low = 0, high = a->keys ? a->keys[batch] : (int64_t)a->kv_len;
    if (a->left >= 0 && at - a->left > low) low = at - a->left;
    if (a->right >= 0 && at + a->right + 1 < high) high = at + a->right + 1;
    if (high < 0) high = 0;
    *last = (size_t)high < a->kv_len ? (size_t)high : a->kv_len;
    *first = (size_t)low < *last ? (size_t)low : *last;
}

#define T float
#define NAME(x) x##_f32
#define EXP expf
#define TANH tanhf
#include "ops/attention_steps.inc"

#define T double
#define NAME(x) x##_f64
#define EXP exp
#define TANH tanh
#include "ops/attention_steps.inc"

typedef void step(const lwi_attention *a, const block *b, void *scores);

/* Blocks are dealt out to lanes, each with scores of its own. */
typedef struct job {
    const lwi_attention *a;
    step *step;
    char *scratch; /* NULL: the scores are a->scores */
    size_t blocks, per_head;
} job;

static block block_at(const job *j, size_t index) {
    const lwi_attention *a = j->a;
    block b = {.query = index % j->per_head * QUERIES};
    const size_t head = index / j->per_head;
    b.batch = head / a->q_heads;
    b.head = head % a->q_heads;
    b.kv_head = b.head / (a->q_heads / a->kv_heads);
    b.queries = a->q_len - b.query < QUERIES ? a->q_len - b.query : QUERIES;
    b.last = a->kv_len;
    if (a->scores) return b;
    size_t first, last;
    lwi_attention_window(a, b.batch, b.query, &b.first, &last);
    lwi_attention_window(a, b.batch, b.query + b.queries - 1, &first, &b.last);
    if (b.last < b.first) b.first = b.last;
    return b;
}

static void run_lanes(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lwi_attention *a = j->a;
    const size_t row = a->kv_len * lwi_dtype_size(a->dtype);
    for (size_t lane = begin; lane < end; lane++)
        for (size_t i = lane; i < j->blocks; i += LANES) {
            const block b = block_at(j, i);
            const size_t at = (b.batch * a->q_heads + b.head) * a->q_len + b.query;
            j->step(a, &b,
                    j->scratch ? j->scratch + lane * QUERIES * row : (char *)a->scores + at * row);
        }
}

static void run_blocks(const lwi_call *c, job *j) {
    const lwi_attention *a = j->a;
    const size_t lanes = j->blocks < LANES ? j->blocks : LANES;
    const size_t work = QUERIES * (a->kv_len + 1) * (a->head + a->v_head + 1);
    if (j->blocks) lwi_parallel(c, lanes, 1 + 65536 / work, run_lanes, j);
}

static job job_of(const lwi_attention *a, step *f32, step *f64) {
    job j = {.a = a, .step = a->dtype == LW_FLOAT32 ? f32 : f64};
    j.per_head = (a->q_len + QUERIES - 1) / QUERIES;
    j.blocks = a->batch * a->q_heads * j.per_head;
    return j;
}

/* Keys whose elements lie side by side. */
static lw_status gather_keys(lwi_call *c, lwi_attention *a) {
    const size_t size = lwi_dtype_size(a->dtype), heads = a->batch * a->kv_heads;
    char *to = NULL;
    LW_TRY(lwi_scratch(c, heads * a->kv_len, a->head * size, &to));
    const lwi_heads k = {to, a->kv_heads * a->kv_len * a->head, a->kv_len * a->head, a->head};
    for (size_t i = 0; i < heads * a->kv_len; i++) {
        const size_t head = i / a->kv_len;
        const char *from =
            (const char *)a->k.data + (head / a->kv_heads * a->k.batch +
                                       head % a->kv_heads * a->k.head + i % a->kv_len * a->k.row) *
                                          size;
        for (size_t d = 0; d < a->head; d++, to += size)
            memcpy(to, from + d * a->k_column * size, size);
    }
    a->k = k;
    a->k_column = 0;
    return LW_OK;
}

lw_status lwi_attend(lwi_call *c, const lwi_attention *given) {
    lwi_attention copy = *given;
    const lwi_attention *a = &copy;
    if (copy.k_column > 1) LW_TRY(gather_keys(c, &copy));
    job j = job_of(a, attend_f32, attend_f64);
    const size_t lanes = j.blocks < LANES ? j.blocks : LANES;
    LW_TRY(lwi_scratch(c, a->kv_len, lanes * QUERIES * lwi_dtype_size(a->dtype), &j.scratch));
    run_blocks(c, &j);
    return LW_OK;
}

void lwi_attention_scores(const lwi_call *c, const lwi_attention *a) {
    job j = job_of(a, score_only_f32, score_only_f64);
    run_blocks(c, &j);
}

void lwi_attention_softmax(const lwi_call *c, const lwi_attention *a) {
    job j = job_of(a, softmax_only_f32, softmax_only_f64);
    run_blocks(c, &j);
}

void lwi_attention_mix(const lwi_call *c, const lwi_attention *a) {
    job j = job_of(a, mix_only_f32, mix_only_f64);
    run_blocks(c, &j);
}

/* -------------------------------------------------------------- operands */

lwi_heads lwi_heads_apart(const lw_value *v) {
    const size_t row = (size_t)v->dims[3], head = (size_t)v->dims[2] * row;
    return (lwi_heads){v->data, (size_t)v->dims[1] * head, head, row};
}

lwi_heads lwi_heads_packed(const lw_value *v, size_t heads) {
    const size_t row = (size_t)v->dims[2];
    return (lwi_heads){v->data, (size_t)v->dims[1] * row, row / heads, row};
}

lw_status lwi_as_type(lwi_call *c, const lw_value *v, lw_dtype dtype, void **data) {
    *data = v->data;
    if (v->dtype == dtype) return LW_OK;
    void *to = NULL;
    LW_TRY(lwi_scratch(c, v->count, lwi_dtype_size(dtype), &to));
    for (size_t i = 0; i < v->count; i++) {
        const double x = lwi_get_double(v, i);
        if (dtype == LW_FLOAT32) ((float *)to)[i] = (float)x;
        else ((double *)to)[i] = x;
    }
    *data = to;
    return LW_OK;
}

lw_status lwi_score_bias_of(const lwi_call *c, const lwi_attention *a, const lw_value *v,
                            const void *data, lwi_score_bias *bias) {
    const size_t full[4] = {a->batch, a->q_heads, a->q_len, a->kv_len};
    bool fits = v->rank <= 4;
    *bias = (lwi_score_bias){.data = data, .keys = a->kv_len};
    size_t stride = 1;
    for (int d = v->rank - 1; d >= 0 && fits; d--) {
        const int to = 4 - v->rank + d;
        const size_t n = (size_t)v->dims[d];
        if (to == 3) bias->keys = n;
        fits = n == full[to] || n == 1 || (to == 3 && n < full[to]);
        if (n == full[to] || to == 3) bias->strides[to] = stride;
        stride *= n;
    }
    if (fits) return LW_OK;
    char found[LWI_SHAPE_TEXT];
    return lwi_call_fail(
        c, LW_SHAPE, "a mask or bias of shape %s does not broadcast to [%zu,%zu,%zu,%zu]",
        lwi_shape_text(v->rank, v->dims, found), full[0], full[1], full[2], full[3]);
}

void lwi_cache_append(const lwi_cache *k, const void *past, lwi_heads rows, void *present) {
    const size_t size = k->size * k->element;
    if (size == 0 || k->capacity == 0) return;
    for (size_t i = 0; i < k->batch * k->heads; i++) {
        char *to = (char *)present + i * k->capacity * size;
        if (k->past) memcpy(to, (const char *)past + i * k->past * size, k->past * size);
        const char *from = (const char *)rows.data +
                           (i / k->heads * rows.batch + i % k->heads * rows.head) * k->element;
        for (size_t r = 0; r < k->length; r++)
            memcpy(to + (k->past + r) * size, from + r * rows.row * k->element, size);
    }
}
