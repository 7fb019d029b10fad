/* SPDX-License-Identifier: MIT
 * Resize along any axes, channels first or last: a row of the output, along the last axis that
 * changes, is made of one row, the weighted mean of rows of the input (or the nearest one), and its
 * elements are weighted means (or copies) of elements of that. */
#include "backend/cpu/cpu_backend.h"
#include "ops/work_slots.h"
#include "ops/channels_last.h"
#include "ops/resize.h"
#include "ops/window.h"

#include <string.h>

enum {
    INPUTS = 4,
    MOST_ROWS = 256, /* of the input for one of the output */
    WIDE = 16,       /* floats of an element, as far as those of many are done at once */
    SHORT = 64,      /* floats of a row of the output ... */
    LONG = 4096      /* ... and of several that are copied at once */
};

/* The elements of the input that make one of the output, along an axis. */
typedef struct axis {
    size_t out, taps, step; /* step: floats of the input from one element to the next */
    bool same;
    size_t *offsets; /* [out, taps], in floats of the input */
    float *weights;  /* [out, taps] */
} axis;

typedef struct resize {
    bool nearest;
    int outer; /* axes before that of the columns */
    axis axes[LW_MAX_RANK], columns;
    int64_t dims[LW_MAX_RANK]; /* [outer], of the output */
    size_t rows, in, out;      /* rows of the output; floats of a row of the input and output */
    size_t inner;              /* floats of an element of a row */
    lwi_blend_columns_f32_job table; /* where inner is not wide */
} resize;

typedef struct running {
    const resize *r;
    const float *x;
    float *y;
    lwi_work_slots slots; /* for a row of the input's width */
} running;

/* ----------------------------------------------------------------- prepare */

static lw_status fill_axis(lwi_call *c, const lwi_resize_axis *from, size_t step, axis *to) {
    *to = (axis){.out = (size_t)from->out,
                 .taps = from->same ? 1 : from->taps,
                 .step = step,
                 .same = from->same};
    if (from->same) return LW_OK;
    const size_t n = to->out * to->taps;
    LW_TRY(lwi_kept(c, n, sizeof *to->offsets, &to->offsets));
    LW_TRY(lwi_kept(c, n, sizeof *to->weights, &to->weights));
    for (size_t i = 0; i < n; i++) {
        to->offsets[i] = (size_t)from->index[i] * step;
        to->weights[i] = from->weight ? (float)from->weight[i] : 1;
    }
    return LW_OK;
}

/* The least and the greatest place of the row that block b of n columns is made of. */
static void block_range(const resize *r, const lwi_resize_axis *from, size_t first, size_t n,
                        size_t *low, size_t *high) {
    *low = SIZE_MAX;
    *high = 0;
    for (size_t o = first; o < first + n; o++)
        for (size_t t = 0; t < from->taps; t++) {
            const size_t at =
                (size_t)from->index[o / r->inner * from->taps + t] * r->inner + o % r->inner;
            if (at < *low) *low = at;
            if (at > *high) *high = at;
        }
}

static lw_status fill_table(lwi_call *c, const lwi_resize_axis *from, resize *r) {
    const size_t width = lwi_cpu_kernels()->blend_columns_f32_block, taps = from->taps;
    const size_t blocks = (r->out + width - 1) / width;
    int32_t *index, *starts;
    float *weights = NULL;
    uint8_t *near;
    LW_TRY(lwi_kept(c, blocks * width * taps, sizeof *index, &index));
    LW_TRY(lwi_kept(c, blocks, sizeof *starts, &starts));
    LW_TRY(lwi_kept(c, blocks, sizeof *near, &near));
    if (from->weight) LW_TRY(lwi_kept(c, blocks * width * taps, sizeof *weights, &weights));
    for (size_t b = 0; b < blocks; b++) {
        const size_t left = r->out - b * width, n = left < width ? left : width;
        size_t low, high;
        block_range(r, from, b * width, n, &low, &high);
        near[b] = high - low < 2 * width && r->in >= 2 * width;
        if (near[b] && low > r->in - 2 * width) low = r->in - 2 * width;
        starts[b] = (int32_t)low;
        for (size_t t = 0; t < taps; t++)
            for (size_t i = 0; i < n; i++) {
                const size_t o = b * width + i, to = (b * taps + t) * width + i;
                const size_t entry = o / r->inner * taps + t;
                const size_t at = (size_t)from->index[entry] * r->inner + o % r->inner;
                index[to] = (int32_t)(at - low);
                if (weights) weights[to] = (float)from->weight[entry];
            }
    }
    r->table = (lwi_blend_columns_f32_job){.n = r->out,
                                           .taps = taps,
                                           .index = index,
                                           .weights = weights,
                                           .starts = starts,
                                           .near = near};
    return LW_OK;
}

/* The axes as they lie in memory, and the number of the last one that changes. */
static int order_axes(const lwi_resize *all, bool last, const lwi_resize_axis **axes) {
    int changing = all->rank - 1;
    for (int d = 0; d < all->rank; d++)
        axes[d] = &all->axes[!last || d == 0 ? d : d == all->rank - 1 ? 1 : d + 1];
    while (changing > 0 && axes[changing]->same)
        changing--;
    return axes[changing]->same ? all->rank - 1 : changing;
}

/* Two neighbouring axes as one. */
static lw_status join_axes(lwi_call *c, const lwi_resize_axis *a, const lwi_resize_axis *b,
                           lwi_resize_axis *both) {
    *both = (lwi_resize_axis){.in = a->in * b->in, .out = a->out * b->out, .taps = 1};
    LW_TRY(lwi_scratch(c, (size_t)both->out, sizeof *both->index, &both->index));
    for (int64_t o = 0; o < both->out; o++) {
        const int64_t i = o / b->out, k = o % b->out;
        both->index[o] = (a->same ? i : a->index[i]) * b->in + (b->same ? k : b->index[k]);
    }
    return LW_OK;
}

/* The axis of the columns; where its rows are short and copied, together with axes before it. */
static lw_status find_columns(lwi_call *c, const lwi_resize_axis **axes, resize *r,
                              lwi_resize_axis *columns) {
    *columns = *axes[r->outer];
    while (r->nearest && r->outer > 0 && !columns->same && columns->out > 0 &&
           columns->out * (int64_t)r->inner < SHORT &&
           axes[r->outer - 1]->out <= LONG / (columns->out * (int64_t)r->inner)) {
        const lwi_resize_axis inner = *columns;
        LW_TRY(join_axes(c, axes[--r->outer], &inner, columns));
    }
    return LW_OK;
}

static lw_status fill(lwi_call *c, const lwi_resize *all, bool last, resize *r) {
    const lwi_resize_axis *axes[LW_MAX_RANK];
    lwi_resize_axis joined, *const columns = &joined;
    r->nearest = all->mode == LWI_NEAREST;
    r->outer = order_axes(all, last, axes);
    r->rows = r->inner = 1;
    for (int d = all->rank - 1; d > r->outer; d--)
        r->inner *= (size_t)axes[d]->in;
    LW_TRY(find_columns(c, axes, r, &joined));
    r->in = (size_t)columns->in * r->inner;
    r->out = (size_t)columns->out * r->inner;
    size_t step = r->in;
    for (int d = r->outer - 1; d >= 0; d--) {
        LW_TRY(fill_axis(c, axes[d], step, &r->axes[d]));
        step *= (size_t)axes[d]->in;
        r->dims[d] = axes[d]->out;
        r->rows *= r->axes[d].out;
    }
    if (columns->same || r->inner >= WIDE) return fill_axis(c, columns, r->inner, &r->columns);
    return fill_table(c, columns, r);
}

static lw_status prepare(lwi_call *c, bool last) {
    lwi_channels_first first;
    lwi_resize all;
    resize *r = NULL;
    if (last) LW_TRY(lwi_channels_first_call(c, INPUTS, &first));
    LW_TRY(lwi_resize_read(last ? &first.call : c, &all));
    LW_TRY(lwi_prepare(c, sizeof *r, &r));
    return fill(c, &all, last, r);
}

/* --------------------------------------------------------------------- run */

/* Rows of the input that make one of the output, as offsets in floats and weights. */
typedef struct sources {
    size_t n;
    size_t offsets[MOST_ROWS];
    float weights[MOST_ROWS];
} sources;

/* Each of `from` becomes what the axis makes of it at place i; to may be from. */
static void spread(const sources *from, const axis *a, size_t i, sources *to) {
    const size_t n = from->n, taps = a->same ? 1 : a->taps;
    for (size_t t = taps; t-- > 0;) {
        const size_t offset = a->same ? i * a->step : a->offsets[i * taps + t];
        const float weight = a->same ? 1 : a->weights[i * taps + t];
        for (size_t k = 0; k < n; k++) {
            to->offsets[t * n + k] = from->offsets[k] + offset;
            to->weights[t * n + k] = from->weights[k] * weight;
        }
    }
    to->n = n * taps;
}

static void make_columns(const resize *r, const float *x, float *y) {
    const axis *a = &r->columns;
    if (r->table.index) {
        lwi_cpu_kernels()->blend_columns_f32(&r->table, x, y);
        return;
    }
    if (a->same) {
        memcpy(y, x, r->out * sizeof *y);
        return;
    }
    lwi_blend_f32_fn *blend = lwi_cpu_kernels()->blend_f32;
    for (size_t i = 0; i < a->out; i++, y += r->inner)
        if (r->nearest) memcpy(y, x + a->offsets[i], r->inner * sizeof *y);
        else blend(x, a->offsets + i * a->taps, a->weights + i * a->taps, a->taps, r->inner, y);
}

static void run_rows(void *arg, size_t begin, size_t end) {
    running *run = arg;
    const resize *r = run->r;
    const int last = r->outer - 1; /* of the axes before the columns'; -1: there are none */
    sources outer, rows;
    size_t before = SIZE_MAX;
    int64_t at[LW_MAX_RANK];
    unsigned slot = 0;
    float *mean = lwi_work_slots_take(&run->slots, &slot);
    lwi_window_index(r->outer, r->dims, begin, at);
    for (size_t i = begin; i < end; i++) {
        float *y = run->y + i * r->out;
        if (i == begin || (last >= 0 && at[last] == 0)) {
            outer.n = 1;
            outer.offsets[0] = 0;
            outer.weights[0] = 1;
            for (int d = 0; d < last; d++)
                spread(&outer, &r->axes[d], (size_t)at[d], &outer);
        }
        if (last < 0) rows = outer;
        else spread(&outer, &r->axes[last], (size_t)at[last], &rows);
        if (rows.n == 1) {
            /* The nearest row is often that of the row before. */
            if (rows.offsets[0] == before) memcpy(y, y - r->out, r->out * sizeof *y);
            else make_columns(r, run->x + rows.offsets[0], y);
            before = rows.offsets[0];
        } else {
            float *to = r->columns.same ? y : mean;
            lwi_cpu_kernels()->blend_f32(run->x, rows.offsets, rows.weights, rows.n, r->in, to);
            if (to != y) make_columns(r, to, y);
        }
        lwi_window_next(r->outer, r->dims, at);
    }
    lwi_work_slots_give(&run->slots, slot);
}

/* Codes of 8 bits become floats, and floats codes. */
typedef struct codes {
    lwi_cast_fn *widen;
    lwi_coding coding;
    const uint8_t *x;
    uint8_t *y;
    float *wide_x, *wide_y;
} codes;

static void widen_codes(void *arg, size_t begin, size_t end) {
    const codes *k = arg;
    (void)k->widen(k->x + begin, k->wide_x + begin, end - begin); /* all of them */
}

static void round_codes(void *arg, size_t begin, size_t end) {
    const codes *k = arg;
    lwi_cpu_kernels()->quantize_f32(k->wide_y + begin, end - begin, 1, &k->coding, k->y + begin);
}

static lw_status open_codes(lwi_call *c, codes *k, running *run) {
    const lw_value *x = c->in[0];
    const bool is_signed = x->dtype == LW_INT8;
    *k = (codes){.widen =
                     is_signed ? lwi_cpu_kernels()->cast_i8_f32 : lwi_cpu_kernels()->cast_u8_f32,
                 .coding = {is_signed ? -128 : 0, is_signed ? 127 : 255, 0},
                 .x = x->data,
                 .y = c->out[0]->data};
    LW_TRY(lwi_scratch(c, x->count, sizeof(float), &k->wide_x));
    LW_TRY(lwi_scratch(c, c->out[0]->count, sizeof(float), &k->wide_y));
    lwi_parallel(c, x->count, 1 << 16, widen_codes, k);
    run->x = k->wide_x;
    run->y = k->wide_y;
    return LW_OK;
}

static bool has_codes(const lwi_call *c) {
    return c->in[0]->dtype == LW_UINT8 || c->in[0]->dtype == LW_INT8;
}

static lw_status run(lwi_call *c) {
    const resize *r = c->prepared;
    if (c->out[0]->count == 0) return LW_OK;
    running run = {.r = r, .x = c->in[0]->data, .y = c->out[0]->data};
    codes k;
    if (has_codes(c)) LW_TRY(open_codes(c, &k, &run));
    LW_TRY(lwi_work_slots_make(c, r->nearest ? 0 : r->in * sizeof(float), &run.slots));
    lwi_parallel(c, r->rows, 1 + (1 << 15) / (r->in + r->out), run_rows, &run);
    if (has_codes(c)) lwi_parallel(c, c->out[0]->count, 1 << 16, round_codes, &k);
    return LW_OK;
}

/* The taps of an axis are counted when its tables are made; here they are bounded. */
static bool few_rows(const lwi_call *c, const lwi_resize *r) {
    const char *mode = lwi_attr_string(c->node, "mode", "nearest");
    const bool nearest = !strcmp(mode, "nearest"),
               antialias = lwi_attr_int(c->node, "antialias", 0);
    const double reach = !strcmp(mode, "cubic") ? 2 : 1;
    double rows = 1, last = 1;
    for (int d = 0; d < r->rank; d++) {
        const lwi_resize_axis *a = &r->axes[d];
        const double shrink = antialias && a->scale < 1 ? a->scale : 1;
        if (a->same || nearest) continue;
        rows *= last; /* that of the columns does not count */
        last = 2 * (reach / shrink + 1);
    }
    return rows <= MOST_ROWS;
}

/* Regions that come from data are rare. */
static bool fits(const lwi_call *c) {
    lwi_resize r;
    const lw_value *x = c->in[0];
    if (x->rank < 1 || x->count == 0 || x->count > INT32_MAX) return false;
    return lwi_resize_shape(c, &r) == LW_OK && few_rows(c, &r) &&
           !lwi_attr_is(c->node, "coordinate_transformation_mode", "tf_crop_and_resize");
}

static lw_status prepare_first(lwi_call *c) { return prepare(c, false); }
static lw_status prepare_last(lwi_call *c) { return prepare(c, true); }

/* Small floats arrive as float32. */
const lwi_kernel *lwi_cpu_resize_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_resize_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_first, run};
    const lw_dtype dtype = c->in[0]->dtype;
    const bool means = !lwi_attr_is(c->node, "mode", "nearest") && lwi_node_attr(c->node, "mode");
    if (dtype != LW_FLOAT32 && !lwi_dtype_is_small_float(dtype) && !(means && has_codes(c)))
        return NULL;
    return fits(c) ? &kernel : NULL;
}

const lwi_kernel *lwi_cpu_last_resize_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_last_resize_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_last, run};
    lwi_channels_first first;
    lwi_resize r;
    if (lwi_channels_first_call(c, INPUTS, &first) != LW_OK) return NULL;
    if (!fits(&first.call)) return NULL;
    /* Channels or images that are resized are rare. */
    return lwi_resize_shape(&first.call, &r) == LW_OK && r.axes[0].same && r.axes[1].same ? &kernel
                                                                                          : NULL;
}
