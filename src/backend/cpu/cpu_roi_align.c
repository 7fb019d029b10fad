/* SPDX-License-Identifier: MIT
 * RoiAlign's means of float32: the images are turned so that the channels of an element lie side by
 * side; the weights of a cell's points add up to one for each element that they lie between, and a
 * cell is the weighted mean of those elements. */
#include "backend/cpu/cpu_backend.h"
#include "backend/cpu/turn_f32.h"
#include "ops/work_slots.h"
#include "ops/roi_align.h"

#include <string.h>

enum {
    FEW = 4,               /* channels, for which turning does not pay */
    TAPS = 64,             /* elements that are added at once */
    MOST_WEIGHTS = 1 << 17 /* of all columns of a region */
};

typedef struct running {
    lwi_roi_align a;
    const float *x; /* [images, height, width, channels] */
    size_t channels, height, width, rows, columns;
    lwi_work_slots slots; /* for a region: spans, cells and a row of channels */
} running;

/* The elements [first, end) that a cell's points lie between along an axis, and their weights. */
typedef struct span {
    size_t first, end;
    double *weights; /* [size of the axis] */
} span;

static void fill_span(const lwi_roi_axis *a, size_t cell, span *s) {
    const double points = a->points > 1 ? (double)a->points : 1;
    s->first = (size_t)a->size;
    s->end = 0;
    memset(s->weights, 0, (size_t)a->size * sizeof *s->weights);
    for (int64_t i = 0; i < a->points; i++) {
        const lwi_between b = lwi_roi_point(a, (int64_t)cell, i);
        s->weights[b.low] += b.low_weight / points;
        s->weights[b.high] += b.high_weight / points;
        if ((size_t)b.low < s->first) s->first = (size_t)b.low;
        if ((size_t)b.high >= s->end) s->end = (size_t)b.high + 1;
    }
}

/* Some elements and their weights, to be added to what is in y or to begin it. */
typedef struct taps {
    size_t n, offsets[TAPS];
    float weights[TAPS], *row; /* [channels] of memory */
    bool begun;
} taps;

static void add(const running *r, taps *t, const float *x, float *y) {
    if (t->n == 0) return;
    lwi_cpu_kernels()->blend_f32(x, t->offsets, t->weights, t->n, r->channels,
                                 t->begun ? t->row : y);
    for (size_t c = 0; t->begun && c < r->channels; c++)
        y[c] += t->row[c];
    t->begun = true;
    t->n = 0;
}

static void pool_cell(const running *r, const span *v, const span *h, const float *x, float *row,
                      float *y) {
    taps t = {.row = row};
    for (size_t i = v->first; i < v->end; i++)
        for (size_t j = h->first; j < h->end; j++) {
            const double weight = v->weights[i] * h->weights[j];
            if (weight == 0) continue;
            t.offsets[t.n] = (i * r->width + j) * r->channels;
            t.weights[t.n++] = (float)weight;
            if (t.n == TAPS) add(r, &t, x, y);
        }
    add(r, &t, x, y);
    if (!t.begun) memset(y, 0, r->channels * sizeof *y);
}

/* Bytes of a slot's parts; all but the last are multiples of 8. */
static size_t spans_bytes(const running *r) {
    return r->columns * (sizeof(span) + r->width * sizeof(double)) + r->height * sizeof(double);
}

static void pool_region(const running *r, size_t roi, char *slot) {
    const size_t cells = r->rows * r->columns;
    const size_t image = (size_t)lwi_get_int(r->a.batch, roi);
    const float *x = r->x + image * r->height * r->width * r->channels;
    span v, *h = (span *)slot;
    double *weights = (double *)(h + r->columns);
    float *y = (float *)(slot + spans_bytes(r)), *row = y + cells * r->channels;
    lwi_roi_axis vertical, horizontal;
    lwi_roi_cut(&r->a, roi, &vertical, &horizontal);
    for (size_t j = 0; j < r->columns; j++, weights += r->width) {
        h[j].weights = weights;
        fill_span(&horizontal, j, &h[j]);
    }
    v.weights = weights;
    for (size_t i = 0; i < r->rows; i++) {
        fill_span(&vertical, i, &v);
        for (size_t j = 0; j < r->columns; j++)
            pool_cell(r, &v, &h[j], x, row, y + (i * r->columns + j) * r->channels);
    }
    lwi_cpu_kernels()->transpose_f32(y, r->channels,
                                     (float *)r->a.y->data + roi * r->channels * cells, cells,
                                     cells, r->channels);
}

static void pool_regions(void *arg, size_t begin, size_t end) {
    running *r = arg;
    unsigned slot = 0;
    char *memory = lwi_work_slots_take(&r->slots, &slot);
    for (size_t roi = begin; roi < end; roi++)
        pool_region(r, roi, memory);
    lwi_work_slots_give(&r->slots, slot);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0], *y = c->out[0];
    running r = {.channels = (size_t)y->dims[1],
                 .height = (size_t)x->dims[2],
                 .width = (size_t)x->dims[3],
                 .rows = (size_t)y->dims[2],
                 .columns = (size_t)y->dims[3]};
    float *turned = NULL;
    LW_TRY(lwi_roi_align_read(c, &r.a));
    if (y->count == 0) return LW_OK;
    LW_TRY(lwi_scratch(c, x->count, sizeof *turned, &turned));
    lwi_turn_f32(c, x->data, turned, (size_t)x->dims[0], r.channels, r.height * r.width);
    r.x = turned;
    const size_t cells = r.rows * r.columns;
    LW_TRY(lwi_work_slots_make(c, spans_bytes(&r) + (cells + 1) * r.channels * sizeof(float),
                               &r.slots));
    lwi_parallel(c, (size_t)y->dims[0], 1 + 1024 / (cells * 4), pool_regions, &r);
    return LW_OK;
}

/* Small floats arrive as float32. */
const lwi_kernel *lwi_cpu_roi_align_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_roi_align_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run};
    const lw_dtype dtype = c->in[0]->dtype;
    if (dtype != LW_FLOAT32 && !lwi_dtype_is_small_float(dtype)) return NULL;
    if (c->in[0]->rank != 4 || !c->out[0] || !c->declared[0]) return NULL;
    const int64_t columns = c->out[0]->dims[3], width = c->in[0]->dims[3];
    if (width > MOST_WEIGHTS || columns > MOST_WEIGHTS / (width + 1)) return NULL;
    return c->in[0]->dims[1] >= FEW && !lwi_attr_is(c->node, "mode", "max") ? &kernel : NULL;
}
