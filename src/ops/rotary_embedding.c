/* SPDX-License-Identifier: MIT
 * RotaryEmbedding (ONNX 23; com.microsoft has the inputs in another order, and one position for a
 * whole batch). */
#include "base/loops.h"
#include "ops/attention_core.h"
#include "ops/rotary.h"

#include <string.h>

/* Inputs by meaning, since the two forms differ. */
typedef struct form {
    size_t cosines, sines, positions;
} form;
static const form onnx_form = {1, 2, 3}, microsoft_form = {2, 3, 1};

typedef struct job {
    lwi_heads x, y;
    size_t batch, heads, length;
    lwi_rotation rotation;
    const float *cosines, *sines;
    const int64_t *positions; /* NULL: the caches have a row for each batch and time */
    bool one_position;        /* of the first time; the others follow */
} job;

/* Pair i is elements i * step and i * step + other. */
static inline __attribute__((always_inline)) void turn_pairs(size_t n, size_t step, size_t other,
                                                             const float *x, const float *cosines,
                                                             const float *sines, float *y) {
    LWI_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float re = x[i * step], im = x[i * step + other];
        y[i * step] = re * cosines[i] - im * sines[i];
        y[i * step + other] = re * sines[i] + im * cosines[i];
    }
}

void lwi_rotate(const lwi_rotation *r, const float *x, const float *cosines, const float *sines,
                float *y) {
    if (r->interleaved) turn_pairs(r->half, 2, 1, x, cosines, sines, y);
    else turn_pairs(r->half, 1, r->half, x, cosines, sines, y);
    if (x != y) memcpy(y + 2 * r->half, x + 2 * r->half, (r->n - 2 * r->half) * sizeof *y);
}

static lw_status read_sizes(const lwi_call *c, const form *f, job *j) {
    const lw_value *x = c->in[0], *cosines = c->in[f->cosines];
    LW_TRY(lwi_need_rank(c, 0, 3, 4));
    const int64_t rotary = lwi_attr_int(c->node, "rotary_embedding_dim", 0);
    int64_t heads = x->rank == 4 ? x->dims[1] : lwi_attr_int(c->node, "num_heads", 0);
    if (cosines->rank < 2)
        return lwi_call_fail(c, LW_SHAPE, "the cosines have rank %d", cosines->rank);
    const int64_t half = cosines->dims[cosines->rank - 1];
    if (x->rank == 3 && heads == 0 && f == &microsoft_form && half > 0 && rotary == 0)
        heads = x->dims[2] / (half * 2); /* may be omitted: the caches tell */
    if (x->rank == 3 && (heads <= 0 || x->dims[2] % heads))
        return lwi_call_fail(c, LW_INVALID, "%lld heads for a hidden size of %lld",
                             (long long)heads, (long long)x->dims[2]);
    j->batch = (size_t)x->dims[0];
    j->heads = (size_t)heads;
    j->length = (size_t)x->dims[x->rank - 2];
    j->rotation.n = (size_t)(x->rank == 4 ? x->dims[3] : x->dims[2] / heads);
    j->rotation.half = rotary > 0 ? (size_t)rotary / 2 : j->rotation.n / 2;
    j->rotation.interleaved = lwi_attr_int(c->node, "interleaved", 0) != 0;
    if (rotary < 0 || rotary % 2 || (rotary == 0 && j->rotation.n % 2) ||
        j->rotation.half * 2 > j->rotation.n || half != (int64_t)j->rotation.half ||
        !lwi_same_shape(cosines, c->in[f->sines]))
        return lwi_call_fail(c, LW_SHAPE, "cannot rotate heads of %zu with %lld angles",
                             j->rotation.n, (long long)half);
    return LW_OK;
}

/* Every position must have a row in the caches. */
static lw_status read_positions(const lwi_call *c, const form *f, job *j) {
    const lw_value *cosines = c->in[f->cosines];
    if (!lwi_has(c, f->positions)) {
        if (cosines->rank == 3 && cosines->dims[0] == (int64_t)j->batch &&
            cosines->dims[1] == (int64_t)j->length)
            return LW_OK;
        return lwi_call_fail(c, LW_SHAPE,
                             "without positions, the cosines need a row for each of "
                             "%zu x %zu",
                             j->batch, j->length);
    }
    const lw_value *p = c->in[f->positions];
    j->positions = p->data;
    j->one_position = f == &microsoft_form && p->rank == 1 && p->count == 1;
    if (cosines->rank != 2 || (!j->one_position && p->count != j->batch * j->length))
        return lwi_call_fail(c, LW_SHAPE, "%zu positions for %zu x %zu rows", p->count, j->batch,
                             j->length);
    const int64_t last = cosines->dims[0] - (j->one_position ? (int64_t)j->length : 1);
    for (size_t i = 0; i < p->count; i++)
        if (j->positions[i] < 0 || j->positions[i] > last)
            return lwi_call_fail(c, LW_RANGE, "position %lld is not in the caches of %lld rows",
                                 (long long)j->positions[i], (long long)cosines->dims[0]);
    return LW_OK;
}

static void rotate_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t i = begin; i < end; i++) {
        const size_t b = i / j->length, t = i % j->length;
        const size_t row = !j->positions     ? i
                           : j->one_position ? (size_t)j->positions[0] + t
                                             : (size_t)j->positions[i];
        for (size_t h = 0; h < j->heads; h++)
            lwi_rotate(&j->rotation,
                       (const float *)j->x.data + b * j->x.batch + h * j->x.head + t * j->x.row,
                       j->cosines + row * j->rotation.half, j->sines + row * j->rotation.half,
                       (float *)j->y.data + b * j->y.batch + h * j->y.head + t * j->y.row);
    }
}

static lw_status run(lwi_call *c, const form *f) {
    job j = {0};
    const lw_value *x = c->in[0], *y = c->out[0];
    LW_TRY(read_sizes(c, f, &j));
    if (x->count == 0) return LW_OK;
    LW_TRY(read_positions(c, f, &j));
    j.x = x->rank == 4 ? lwi_heads_apart(x) : lwi_heads_packed(x, j.heads);
    j.y = y->rank == 4 ? lwi_heads_apart(y) : lwi_heads_packed(y, j.heads);
    j.cosines = c->in[f->cosines]->data;
    j.sines = c->in[f->sines]->data;
    lwi_parallel(c, j.batch * j.length, 1 + 4096 / (j.heads * j.rotation.n), rotate_rows, &j);
    return LW_OK;
}

static lw_status infer(lwi_call *c, const form *f) {
    job j = {0};
    LW_TRY(read_sizes(c, f, &j));
    return lwi_out_like(c, 0, c->in[0]);
}

static lw_status infer_onnx(lwi_call *c) { return infer(c, &onnx_form); }
static lw_status run_onnx(lwi_call *c) { return run(c, &onnx_form); }
static lw_status infer_microsoft(lwi_call *c) { return infer(c, &microsoft_form); }
static lw_status run_microsoft(lwi_call *c) { return run(c, &microsoft_form); }

const lwi_op lwi_op_rotary_embedding = {.infer = infer_onnx, .run = run_onnx, .flags = LWI_WIDEN};
const lwi_op lwi_op_ms_rotary_embedding = {
    .infer = infer_microsoft, .run = run_microsoft, .flags = LWI_WIDEN};
