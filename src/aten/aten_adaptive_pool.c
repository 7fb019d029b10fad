/* SPDX-License-Identifier: MIT
 * Pooling to an output size. Output i of o covers elements floor(i n / o) to ceil((i + 1) n / o).
 */
#include "aten/lower.h"

#include <string.h>

typedef struct target {
    size_t n; /* spatial dimensions: the last ones */
    int rank;
    bool batch, ones, divides;
    int64_t from[LW_MAX_RANK], to[LW_MAX_RANK];
} target;

static int read_target(lwi_aten *a, const lwi_aten_value *in, target *t) {
    int x = lwi_aten_id(a, &in[0]);
    *t = (target){
        .n = (size_t)(strstr(a->row->name, "pool")[4] - '0'), .ones = true, .divides = true};
    t->batch = lwi_aten_rank(a, x) == (int)t->n + 2;
    if (!t->batch) x = lwi_aten_unsqueeze(a, x, 0);
    t->rank = (int)t->n + 2;
    const size_t given = lwi_aten_get_ints(a, &in[1], t->n, t->to);
    for (size_t i = 0; i < t->n; i++) {
        if (i >= given) t->to[i] = t->to[0];
        t->from[i] = lwi_aten_dim(a, x, (int)i + 2);
        t->ones &= t->to[i] == 1;
        t->divides &= t->from[i] > 0 && t->to[i] > 0 && t->from[i] % t->to[i] == 0;
        if (t->to[i] < 1) lwi_aten_fail(a, LW_RANGE, "output size %lld", (long long)t->to[i]);
    }
    for (size_t i = 0; i < t->n && !t->ones; i++)
        if (t->from[i] < 0)
            lwi_aten_fail(a, LW_UNSUPPORTED, "the windows depend on a size that is not fixed");
    return x;
}

static void set_windows(lwi_aten *a, const target *t) {
    int64_t kernel[LW_MAX_RANK];
    for (size_t i = 0; i < t->n; i++)
        kernel[i] = t->from[i] / t->to[i];
    lwi_build_list(&a->b, "kernel_shape", t->n, kernel);
    lwi_build_list(&a->b, "strides", t->n, kernel);
}

static int unbatched(lwi_aten *a, int y, const target *t) {
    return t->batch ? y : lwi_aten_squeeze(a, y, 0);
}

static int64_t first_of(const target *t, size_t i, int64_t k) { return k * t->from[i] / t->to[i]; }

static int64_t end_of(const target *t, size_t i, int64_t k) {
    return ((k + 1) * t->from[i] + t->to[i] - 1) / t->to[i];
}

/* ------------------------------------------------------------------- averages */

/* [from, to]: the share of each element in each output. */
static int shares(lwi_aten *a, const target *t, size_t i, lw_dtype dtype) {
    const int64_t from = t->from[i], to = t->to[i];
    float *share = NULL;
    if (a->b.status == LW_OK)
        a->b.status =
            lwi_arena_alloc(&a->b.network->arena, (size_t)(from * to), sizeof *share, &share);
    if (a->b.status != LW_OK) return -1;
    for (int64_t k = 0; k < to; k++)
        for (int64_t e = first_of(t, i, k); e < end_of(t, i, k); e++)
            share[e * to + k] = 1 / (float)(end_of(t, i, k) - first_of(t, i, k));
    return lwi_aten_cast(a, lwi_build_floats(&a->b, 2, (int64_t[]){from, to}, share), dtype);
}

/* One axis after the other: windows are boxes. */
static int averaged(lwi_aten *a, int x, const target *t) {
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    for (size_t i = 0; i < t->n && a->b.status == LW_OK; i++) {
        const int64_t axis = (int64_t)i + 2, last = t->rank - 1;
        if (t->from[i] == t->to[i]) continue;
        if (axis != last) x = lwi_aten_move(a, x, 1, &axis, &last);
        x = NODE(a, "MatMul", x, shares(a, t, i, dtype));
        if (axis != last) x = lwi_aten_move(a, x, 1, &last, &axis);
    }
    return x;
}

/* self, output_size */
void lwi_aten_adaptive_avg_pool(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    target t;
    const int x = read_target(a, in, &t);
    int y = -1;
    if (a->b.status != LW_OK) return;
    if (t.ones) y = NODE(a, "GlobalAveragePool", x);
    else if (t.divides) {
        y = NODE(a, "AveragePool", x);
        set_windows(a, &t);
    } else y = averaged(a, x, &t);
    lwi_aten_return(a, out, unbatched(a, y, &t));
}

/* --------------------------------------------------------------------- maxima */

static int64_t longest(const target *t, size_t i) {
    int64_t most = 1;
    for (int64_t k = 0; k < t->to[i]; k++)
        if (end_of(t, i, k) - first_of(t, i, k) > most) most = end_of(t, i, k) - first_of(t, i, k);
    return most;
}

/* Elements of axis 2 + 2 i by outputs and places in their windows; the last element of a window
 * that is shorter comes again. */
static int windows_of(lwi_aten *a, int x, const target *t, size_t i) {
    const int64_t k = longest(t, i), n = t->to[i] * k;
    int64_t *places = NULL;
    if (a->b.status == LW_OK)
        a->b.status = lwi_arena_alloc(&a->b.network->arena, (size_t)n, sizeof *places, &places);
    if (a->b.status != LW_OK) return -1;
    for (int64_t e = 0; e < n; e++) {
        const int64_t last = end_of(t, i, e / k) - 1, place = first_of(t, i, e / k) + e % k;
        places[e] = place < last ? place : last;
    }
    const lwi_aten_value table =
        lwi_aten_constant(a, LW_INT64, 2, (int64_t[]){t->to[i], k}, places);
    const int y = NODE(a, "Gather", x, lwi_aten_id(a, &table));
    lwi_build_int(&a->b, "axis", 2 + 2 * (int64_t)i);
    return y;
}

/* [N, C, spatial] -> [N, C, outputs, elements of a window] */
static int in_windows(lwi_aten *a, int x, const target *t) {
    int64_t order[2 + 2 * LW_MAX_RANK], dims[LW_MAX_RANK + 3];
    for (size_t i = 0; i < t->n; i++)
        x = windows_of(a, x, t, i);
    order[0] = 0;
    order[1] = 1;
    dims[0] = dims[1] = 0;
    for (size_t i = 0; i < t->n; i++) {
        order[2 + i] = 2 + 2 * (int64_t)i;
        order[2 + t->n + i] = 3 + 2 * (int64_t)i;
        dims[2 + i] = t->to[i];
    }
    dims[2 + t->n] = -1;
    return lwi_aten_reshape(a, lwi_aten_transpose(a, x, 2 + 2 * t->n, order), t->n + 3, dims);
}

/* The places of a plane in their order, as a plane. */
static int places_of(lwi_aten *a, const target *t) {
    int64_t dims[LW_MAX_RANK], count = 1;
    dims[0] = dims[1] = 1;
    for (size_t i = 0; i < t->n; i++) {
        dims[2 + i] = t->from[i];
        count *= t->from[i];
    }
    const lwi_aten_value n = lwi_aten_int(count);
    return lwi_aten_reshape(a, lwi_aten_steps(a, &n, 1), t->n + 2, dims);
}

static void largest(lwi_aten *a, int x, const target *t, lwi_aten_value *out) {
    const int windows = in_windows(a, x, t);
    const int y = NODE(a, "ReduceMax", windows, INTS(a, -1));
    lwi_build_int(&a->b, "keepdims", 0);
    const int which = NODE(a, "ArgMax", windows);
    lwi_build_int(&a->b, "axis", -1);
    const int all =
        NODE(a, "Expand", in_windows(a, places_of(a, t), t), lwi_aten_shape(a, windows));
    const int place = NODE(a, "GatherElements", all, which);
    lwi_build_int(&a->b, "axis", -1);
    lwi_aten_return(a, &out[0], unbatched(a, y, t));
    lwi_aten_return(a, &out[1], unbatched(a, lwi_aten_squeeze(a, place, -1), t));
}

/* self, output_size */
void lwi_aten_adaptive_max_pool(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    target t;
    const int x = read_target(a, in, &t);
    for (size_t i = 0; i < t.n && a->b.status == LW_OK; i++)
        if (t.from[i] < 0)
            lwi_aten_fail(a, LW_UNSUPPORTED, "the windows depend on a size that is not fixed");
    if (2 * t.n + 2 > LW_MAX_RANK) lwi_aten_fail(a, LW_LIMIT, "%zu dimensions", t.n);
    if (a->b.status == LW_OK) largest(a, x, &t, out);
}
