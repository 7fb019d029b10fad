/* SPDX-License-Identifier: MIT
 * Resize with the channels last, along one or two spatial axes: each row of the output is a
 * weighted mean of rows of the input, of which its pixels are weighted means; or copies of the
 * nearest. */
#include "backend/cpu/cpu_backend.h"
#include "backend/cpu/work_slots.h"
#include "ops/channels_last.h"
#include "ops/resize.h"

#include <string.h>

enum { ROWS, COLUMNS, INPUTS = 4 };

/* The elements of the input that make one of the output, along an axis. */
typedef struct axis {
    size_t in, out, taps;
    bool same;
    size_t *offsets; /* [out, taps], in floats of the input */
    float *weights;  /* [out, taps] */
} axis;

typedef struct resize {
    bool nearest;
    size_t batch, channels;
    axis axes[2];
} resize;

typedef struct running {
    const resize *r;
    const float *x;
    float *y;
    lwi_work_slots slots; /* for a row of the input's width */
} running;

/* ----------------------------------------------------------------- prepare */

static size_t entries(const lwi_resize_axis *a) { return a->same ? 0 : (size_t)a->out * a->taps; }

/* Copies an axis of the operator's description; step: floats from one element to the next. */
static void fill_axis(const lwi_resize_axis *from, size_t step, char **memory, axis *to) {
    *to = (axis){.in = (size_t)from->in,
                 .out = (size_t)from->out,
                 .taps = from->same ? 1 : from->taps,
                 .same = from->same};
    to->offsets = (size_t *)*memory;
    to->weights = (float *)(to->offsets + entries(from));
    *memory = (char *)(to->weights + entries(from) + entries(from) % 2);
    for (size_t i = 0; i < entries(from); i++) {
        to->offsets[i] = (size_t)from->index[i] * step;
        to->weights[i] = from->weight ? (float)from->weight[i] : 1;
    }
}

static lw_status prepare(lwi_call *c) {
    lwi_channels_first first;
    lwi_resize all;
    LW_TRY(lwi_channels_first_call(c, INPUTS, &first));
    LW_TRY(lwi_resize_read(&first.call, &all));
    static const lwi_resize_axis ONE = {.in = 1, .out = 1, .same = true};
    const lwi_resize_axis *rows = all.rank == 4 ? &all.axes[2] : &ONE;
    const lwi_resize_axis *columns = &all.axes[all.rank - 1];
    const size_t n = entries(rows) + entries(columns) + 2;
    resize *r = NULL;
    LW_TRY(lwi_prepare(c, sizeof *r + n * (sizeof(size_t) + sizeof(float)), &r));
    r->nearest = all.mode == LWI_NEAREST;
    r->batch = (size_t)all.axes[0].in;
    r->channels = (size_t)all.axes[1].in;
    char *memory = (char *)(r + 1);
    fill_axis(rows, (size_t)columns->in * r->channels, &memory, &r->axes[ROWS]);
    fill_axis(columns, r->channels, &memory, &r->axes[COLUMNS]);
    return LW_OK;
}

/* --------------------------------------------------------------------- run */

static void nearest_row(const resize *r, const float *x, float *y) {
    const axis *a = &r->axes[COLUMNS];
    const size_t bytes = r->channels * sizeof *y;
    if (a->same) {
        memcpy(y, x, a->in * bytes);
        return;
    }
    for (size_t i = 0; i < a->out; i++, y += r->channels)
        memcpy(y, x + a->offsets[i], bytes);
}

/* x: the image; mean: memory for a row. */
static void mean_row(const resize *r, const float *x, size_t row, float *mean, float *y) {
    const axis *rows = &r->axes[ROWS], *columns = &r->axes[COLUMNS];
    lwi_blend_f32_fn *blend = lwi_cpu_kernels()->blend_f32;
    const size_t width = columns->in * r->channels;
    if (rows->same) {
        mean = (float *)x + row * width;
    } else {
        if (columns->same) mean = y;
        blend(x, rows->offsets + row * rows->taps, rows->weights + row * rows->taps, rows->taps,
              width, mean);
    }
    if (columns->same) {
        if (mean != y) memcpy(y, mean, width * sizeof *y);
        return;
    }
    for (size_t i = 0; i < columns->out; i++, y += r->channels)
        blend(mean, columns->offsets + i * columns->taps, columns->weights + i * columns->taps,
              columns->taps, r->channels, y);
}

static void run_rows(void *arg, size_t begin, size_t end) {
    running *run = arg;
    const resize *r = run->r;
    const axis *rows = &r->axes[ROWS], *columns = &r->axes[COLUMNS];
    const size_t in = columns->in * r->channels, out = columns->out * r->channels;
    unsigned slot = 0;
    float *mean = lwi_work_slots_take(&run->slots, &slot);
    for (size_t i = begin; i < end; i++) {
        const size_t row = i % rows->out;
        const float *x = run->x + i / rows->out * rows->in * in;
        float *y = run->y + i * out;
        if (!r->nearest) {
            mean_row(r, x, row, mean, y);
            continue;
        }
        const size_t from = rows->same ? row * in : rows->offsets[row];
        if (i > begin && row > 0 && !rows->same && from == rows->offsets[row - 1])
            memcpy(y, y - out, out * sizeof *y);
        else nearest_row(r, x + from, y);
    }
    lwi_work_slots_give(&run->slots, slot);
}

static lw_status run(lwi_call *c) {
    const resize *r = c->prepared;
    if (c->out[0]->count == 0) return LW_OK;
    running run = {.r = r, .x = c->in[0]->data, .y = c->out[0]->data};
    const size_t in = r->axes[COLUMNS].in * r->channels, out = r->axes[COLUMNS].out * r->channels;
    LW_TRY(lwi_work_slots_make(c, r->nearest ? 0 : in * sizeof(float), &run.slots));
    lwi_parallel(c, r->batch * r->axes[ROWS].out, 1 + (1 << 15) / out, run_rows, &run);
    return LW_OK;
}

/* Images, rows or channels that are resized, and regions that come from data, are rare. */
static bool fits(const lwi_call *c) {
    lwi_channels_first first;
    lwi_resize r;
    if (c->in[0]->rank < 3 || c->in[0]->rank > 4 || c->in[0]->count == 0) return false;
    if (lwi_channels_first_call(c, INPUTS, &first) != LW_OK) return false;
    if (lwi_resize_shape(&first.call, &r) != LW_OK) return false;
    return r.axes[0].same && r.axes[1].same &&
           !lwi_attr_is(c->node, "coordinate_transformation_mode", "tf_crop_and_resize");
}

const lwi_kernel *lwi_cpu_last_resize_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_last_resize_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare, run};
    return fits(c) ? &kernel : NULL;
}
