/* SPDX-License-Identifier: MIT
 * Resizing with the tables of resize_axis.c. */
#include "ops/resize.h"
#include "ops/window.h"

#include <string.h>

/* ----------------------------------------------------------------- nearest */

typedef struct copy {
    const lwi_resize *resize;
    const char *x;
    char *y;
    size_t element, length; /* of a row of the output */
    size_t strides[LW_MAX_RANK];
    int64_t out[LW_MAX_RANK];
    char fill[16]; /* the extrapolation value */
} copy;

#define GATHER(BYTES)                                                                              \
    case BYTES:                                                                                    \
        for (size_t i = 0; i < s->length; i++)                                                     \
            memcpy(to + i * BYTES, from + (size_t)last->index[i] * BYTES, BYTES);                  \
        break

static void copy_row(const copy *s, const lwi_resize_axis *last, const char *from, char *to) {
    if (last->same) {
        memcpy(to, from, s->length * s->element);
        return;
    }
    switch (s->element) {
        GATHER(1);
        GATHER(2);
        GATHER(4);
        GATHER(8);
    default:
        GATHER(16);
    }
    for (size_t i = 0; last->outside && i < s->length; i++)
        if (last->outside[i]) memcpy(to + i * s->element, s->fill, s->element);
}

static void copy_rows(void *arg, size_t begin, size_t end) {
    const copy *s = arg;
    const lwi_resize *r = s->resize;
    const int outer = r->rank ? r->rank - 1 : 0;
    static const lwi_resize_axis SCALAR = {.same = true};
    int64_t place[LW_MAX_RANK];
    lwi_window_index(outer, s->out, begin, place);
    for (size_t row = begin; row < end; row++) {
        size_t from = 0;
        bool outside = false;
        for (int d = 0; d < outer; d++) {
            const lwi_resize_axis *a = &r->axes[d];
            from += (size_t)(a->same ? place[d] : a->index[place[d]]) * s->strides[d];
            outside |= a->outside && a->outside[place[d]];
        }
        char *to = s->y + row * s->length * s->element;
        if (!outside)
            copy_row(s, r->rank ? &r->axes[outer] : &SCALAR, s->x + from * s->element, to);
        for (size_t i = 0; outside && i < s->length; i++)
            memcpy(to + i * s->element, s->fill, s->element);
        lwi_window_next(outer, s->out, place);
    }
}

lw_status lwi_resize_nearest(lwi_call *c, const lwi_resize *r) {
    const lw_value *x = c->in[0], *y = c->out[0];
    copy s = {.resize = r,
              .x = x->data,
              .y = y->data,
              .element = lwi_dtype_size(x->dtype),
              .length = r->rank ? (size_t)y->dims[r->rank - 1] : 1};
    lwi_strides(x->rank, x->dims, s.strides);
    memcpy(s.out, y->dims, sizeof s.out);
    if (x->dtype != LW_STRING)
        lwi_convert(&lwi_convert_nearest, LW_FLOAT32, &r->extrapolation, x->dtype, s.fill, 1);
    lwi_parallel(c, y->count / s.length, 1 + (1 << 14) / s.length, copy_rows, &s);
    return LW_OK;
}

/* ---------------------------------------------------------------- weighted */

typedef struct pass {
    const lwi_resize_axis *axis;
    const void *x;
    void *y;
    size_t inner;
    double fill;
} pass;

/* Output row i (of `inner` elements) of [outer, out]. */
#define PASS(NAME, T)                                                                              \
    static void NAME(void *arg, size_t begin, size_t end) {                                        \
        const pass *p = arg;                                                                       \
        const lwi_resize_axis *a = p->axis;                                                        \
        for (size_t i = begin; i < end; i++) {                                                     \
            const size_t o = i % (size_t)a->out, outer = i / (size_t)a->out;                       \
            const T *x = (const T *)p->x + outer * (size_t)a->in * p->inner;                       \
            T *y = (T *)p->y + i * p->inner;                                                       \
            const int64_t *index = a->index + o * a->taps;                                         \
            const double *weight = a->weight + o * a->taps;                                        \
            const bool outside = a->outside && a->outside[o];                                      \
            for (size_t k = 0; k < p->inner; k++)                                                  \
                y[k] = outside ? (T)p->fill : 0;                                                   \
            for (size_t t = 0; t < a->taps && !outside; t++) {                                     \
                const T w = (T)weight[t];                                                          \
                const T *from = x + (size_t)index[t] * p->inner;                                   \
                for (size_t k = 0; k < p->inner; k++)                                              \
                    y[k] += w * from[k];                                                           \
            }                                                                                      \
        }                                                                                          \
    }
PASS(pass_f32, float)
PASS(pass_f64, double)

/* Resizes every axis of data, which has the type given; *data becomes the result. */
static lw_status resize_axes(lwi_call *c, const lwi_resize *r, lw_dtype dtype, void **data) {
    int64_t dims[LW_MAX_RANK + 1];
    bool done[LW_MAX_RANK + 1] = {false};
    for (int d = 0; d < r->rank; d++)
        dims[d] = r->axes[d].in;
    for (;;) {
        /* Axes that shrink most come first, so that nothing between is larger than need be. */
        int next = -1;
        for (int d = 0; d < r->rank; d++)
            if (!done[d] && !r->axes[d].same &&
                (next < 0 || r->axes[d].scale < r->axes[next].scale))
                next = d;
        if (next < 0) return LW_OK;
        const lwi_resize_axis *a = &r->axes[next];
        pass p = {.axis = a,
                  .x = *data,
                  .fill = r->extrapolation,
                  .inner = lwi_window_count(r->rank - next - 1, dims + next + 1)};
        const size_t outer = lwi_window_count(next, dims);
        LW_TRY(lwi_scratch(c, outer * (size_t)a->out * p.inner, lwi_dtype_size(dtype), &p.y));
        lwi_parallel(c, outer * (size_t)a->out, 1 + (1 << 13) / (p.inner * a->taps),
                     dtype == LW_FLOAT32 ? pass_f32 : pass_f64, &p);
        *data = p.y;
        dims[next] = a->out;
        done[next] = true;
    }
}

lw_status lwi_resize_weighted(lwi_call *c, const lwi_resize *resize) {
    const lw_value *x = c->in[0];
    lw_value *y = c->out[0];
    lwi_resize r = *resize;
    lw_dtype element = x->dtype, dtype = LW_FLOAT64;
    size_t in = x->count, out = y->count;
    if (element == LW_STRING)
        return lwi_call_fail(c, LW_TYPE, "strings have no means: use the mode 'nearest'");
    if (element == LW_COMPLEX64 || element == LW_COMPLEX128) {
        /* A complex number is a row of two real ones. */
        element = element == LW_COMPLEX64 ? LW_FLOAT32 : LW_FLOAT64;
        r.axes[r.rank++] = (lwi_resize_axis){.in = 2, .out = 2, .same = true};
        in *= 2;
        out *= 2;
    }
    void *data = x->data;
    if (element == LW_FLOAT32) {
        dtype = LW_FLOAT32;
    } else if (element != LW_FLOAT64) {
        LW_TRY(lwi_scratch(c, in, sizeof(double), &data));
        lwi_convert(&lwi_convert_nearest, element, x->data, dtype, data, in);
    }
    LW_TRY(resize_axes(c, &r, dtype, &data));
    lwi_convert(&lwi_convert_nearest, dtype, data, element, y->data, out);
    return LW_OK;
}
