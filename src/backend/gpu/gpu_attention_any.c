/* SPDX-License-Identifier: MIT
 * Attention with all that it has, by the general kernel (kernels/attention_any.k) or on tensor
 * cores (kernels/half_attention.k): ONNX's Attention, and lampwick.Attention. */
#include "backend/gpu/gpu_attention.h"

#include <math.h>
#include <string.h>

enum { MOST = 768 }; /* elements of a value */
/* Places in the plan. */
enum { STRIDES = 8, BIASES = 24, CHOICE = 32, LEFT = 36, RIGHT, POSITION, KEYS, HAS, STAGE };
enum { BIAS = 1, BIAS_2 = 2, CHOOSES = 4, LENGTHS = 8, SCORES = 16, VALUES = 32 };
enum { EMPTY_NAN = 64, NAN_ZERO = 128 };
enum {
    QUERIES = 128,
    WIDEST = 128
}; /* of a group of kernels/half_attention.k; elements of a head */

static void write_strides(int32_t *to, size_t batch, size_t head, size_t row, size_t last) {
    const size_t given[4] = {batch, head, row, last};
    for (int i = 0; i < 4; i++)
        to[i] = (int32_t)given[i];
}

void lwi_gpu_attention_plan(const lwi_attention *a, lwi_gpu_attending *x) {
    int32_t *p = x->plan;
    const size_t sizes[7] = {
        a->batch, a->q_heads, a->q_len, a->kv_len, a->head, a->v_head, a->q_heads / a->kv_heads};
    for (int i = 0; i < 7; i++)
        p[i] = (int32_t)sizes[i];
    write_strides(p + STRIDES, a->q.batch, a->q.head, a->q.row, 1);
    write_strides(p + STRIDES + 4, a->k.batch, a->k.head, a->k.row, a->k_column ? a->k_column : 1);
    write_strides(p + STRIDES + 8, a->v.batch, a->v.head, a->v.row, 1);
    write_strides(p + STRIDES + 12, a->y.batch, a->y.head, a->y.row, 1);
    for (size_t i = 0; i < a->n_bias; i++) {
        const size_t *s = a->bias[i].strides;
        write_strides(p + BIASES + 4 * i, s[0], s[1], s[2], s[3]);
    }
    const size_t *s = a->choice.strides;
    write_strides(p + CHOICE, s[0], s[1], s[2], s[3]);
    p[LEFT] = (int32_t)a->left;
    p[RIGHT] = (int32_t)a->right;
    p[KEYS] = (int32_t)(a->n_bias ? a->bias[0].keys : a->kv_len);
    p[HAS] |= (a->n_bias > 0 ? BIAS : 0) | (a->n_bias > 1 ? BIAS_2 : 0) |
              (a->empty_nan ? EMPTY_NAN : 0) | (a->nan_zero ? NAN_ZERO : 0);
    p[STAGE] = (int32_t)a->stage;
    x->scale = a->scale;
    x->softcap = a->softcap;
    x->otherwise = a->choice.otherwise;
}

bool lwi_gpu_attention_fits(const lwi_attention *a) {
    return a->v_head <= MOST && a->kv_len > 0 && a->kv_len < INT32_MAX && !a->sink &&
           a->q_heads <= 65535 && a->batch <= 65535;
}

void lwi_gpu_give(const lwi_call *c, const lwi_gpu_place *p, lwi_gpu_step *step,
                  lwi_gpu_launch *launch) {
    if (p->source == LWI_GPU_OUTPUT) lwi_gpu_out(launch, p->index);
    else if (p->source == LWI_GPU_SCRATCH) lwi_gpu_scratch_at(step, launch, p->offset, p->bytes);
    else lwi_gpu_in_at(launch, c, p->index, p->offset);
}

static int type_of(const lwi_call *c, const lwi_gpu_place *p) {
    if (p->source == LWI_GPU_SCRATCH) return (int)lwi_gpu_type_of(p->dtype);
    if (p->source == LWI_GPU_OUTPUT) return (int)lwi_gpu_type_of(c->out[p->index]->dtype);
    return lwi_has(c, p->index) ? (int)lwi_gpu_type_of(c->in[p->index]->dtype) : 0;
}

/* The kernel on tensor cores; NULL: there is none for what is wanted, or for such types. */
static const char *half_kernel(const lwi_device *device, const int32_t *p, int types) {
    const int type = types & 15, all = type | type << 4 | type << 8 | type << 12;
    const bool is_bf16 = type == LWI_GPU_BF16;
    if (!(type == LWI_GPU_F16 && device->multiplies_f16) && !(is_bf16 && device->multiplies_bf16))
        return NULL;
    if ((types & 0xffff) != all || p[4] > WIDEST || p[5] > WIDEST ||
        (p[HAS] & (CHOOSES | SCORES | VALUES | NAN_ZERO)) != VALUES)
        return NULL;
    if (p[4] > 64 || p[5] > 64) return is_bf16 ? "attention_128_bf16" : "attention_128_f16";
    return is_bf16 ? "attention_64_bf16" : "attention_64_f16";
}

lw_status lwi_gpu_attention_launch(const lwi_call *c, const lwi_gpu_attending *x,
                                   lwi_gpu_step *step) {
    const int32_t *p = x->plan;
    const size_t y = c->out[0] ? 0 : x->scores;
    const int types = type_of(c, &x->q) | type_of(c, &x->k) << 4 | type_of(c, &x->v) << 8 |
                      (int)lwi_gpu_type_of(c->out[y]->dtype) << 12 | type_of(c, &x->bias[0]) << 16 |
                      type_of(c, &x->bias[1]) << 20 | type_of(c, &x->sink) << 24;
    const char *half = half_kernel(step->device, p, types);
    const size_t queries = (size_t)p[2],
                 groups = half ? (queries + QUERIES - 1) / QUERIES : queries;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_groups(step, half ? half : "attention_any", groups, (size_t)p[1], (size_t)p[0],
                          &launch));
    LW_TRY(lwi_gpu_data(step, launch, x->plan, sizeof x->plan));
    const lwi_gpu_place *const places[] = {&x->q, &x->k, &x->v, &x->bias[0], &x->bias[1]};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        lwi_gpu_give(c, places[i], step, launch);
    if (!half) lwi_gpu_in(launch, c, x->choice);
    lwi_gpu_give(c, &x->lengths, step, launch);
    lwi_gpu_give(c, &x->sink, step, launch);
    lwi_gpu_out(launch, y);
    if (!half) lwi_gpu_out(launch, x->scores ? x->scores : y);
    lwi_gpu_int(launch, types);
    lwi_gpu_float(launch, x->scale);
    lwi_gpu_float(launch, x->softcap);
    if (!half) lwi_gpu_float(launch, x->otherwise);
    return LW_OK;
}

/* ------------------------------------------------------------ ONNX's Attention */

enum { Q, K, V, MASK, PAST_K, PAST_V, KEY_COUNTS };

/* heads: those of a tensor of rank 3. */
static lwi_heads heads_of(const lw_value *v, size_t heads) {
    return v->rank == 4 ? lwi_heads_apart(v) : lwi_heads_packed(v, heads);
}

/* Rows of keys or values: batch, heads, new rows, and their size. */
typedef struct rows {
    size_t dims[4], past;
} rows;

static rows rows_of(const lwi_call *c, size_t input) {
    const lw_value *v = c->in[input];
    const size_t past = input == V ? PAST_V : PAST_K;
    const char *name = input == Q ? "q_num_heads" : "kv_num_heads";
    const size_t heads = v->rank == 4 ? (size_t)v->dims[1] : (size_t)lwi_attr_int(c->node, name, 1);
    rows r = {{(size_t)v->dims[0], heads, (size_t)v->dims[v->rank - 2],
               (size_t)v->dims[v->rank - 1] / (v->rank == 4 ? 1 : heads)},
              0};
    if (input != Q && lwi_has(c, past)) r.past = (size_t)c->in[past]->dims[2];
    return r;
}

/* n rows of each head into [batch, heads, past + new, size], behind `first` others. */
static lw_status append(const lwi_call *c, size_t input, lwi_heads from, const rows *r,
                        size_t first, size_t n, const lwi_gpu_place *to, lwi_gpu_step *step) {
    const size_t all = r->past + r->dims[2], dims[4] = {r->dims[0], r->dims[1], n, r->dims[3]};
    const size_t steps[4] = {from.batch, from.head, from.row, 1};
    const size_t places[4] = {r->dims[1] * all * r->dims[3], all * r->dims[3], r->dims[3], 1};
    const lwi_gpu_grid grid = {4, dims, steps, places, first * r->dims[3]};
    lwi_gpu_launch *launch = NULL;
    if (dims[0] * dims[1] * dims[2] * dims[3] == 0) return LW_OK;
    LW_TRY(lwi_gpu_copy_grid(step, lwi_dtype_size(c->in[input]->dtype), &grid, &launch));
    lwi_gpu_in(launch, c, input);
    lwi_gpu_give(c, to, step, launch);
    lwi_gpu_int(launch, (int64_t)(dims[0] * dims[1] * dims[2] * dims[3]));
    return LW_OK;
}

/* Past and new rows together where both are there or the output is wanted; else the input. */
static lw_status join(const lwi_call *c, size_t input, size_t *scratch, lwi_gpu_place *at,
                      lwi_heads *heads, lwi_gpu_step *step) {
    const rows r = rows_of(c, input);
    const size_t past = input == V ? PAST_V : PAST_K, output = input == V ? 2 : 1;
    const bool wanted = output < c->n_out && c->out[output];
    const size_t length = r.past + r.dims[2];
    *at = (lwi_gpu_place){.source = LWI_GPU_INPUT, .index = input};
    *heads = heads_of(c->in[input], r.dims[1]);
    if (!wanted && !lwi_has(c, past)) return LW_OK;
    *at = (lwi_gpu_place){.source = LWI_GPU_OUTPUT, .index = output};
    if (!wanted) {
        const size_t n = r.dims[0] * r.dims[1] * length * r.dims[3];
        *at = (lwi_gpu_place){.source = LWI_GPU_SCRATCH,
                              .offset = *scratch,
                              .bytes = n * lwi_dtype_size(c->in[input]->dtype),
                              .dtype = c->in[input]->dtype};
        *scratch += (at->bytes + LWI_ALIGN - 1) & ~(size_t)(LWI_ALIGN - 1);
    }
    if (r.past) LW_TRY(append(c, past, lwi_heads_apart(c->in[past]), &r, 0, r.past, at, step));
    LW_TRY(append(c, input, *heads, &r, r.past, r.dims[2], at, step));
    *heads = (lwi_heads){NULL, r.dims[1] * length * r.dims[3], length * r.dims[3], r.dims[3]};
    return LW_OK;
}

static bool takes(const lwi_call *c) {
    for (size_t i = 0; i < c->n_in; i++) {
        if (!c->in[i] || i == KEY_COUNTS) continue;
        const lwi_gpu_type type = lwi_gpu_type_of(c->in[i]->dtype);
        if (!lwi_gpu_is_float(type) && !(i == MASK && type == LWI_GPU_BOOL)) return false;
    }
    for (size_t past = PAST_K; past <= PAST_V; past++)
        if (lwi_has(c, past) && c->in[past]->dtype != c->in[past - PAST_K + K]->dtype) return false;
    return lwi_gpu_moves(c);
}

static lw_status read_mask(const lwi_call *c, lwi_attention *a) {
    if (!lwi_has(c, MASK)) return LW_OK;
    a->n_bias = 1;
    return lwi_score_bias_of(c, a, c->in[MASK], NULL, &a->bias[0]);
}

static lwi_attention read_sizes(const lwi_call *c, const rows *q, const rows *k, const rows *v) {
    const lwi_attention a = {.batch = q->dims[0],
                             .q_heads = q->dims[1],
                             .kv_heads = k->dims[1],
                             .q_len = q->dims[2],
                             .kv_len = k->past + k->dims[2],
                             .head = q->dims[3],
                             .v_head = v->dims[3],
                             .q = heads_of(c->in[Q], q->dims[1]),
                             .softcap = lwi_attr_float(c->node, "softcap", 0),
                             .stage =
                                 (lwi_score_stage)lwi_attr_int(c->node, "qk_matmul_output_mode", 0),
                             .left = lwi_attr_int(c->node, "left_window_size", -1),
                             .right = lwi_attr_int(c->node, "is_causal", 0)
                                          ? 0
                                          : lwi_attr_int(c->node, "right_window_size", -1)};
    return a;
}

/* Nothing but softmax(Q K^T scale) V of the inputs. */
static bool is_plain(const lwi_call *c, const lwi_attention *a) {
    return c->n_in <= MASK && c->n_out == 1 && a->left < 0 && a->right < 0 && !(a->softcap > 0);
}

lw_status lwi_gpu_onnx_attention(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lwi_gpu_place mask = {.source = LWI_GPU_INPUT, .index = MASK};
    lwi_gpu_attending x = {.q = {.source = LWI_GPU_INPUT},
                           .bias = {mask, mask},
                           .lengths = {.source = LWI_GPU_INPUT, .index = KEY_COUNTS},
                           .sink = {.source = LWI_GPU_INPUT}};
    size_t scratch = 0;
    if (!takes(c)) return lwi_gpu_refuse(step, "its types");
    const rows q = rows_of(c, Q), k = rows_of(c, K), v = rows_of(c, V);
    lwi_attention a = read_sizes(c, &q, &k, &v);
    a.scale = lwi_node_attr(c->node, "scale") ? lwi_attr_float(c->node, "scale", 1)
                                              : 1 / sqrt((double)q.dims[3]);
    if (!lwi_gpu_attention_fits(&a) || a.left > INT32_MAX || a.right > INT32_MAX)
        return lwi_gpu_refuse(step, "its sizes, or values of more than 768 elements");
    if (c->out[0]) a.y = heads_of(c->out[0], q.dims[1]);
    LW_TRY(read_mask(c, &a));
    *taken = true;
    if (is_plain(c, &a) && lwi_gpu_attention_takes(c, &a, step->device)) {
        a.k = heads_of(c->in[K], k.dims[1]);
        a.v = heads_of(c->in[V], v.dims[1]);
        return lwi_gpu_attention_tiles(c, &a, step);
    }
    LW_TRY(join(c, K, &scratch, &x.k, &a.k, step));
    LW_TRY(join(c, V, &scratch, &x.v, &a.v, step));
    x.scores = c->n_out > 3 && c->out[3] ? 3 : 0;
    x.plan[POSITION] = (int32_t)k.past;
    x.plan[HAS] =
        (lwi_has(c, KEY_COUNTS) ? LENGTHS : 0) | (x.scores ? SCORES : 0) | (c->out[0] ? VALUES : 0);
    lwi_gpu_attention_plan(&a, &x);
    return c->out[0] || x.scores ? lwi_gpu_attention_launch(c, &x, step) : LW_OK;
}

/* ------------------------------------------------------------ lampwick.Attention */

lw_status lwi_gpu_attention_chosen(const lwi_call *c, const lwi_attention *a, lwi_gpu_step *step) {
    enum { FIRST_BIAS = 3, SECOND_BIAS = 4, KEEP = 5 };
    const size_t first = lwi_has(c, FIRST_BIAS) ? FIRST_BIAS : SECOND_BIAS;
    lwi_gpu_attending x = {.q = {.source = LWI_GPU_INPUT},
                           .k = {.source = LWI_GPU_INPUT, .index = K},
                           .v = {.source = LWI_GPU_INPUT, .index = V},
                           .bias = {{.source = LWI_GPU_INPUT, .index = first},
                                    {.source = LWI_GPU_INPUT, .index = SECOND_BIAS}},
                           .lengths = {.source = LWI_GPU_INPUT},
                           .sink = {.source = LWI_GPU_INPUT},
                           .choice = KEEP};
    x.plan[HAS] = VALUES | (lwi_has(c, KEEP) ? CHOOSES : 0);
    lwi_gpu_attention_plan(a, &x);
    return lwi_gpu_attention_launch(c, &x, step);
}
