/* SPDX-License-Identifier: MIT
 * lampwick.RotaryEmbedding: what exporters write with slices, products and a Concat, made by the
 * pass recognize_rotary_embedding. The first `dim` elements of each row of X are turned in pairs
 * (i and i + dim / 2, or 2i and 2i + 1 if interleaved), the others are copied. Cosines and sines
 * have dim elements in a row, or one for each pair, and are broadcast to X as transposed by perm;
 * Y has X's own order. */
#include "ops/op.h"

#include <string.h>

enum { X, COSINES, SINES };

typedef struct turning {
    const float *x, *cosines, *sines;
    float *y;
    int rank; /* of the rows: X's without the last axis */
    size_t dims[LW_MAX_RANK], cos_steps[LW_MAX_RANK], sin_steps[LW_MAX_RANK]; /* in X's order */
    size_t n, half;
    size_t second; /* from an angle of a pair's first element to that of its second */
    bool interleaved;
} turning;

/* ------------------------------------------------------------------- sizes */

static lw_status read_perm(const lwi_call *c, int rank, int perm[LW_MAX_RANK]) {
    size_t n = 0;
    uint32_t seen = 0;
    const int64_t *given = lwi_attr_ints(c->node, "perm", &n);
    for (int d = 0; d < rank; d++) {
        const int64_t axis = given && (size_t)d < n ? given[d] : d;
        if (axis >= 0 && axis < rank) seen |= UINT32_C(1) << axis;
        perm[d] = (int)axis;
    }
    if ((given && n != (size_t)rank) || seen != (UINT32_C(1) << rank) - 1 ||
        perm[rank - 1] != rank - 1)
        return lwi_call_fail(c, LW_INVALID, "perm is no order of %d axes that keeps the last",
                             rank);
    return LW_OK;
}

/* The angles' steps for each axis of X but the last. */
static lw_status read_angles(const lwi_call *c, size_t input, const int perm[LW_MAX_RANK],
                             size_t steps[LW_MAX_RANK]) {
    const lw_value *x = c->in[X], *a = c->in[input];
    size_t strides[LW_MAX_RANK];
    bool fits = a->rank >= 1 && a->rank <= x->rank;
    for (int d = 0; d < a->rank - 1 && fits; d++) {
        const int64_t full = x->dims[perm[x->rank - a->rank + d]];
        fits = a->dims[d] == full || a->dims[d] == 1;
    }
    if (!fits) return lwi_call_fail(c, LW_SHAPE, "input %zu does not broadcast to X", input);
    lwi_broadcast_strides(a, x->rank, strides);
    for (int d = 0; d < x->rank - 1; d++)
        steps[perm[d]] = strides[d];
    return LW_OK;
}

static lw_status read_sizes(const lwi_call *c, turning *t) {
    const lw_value *x = c->in[X], *cosines = c->in[COSINES], *sines = c->in[SINES];
    int perm[LW_MAX_RANK];
    LW_TRY(lwi_need_rank(c, X, 1, LW_MAX_RANK));
    LW_TRY(read_perm(c, x->rank, perm));
    LW_TRY(read_angles(c, COSINES, perm, t->cos_steps));
    LW_TRY(read_angles(c, SINES, perm, t->sin_steps));
    const int64_t n = x->dims[x->rank - 1], dim = lwi_attr_int(c->node, "dim", 0);
    const int64_t width = cosines->dims[cosines->rank - 1];
    if (dim <= 0 || dim % 2 || dim > n || (width != dim && width != dim / 2) ||
        sines->dims[sines->rank - 1] != width)
        return lwi_call_fail(c, LW_SHAPE, "cannot turn %lld of %lld elements by %lld angles",
                             (long long)dim, (long long)n, (long long)width);
    t->interleaved = lwi_attr_int(c->node, "interleaved", 0) != 0;
    t->n = (size_t)n;
    t->half = (size_t)dim / 2;
    t->second = width != dim ? 0 : t->interleaved ? 1 : t->half;
    t->rank = x->rank - 1;
    for (int d = 0; d < t->rank; d++)
        t->dims[d] = (size_t)x->dims[d];
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    turning t = {0};
    LW_TRY(read_sizes(c, &t));
    return lwi_out_like(c, 0, c->in[X]);
}

/* ------------------------------------------------------------------ a row */

static void turn_halves(const turning *t, const float *restrict x, const float *restrict cosines,
                        const float *restrict sines, float *restrict y) {
    const size_t half = t->half, second = t->second;
    for (size_t i = 0; i < half; i++)
        y[i] = x[i] * cosines[i] - x[half + i] * sines[i];
    for (size_t i = 0; i < half; i++)
        y[half + i] = x[half + i] * cosines[second + i] + x[i] * sines[second + i];
}

static void turn_neighbours(const turning *t, const float *restrict x,
                            const float *restrict cosines, const float *restrict sines,
                            float *restrict y) {
    const size_t second = t->second, step = 1 + second;
    for (size_t i = 0; i < t->half; i++) {
        const float a = x[2 * i], b = x[2 * i + 1];
        y[2 * i] = a * cosines[i * step] - b * sines[i * step];
        y[2 * i + 1] = b * cosines[i * step + second] + a * sines[i * step + second];
    }
}

static void turn_rows(void *arg, size_t begin, size_t end) {
    const turning *t = arg;
    for (size_t row = begin; row < end; row++) {
        size_t rest = row, cosines = 0, sines = 0;
        for (int d = t->rank - 1; d >= 0; d--) {
            const size_t at = rest % t->dims[d];
            rest /= t->dims[d];
            cosines += at * t->cos_steps[d];
            sines += at * t->sin_steps[d];
        }
        const float *x = t->x + row * t->n;
        float *y = t->y + row * t->n;
        (t->interleaved ? turn_neighbours : turn_halves)(t, x, t->cosines + cosines,
                                                         t->sines + sines, y);
        memcpy(y + 2 * t->half, x + 2 * t->half, (t->n - 2 * t->half) * sizeof *y);
    }
}

static lw_status run(lwi_call *c) {
    turning t = {.x = c->in[X]->data,
                 .cosines = c->in[COSINES]->data,
                 .sines = c->in[SINES]->data,
                 .y = c->out[0]->data};
    if (c->out[0]->count == 0) return LW_OK;
    LW_TRY(read_sizes(c, &t));
    lwi_parallel(c, c->in[X]->count / t.n, 1 + 8192 / t.n, turn_rows, &t);
    return LW_OK;
}

const lwi_op lwi_op_rotary_fused = {.infer = infer, .run = run};
