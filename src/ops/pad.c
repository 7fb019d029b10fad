/* SPDX-License-Identifier: MIT
 * Pad (ONNX 25): around a tensor come constants, its edge, its mirror image or its repetition.
 * Negative pads cut off. What is cut off is gone before the rest is mirrored or repeated. */
#include "base/checked.h"
#include "ops/window.h"

#include <string.h>

enum { DATA, PADS, VALUE, AXES };
typedef enum mode { CONSTANT, REFLECT, EDGE, WRAP } mode;

static lw_status read_mode(const lwi_call *c, mode *m) {
    static const char *const names[] = {"constant", "reflect", "edge", "wrap"};
    const char *text = lwi_attr_string(c->node, "mode", "constant");
    for (int i = CONSTANT; i <= WRAP; i++)
        if (!strcmp(names[i], text)) {
            *m = (mode)i;
            return LW_OK;
        }
    return lwi_call_fail(c, LW_INVALID, "there is no mode '%s'", text);
}

/* A pad of more than this could overflow where it is negated. */
#define MOST (INT64_MAX / 4)

/* Elements to add before and after each axis. */
typedef struct pads {
    int64_t before[LW_MAX_RANK], after[LW_MAX_RANK];
} pads;

static lw_status read_pads(const lwi_call *c, pads *p) {
    int64_t values[2 * LW_MAX_RANK], axes[LW_MAX_RANK];
    const int rank = c->in[DATA]->rank;
    size_t n = 0, n_axes = (size_t)rank;
    memset(p, 0, sizeof *p);
    LW_TRY(lwi_in_ints(c, PADS, values, 2 * LW_MAX_RANK, &n));
    for (int d = 0; d < rank; d++)
        axes[d] = d;
    if (lwi_has(c, AXES)) LW_TRY(lwi_in_ints(c, AXES, axes, LW_MAX_RANK, &n_axes));
    if (n != 2 * n_axes)
        return lwi_call_fail(c, LW_SHAPE, "pads has %zu elements for %zu axes", n, n_axes);
    uint32_t set = 0;
    LW_TRY(lwi_axes(c, axes, n_axes, rank, &set));
    for (size_t i = 0; i < n_axes; i++) {
        int axis = 0;
        LW_TRY(lwi_axis(c, axes[i], rank, &axis));
        if (values[i] < -MOST || values[n_axes + i] < -MOST)
            return lwi_call_fail(c, LW_RANGE, "the pads of axis %d are out of range", axis);
        p->before[axis] = values[i];
        p->after[axis] = values[n_axes + i];
    }
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[DATA];
    pads p;
    mode m = CONSTANT;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(read_mode(c, &m));
    LW_TRY(read_pads(c, &p));
    for (int d = 0; d < x->rank; d++)
        if (!lwi_add_i64(x->dims[d], p.before[d], &dims[d]) ||
            !lwi_add_i64(dims[d], p.after[d], &dims[d]) || dims[d] < 0)
            return lwi_call_fail(c, LW_RANGE,
                                 "axis %d of %lld elements cannot be padded by "
                                 "%lld and %lld",
                                 d, (long long)x->dims[d], (long long)p.before[d],
                                 (long long)p.after[d]);
    return lwi_out(c, 0, x->dtype, x->rank, dims);
}

/* --------------------------------------------------------------------- run */

enum { OUTSIDE = -1 };

/* Which of n elements stands at place i, which may be outside of [0, n). */
static int64_t source_of(mode m, int64_t i, int64_t n) {
    if (i >= 0 && i < n) return i;
    if (m == CONSTANT) return OUTSIDE;
    if (m == EDGE) return i < 0 ? 0 : n - 1;
    const int64_t period = m == WRAP ? n : 2 * (n - 1);
    if (period == 0) return 0;
    i %= period;
    if (i < 0) i += period;
    return i < n ? i : period - i;
}

static lw_status fill_map(const lwi_call *c, mode m, int64_t dim, int64_t before, int64_t after,
                          int64_t *map) {
    const int64_t cut = before < 0 ? -before : 0;
    const int64_t left = dim - cut + (after < 0 ? after : 0), out = dim + before + after;
    if (left <= 0 && m != CONSTANT)
        return lwi_call_fail(c, LW_SHAPE, "an axis without elements has nothing to repeat");
    for (int64_t i = 0; i < out; i++) {
        const int64_t from = source_of(m, i - (before > 0 ? before : 0), left);
        map[i] = from == OUTSIDE ? OUTSIDE : from + cut;
    }
    return LW_OK;
}

/* Units of a row that come from one place of the input, or are filled. */
typedef struct stretch {
    int64_t at, from, n; /* from: OUTSIDE, or where in the input */
} stretch;

/* Rows lie along `axis`, the last that is padded; what comes after it moves as one unit. */
typedef struct padding {
    const lw_value *x, *y;
    const int64_t *map[LW_MAX_RANK]; /* for each place of the output, the one in the input */
    size_t strides[LW_MAX_RANK];     /* of the input, in bytes */
    int axis;
    stretch *stretches; /* of a row */
    size_t n_stretches;
    size_t unit; /* bytes */
    const char *value;
    size_t value_size;
    bool same_bytes; /* all bytes of the value are the same */
} padding;

static void fill_units(const padding *p, char *to, size_t n) {
    const size_t bytes = n * p->unit;
    if (p->same_bytes) {
        memset(to, p->value[0], bytes);
        return;
    }
    memcpy(to, p->value, p->value_size);
    for (size_t done = p->value_size; done < bytes;) {
        const size_t more = bytes - done < done ? bytes - done : done;
        memcpy(to + done, to, more);
        done += more;
    }
}

/* Most stretches that are not the row itself are single numbers. */
static void copy_stretch(const char *from, char *to, size_t bytes) {
    if (bytes == 4) memcpy(to, from, 4);
    else if (bytes == 8) memcpy(to, from, 8);
    else memcpy(to, from, bytes);
}

/* from is NULL where the whole row is outside. */
static void pad_row(const padding *p, const char *from, char *to) {
    if (!from) {
        fill_units(p, to, (size_t)p->y->dims[p->axis]);
        return;
    }
    for (const stretch *s = p->stretches; s < p->stretches + p->n_stretches; s++) {
        char *part = to + (size_t)s->at * p->unit;
        if (s->from == OUTSIDE) fill_units(p, part, (size_t)s->n);
        else copy_stretch(from + (size_t)s->from * p->unit, part, (size_t)s->n * p->unit);
    }
}

static void pad_rows(void *arg, size_t begin, size_t end) {
    const padding *p = arg;
    const size_t row_bytes = (size_t)p->y->dims[p->axis] * p->unit;
    int64_t place[LW_MAX_RANK];
    lwi_window_index(p->axis, p->y->dims, begin, place);
    for (size_t row = begin; row < end; row++) {
        const char *from = p->x->data;
        for (int d = 0; d < p->axis; d++) {
            const int64_t at = p->map[d][place[d]];
            if (at == OUTSIDE) from = NULL;
            else if (from) from += (size_t)at * p->strides[d];
        }
        pad_row(p, from, (char *)p->y->data + row * row_bytes);
        lwi_window_next(p->axis, p->y->dims, place);
    }
}

static lw_status find_stretches(lwi_call *c, padding *p) {
    const int64_t *map = p->map[p->axis], n = p->y->dims[p->axis];
    LW_TRY(lwi_scratch(c, (size_t)n, sizeof *p->stretches, &p->stretches));
    p->n_stretches = 0;
    for (int64_t i = 0, end; i < n; i = end) {
        end = i + 1;
        while (end < n && map[end] == (map[i] == OUTSIDE ? OUTSIDE : map[i] + (end - i)))
            end++;
        p->stretches[p->n_stretches++] = (stretch){i, map[i], end - i};
    }
    return LW_OK;
}

static lw_status make_maps(lwi_call *c, padding *p) {
    pads amount;
    mode m = CONSTANT;
    LW_TRY(read_mode(c, &m));
    LW_TRY(read_pads(c, &amount));
    for (int d = 0; d < p->x->rank; d++) {
        int64_t *map = NULL;
        if (amount.before[d] || amount.after[d]) p->axis = d;
        LW_TRY(lwi_scratch(c, (size_t)p->y->dims[d], sizeof *map, &map));
        LW_TRY(fill_map(c, m, p->x->dims[d], amount.before[d], amount.after[d], map));
        p->map[d] = map;
    }
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    static const char zeros[16] = {0};
    padding p = {.x = c->in[DATA], .y = c->out[0], .value = zeros};
    if (p.y->count == 0) return LW_OK;
    p.value_size = lwi_dtype_size(p.y->dtype);
    if (lwi_has(c, VALUE)) {
        if (c->in[VALUE]->count != 1)
            return lwi_call_fail(c, LW_SHAPE, "the value has %zu elements", c->in[VALUE]->count);
        p.value = c->in[VALUE]->data;
    }
    if (p.y->rank == 0) {
        memcpy(p.y->data, p.x->data, p.value_size);
        return LW_OK;
    }
    LW_TRY(make_maps(c, &p));
    p.same_bytes = true;
    for (size_t i = 1; i < p.value_size; i++)
        p.same_bytes = p.same_bytes && p.value[i] == p.value[0];
    LW_TRY(find_stretches(c, &p));
    size_t rows, dim;
    lwi_split_axis(p.y, p.axis, &rows, &dim, &p.unit);
    p.unit *= p.value_size;
    if (p.x->count) lwi_strides(p.x->rank, p.x->dims, p.strides);
    for (int d = 0; d < p.x->rank; d++)
        p.strides[d] *= p.value_size;
    lwi_parallel(c, rows, 1 + (1 << 15) / (dim * p.unit), pad_rows, &p);
    return LW_OK;
}

const lwi_op lwi_op_pad = {.infer = infer, .run = run, .flags = LWI_UNPACK};
