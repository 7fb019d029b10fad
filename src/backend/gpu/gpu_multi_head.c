/* SPDX-License-Identifier: MIT
 * MultiHeadAttention of com.microsoft. Queries, keys and values are made ready where they need it
 * (a bias added, the past before the new rows), as are masks of padding; then the kernels of
 * ONNX's Attention do the rest. */
#include "backend/gpu/gpu_attention.h"
#include "backend/gpu/gpu_program.h"

#include <math.h>
#include <string.h>

enum { QUERY, KEY, VALUE, BIAS, MASK, SCORE_BIAS, PAST_K, PAST_V };
enum { PARTS = 3, SCORES = 3 /* the output */ };
enum { HAS_SCORES = 16, HAS_VALUES = 32, POSITION = 38, HAS = 40 }; /* of kernels/attention_any.k */

/* Queries, keys or values of this call, and what came before them. */
typedef struct part {
    lwi_gpu_place at;
    lwi_heads rows;
    size_t length, past, size;
} part;

typedef struct planning {
    const lwi_call *c;
    lwi_gpu_step *step;
    size_t batch, heads, scratch;
    part parts[PARTS];
} planning;

static bool wants(const lwi_call *c, size_t output) { return output < c->n_out && c->out[output]; }

static lwi_gpu_place new_scratch(planning *p, size_t elements, lw_dtype dtype) {
    const lwi_gpu_place at = {.source = LWI_GPU_SCRATCH,
                              .offset = p->scratch,
                              .bytes = elements * lwi_dtype_size(dtype),
                              .dtype = dtype};
    p->scratch += (at.bytes + LWI_ALIGN - 1) & ~(size_t)(LWI_ALIGN - 1);
    return at;
}

/* ------------------------------------------------------------ where the rows are */

/* Part i of n in a tensor [batch, length, heads, n, size]. */
static part packed_part(const lw_value *v, size_t input, size_t i, size_t n) {
    const size_t size = (size_t)v->dims[4], row = (size_t)v->dims[2] * n * size;
    return (part){.at = {.source = LWI_GPU_INPUT,
                         .index = input,
                         .offset = i * size * lwi_dtype_size(v->dtype)},
                  .rows = {NULL, (size_t)v->dims[1] * row, n * size, row},
                  .length = (size_t)v->dims[1],
                  .size = size};
}

static part find_part(const planning *p, size_t which) {
    const lwi_call *c = p->c;
    const lw_value *k = lwi_has(c, KEY) ? c->in[KEY] : NULL;
    if (!k) return packed_part(c->in[QUERY], QUERY, which, 3);
    if (which != QUERY && k->rank == 5) return packed_part(k, KEY, which - 1, 2);
    const lw_value *v = c->in[which];
    const bool apart = v->rank == 4;
    const part found = {.at = {.source = LWI_GPU_INPUT, .index = which},
                        .rows = apart ? lwi_heads_apart(v) : lwi_heads_packed(v, p->heads),
                        .length = (size_t)v->dims[apart ? 2 : 1],
                        .size = (size_t)v->dims[v->rank - 1] / (apart ? 1 : p->heads)};
    return found;
}

/* ------------------------------------------------------------ what is made of them */

/* A program whose inputs lie at places; the last one has the numbers `last`, if that is not NULL.
 */
static lw_status launch_program(const planning *p, const lwi_program *program,
                                const lw_value *const *in, const lwi_gpu_place *places,
                                const float *last, const lw_value *y, const lwi_gpu_place *to) {
    const size_t n = program->n_inputs;
    lwi_gpu_program written;
    lwi_gpu_launch *launch = NULL;
    lwi_gpu_program_write(program, y, in, &written);
    LW_TRY(lwi_gpu_items(p->step, "pointwise", y->count, &launch));
    LW_TRY(lwi_gpu_data(p->step, launch, written.ints, written.n * sizeof *written.ints));
    for (size_t i = 0; i < LWI_PROGRAM_INPUTS; i++) {
        if (last && i == n - 1)
            LW_TRY(lwi_gpu_data(p->step, launch, last, in[i]->count * sizeof *last));
        else lwi_gpu_give(p->c, &places[i < n ? i : 0], p->step, launch);
    }
    lwi_gpu_give(p->c, to, p->step, launch);
    lwi_gpu_int(launch, (int64_t)y->count);
    return LW_OK;
}

/* Adds the bias for each element of each head; its parts are those of queries, keys and values. */
static lw_status add_bias(planning *p, size_t which) {
    static const lwi_program add = {
        .n_inputs = 2, .n_steps = 1, .steps = {{LWI_POINTWISE_add, {0, 1, 0}}}};
    const lw_value *x = p->c->in[which], *bias = p->c->in[BIAS];
    part *r = &p->parts[which];
    const size_t n = p->heads * r->size, first = which * p->heads * p->parts[QUERY].size;
    const lwi_gpu_place places[2] = {
        r->at,
        {.source = LWI_GPU_INPUT, .index = BIAS, .offset = first * lwi_dtype_size(bias->dtype)}};
    const lw_value own = {.dtype = bias->dtype, .rank = 1, .dims = {(int64_t)n}, .count = n};
    const lw_value *in[2] = {x, &own};
    r->at = new_scratch(p, x->count, x->dtype);
    r->rows = (lwi_heads){NULL, r->length * n, r->size, n};
    return launch_program(p, &add, in, places, NULL, x, &r->at);
}

/* n rows of each head into [batch, heads, past + new, size], behind `first` others. */
static lw_status copy_rows(const planning *p, const part *r, const lwi_gpu_place *from,
                           const lwi_heads *rows, size_t first, size_t n, lw_dtype dtype,
                           const lwi_gpu_place *to) {
    const size_t all = r->past + r->length, dims[4] = {p->batch, p->heads, n, r->size};
    const size_t steps[4] = {rows->batch, rows->head, rows->row, 1};
    const size_t places[4] = {p->heads * all * r->size, all * r->size, r->size, 1};
    const lwi_gpu_grid grid = {4, dims, steps, places, first * r->size};
    const size_t count = dims[0] * dims[1] * dims[2] * dims[3];
    lwi_gpu_launch *launch = NULL;
    if (count == 0) return LW_OK;
    LW_TRY(lwi_gpu_copy_grid(p->step, lwi_dtype_size(dtype), &grid, &launch));
    lwi_gpu_give(p->c, from, p->step, launch);
    lwi_gpu_give(p->c, to, p->step, launch);
    lwi_gpu_int(launch, (int64_t)count);
    return LW_OK;
}

/* Past and new rows together where there is a past or the output is wanted. */
static lw_status join(planning *p, size_t which) {
    const size_t past = which - KEY + PAST_K;
    const lw_dtype dtype = p->c->in[QUERY]->dtype;
    part *r = &p->parts[which];
    const size_t all = r->past + r->length, head = all * r->size;
    lwi_gpu_place to = {.source = LWI_GPU_OUTPUT, .index = which};
    if (!wants(p->c, which) && !lwi_has(p->c, past)) return LW_OK;
    if (!wants(p->c, which)) to = new_scratch(p, p->batch * p->heads * head, dtype);
    if (r->past) {
        const lwi_gpu_place from = {.source = LWI_GPU_INPUT, .index = past};
        const lwi_heads rows = lwi_heads_apart(p->c->in[past]);
        LW_TRY(copy_rows(p, r, &from, &rows, 0, r->past, dtype, &to));
    }
    LW_TRY(copy_rows(p, r, &r->at, &r->rows, r->past, r->length, dtype, &to));
    r->at = to;
    r->rows = (lwi_heads){NULL, p->heads * head, head, r->size};
    return LW_OK;
}

/* ------------------------------------------------------------ masks of padding */

static bool takes_mask(const planning *p) {
    if (!lwi_has(p->c, MASK)) return true;
    const lw_value *m = p->c->in[MASK];
    const part *k = &p->parts[KEY];
    const int64_t keys = (int64_t)(k->past + k->length), batch = (int64_t)p->batch, *d = m->dims;
    if (m->dtype != LW_INT32) return false;
    if (m->rank == 1) return d[0] == batch || d[0] == 2 * batch || d[0] == 3 * batch + 2;
    if (m->rank == 4)
        return d[1] == 1 && d[3] >= keys && d[2] >= (int64_t)(k->past + p->parts[QUERY].length);
    return (m->rank == 2 && d[1] == keys) || (m->rank == 3 && d[2] == keys);
}

/* Of a mask [batch, 1, all, all] the rows of new queries: [batch, queries, keys]. */
static lw_status cut_mask(planning *p, const lw_value *m, size_t queries, size_t keys,
                          lwi_gpu_place *at) {
    const size_t row = (size_t)m->dims[3], dims[3] = {p->batch, queries, keys};
    const size_t from[3] = {(size_t)m->dims[2] * row, row, 1}, to[3] = {queries * keys, keys, 1};
    const lwi_gpu_grid grid = {3, dims, from, to, 0};
    const lwi_gpu_place given = {.source = LWI_GPU_INPUT,
                                 .index = MASK,
                                 .offset = p->parts[KEY].past * row * sizeof(int32_t)};
    lwi_gpu_launch *launch = NULL;
    *at = new_scratch(p, p->batch * queries * keys, LW_INT32);
    LW_TRY(lwi_gpu_copy_grid(p->step, sizeof(int32_t), &grid, &launch));
    lwi_gpu_give(p->c, &given, p->step, launch);
    lwi_gpu_give(p->c, at, p->step, launch);
    lwi_gpu_int(launch, (int64_t)(p->batch * queries * keys));
    return LW_OK;
}

/* Of elements: mask_filter_value where they are not above 0. */
static lwi_program of_elements(float filter) {
    return (lwi_program){
        .n_inputs = 1,
        .n_steps = 2,
        .steps = {{LWI_POINTWISE_less_or_equal, {0, -2, 0}}, {LWI_POINTWISE_where, {1, -1, -2}}},
        .n_constants = 2,
        .constants = {filter}};
}

/* Of a length for each batch, and a beginning where `starts`: outside of that. */
static lwi_program of_ranges(float filter, bool starts) {
    const int n = starts ? 3 : 2, key = n - 1;
    lwi_program q = {.n_inputs = (size_t)n,
                     .n_steps = starts ? 4 : 2,
                     .steps = {{LWI_POINTWISE_less_or_equal, {0, key, 0}},
                               {LWI_POINTWISE_where, {n, -1, -2}},
                               {LWI_POINTWISE_less, {key, 1, 0}},
                               {LWI_POINTWISE_where, {n + 2, -1, n + 1}}},
                     .n_constants = 2,
                     .constants = {filter}};
    return q;
}

/* A bias of float32, [batch, 1 or queries, keys]: mask_filter_value where the mask is not above 0,
 * or, of a mask that has a range for each batch, outside of that. */
static lw_status launch_mask(planning *p, const lwi_attention *a, lwi_gpu_place *at,
                             lwi_score_bias *bias) {
    const lw_value *m = p->c->in[MASK];
    const bool ranges = m->rank == 1, starts = ranges && m->dims[0] == 2 * (int64_t)p->batch;
    const size_t queries = m->rank >= 3 ? a->q_len : 1, keys = a->kv_len;
    const float filter = lwi_attr_float(p->c->node, "mask_filter_value", -10000);
    lwi_gpu_place places[2] = {
        {.source = LWI_GPU_INPUT, .index = MASK},
        {.source = LWI_GPU_INPUT, .index = MASK, .offset = p->batch * sizeof(int32_t)}};
    const lw_value y = {.dtype = LW_FLOAT32,
                        .rank = 3,
                        .dims = {(int64_t)p->batch, (int64_t)queries, (int64_t)keys},
                        .count = p->batch * queries * keys};
    const lw_value range = {.dtype = LW_FLOAT32, .rank = 1, .dims = {(int64_t)keys}, .count = keys};
    lw_value mask = {.dtype = LW_INT32, .rank = 3, .count = ranges ? p->batch : y.count};
    const lw_value *in[3] = {&mask, starts ? &mask : &range, &range};
    const lwi_program program = ranges ? of_ranges(filter, starts) : of_elements(filter);
    float *numbers = NULL;
    memcpy(mask.dims, y.dims, 3 * sizeof *y.dims);
    if (ranges) mask.dims[2] = 1;
    if (ranges) {
        LW_TRY(lwi_arena_alloc(p->step->memory, keys, sizeof *numbers, &numbers));
        for (size_t k = 0; k < keys; k++)
            numbers[k] = (float)k;
    }
    if (m->rank == 4) LW_TRY(cut_mask(p, m, queries, keys, &places[0]));
    *at = new_scratch(p, y.count, LW_FLOAT32);
    *bias =
        (lwi_score_bias){.strides = {queries * keys, 0, queries > 1 ? keys : 0, 1}, .keys = keys};
    return launch_program(p, &program, in, places, numbers, &y, at);
}

/* ------------------------------------------------------------ all of it */

static bool takes_types(const lwi_call *c) {
    for (size_t i = 0; i < c->n_in; i++)
        if (lwi_has(c, i) && i != MASK &&
            (!lwi_gpu_is_float(lwi_gpu_type_of(c->in[i]->dtype)) ||
             (i != BIAS && i != SCORE_BIAS && c->in[i]->dtype != c->in[QUERY]->dtype)))
            return false;
    return wants(c, 0) && lwi_gpu_moves(c);
}

static lwi_attention read_sizes(const planning *p) {
    const part *q = &p->parts[QUERY], *k = &p->parts[KEY];
    const lwi_call *c = p->c;
    lwi_attention a = {.batch = p->batch,
                       .q_heads = p->heads,
                       .kv_heads = p->heads,
                       .q_len = q->length,
                       .kv_len = k->past + k->length,
                       .head = q->size,
                       .v_head = p->parts[VALUE].size,
                       .y = lwi_heads_packed(c->out[0], p->heads),
                       .left = -1,
                       .right = lwi_attr_int(c->node, "unidirectional", 0) ? 0 : -1,
                       .stage = LWI_SCORES_BIASED,
                       .scale = lwi_attr_float(c->node, "scale", 0)};
    if (a.scale == 0) a.scale = 1 / sqrt((double)q->size);
    return a;
}

static lw_status launch_general(planning *p, lwi_attention *a) {
    const lwi_call *c = p->c;
    lwi_gpu_attending x = {0};
    const bool biased = lwi_has(c, BIAS), apart = lwi_has(c, KEY) && c->in[KEY]->rank == 4;
    for (size_t which = QUERY; which <= VALUE; which++) {
        if (biased && (which == QUERY || !apart)) LW_TRY(add_bias(p, which));
        if (which != QUERY) LW_TRY(join(p, which));
    }
    const lwi_gpu_place any = {.source = LWI_GPU_INPUT},
                        given = {LWI_GPU_INPUT, SCORE_BIAS, 0, 0, 0};
    x.bias[0] = x.bias[1] = x.lengths = x.sink = any;
    if (lwi_has(c, SCORE_BIAS)) {
        x.bias[0] = given;
        LW_TRY(lwi_score_bias_of(c, a, c->in[SCORE_BIAS], NULL, &a->bias[a->n_bias++]));
    }
    if (lwi_has(c, MASK)) {
        LW_TRY(launch_mask(p, a, &x.bias[a->n_bias], &a->bias[a->n_bias]));
        a->n_bias++;
    }
    a->q = p->parts[QUERY].rows;
    a->k = p->parts[KEY].rows;
    a->v = p->parts[VALUE].rows;
    x.q = p->parts[QUERY].at;
    x.k = p->parts[KEY].at;
    x.v = p->parts[VALUE].at;
    x.scores = wants(c, SCORES) ? SCORES : 0;
    x.plan[POSITION] = (int32_t)p->parts[KEY].past;
    x.plan[HAS] = HAS_VALUES | (x.scores ? HAS_SCORES : 0);
    lwi_gpu_attention_plan(a, &x);
    return lwi_gpu_attention_launch(c, &x, p->step);
}

/* Nothing but softmax(Q K^T scale) V of three inputs. */
static bool is_plain(const lwi_call *c, const lwi_attention *a) {
    if (!lwi_has(c, KEY) || c->in[KEY]->rank == 5 || a->right == 0) return false;
    for (size_t i = BIAS; i < c->n_in; i++)
        if (lwi_has(c, i)) return false;
    return !wants(c, 1) && !wants(c, 2) && !wants(c, SCORES);
}

lw_status lwi_gpu_multi_head_attention(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    planning p = {.c = c, .step = step, .batch = (size_t)c->in[QUERY]->dims[0]};
    lwi_call plain = *c;
    plain.n_in = PARTS;
    p.heads = (size_t)lwi_attr_int(c->node, "num_heads", 0);
    if (!takes_types(c)) return lwi_gpu_refuse(step, "its types");
    for (size_t which = QUERY; which <= VALUE; which++) {
        const size_t past = which == VALUE ? PAST_V : PAST_K;
        p.parts[which] = find_part(&p, which);
        if (which != QUERY && lwi_has(c, past)) p.parts[which].past = (size_t)c->in[past]->dims[2];
    }
    lwi_attention a = read_sizes(&p);
    const bool packed = !lwi_has(c, KEY) || c->in[KEY]->rank == 5;
    if (!lwi_gpu_attention_fits(&a) || (packed && lwi_has(c, BIAS)) || !takes_mask(&p))
        return lwi_gpu_refuse(step, "its sizes, its mask, or a bias beside packed rows");
    if (a.right == 0 && wants(c, SCORES))
        return lwi_gpu_refuse(step, "scores of keys that are not seen");
    *taken = true;
    if (!is_plain(c, &a) || !lwi_gpu_attention_takes(&plain, &a, step->device))
        return launch_general(&p, &a);
    a.q = p.parts[QUERY].rows;
    a.k = p.parts[KEY].rows;
    a.v = p.parts[VALUE].rows;
    return lwi_gpu_attention_tiles(&plain, &a, step);
}
