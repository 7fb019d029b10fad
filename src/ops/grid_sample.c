/* SPDX-License-Identifier: MIT
 * GridSample (ONNX 22; com.microsoft has an older form): reads an image or volume at places that a
 * second tensor gives, in [-1, 1] along each axis. For a place, the elements around it and their
 * weights are worked out once and used for all channels. */
#include "ops/grid_sample.h"

#include "ops/window.h"

#include <math.h>
#include <string.h>

typedef struct sample {
    lwi_grid grid;
    lw_dtype dtype; /* of x and y: float32 or float64 */
    const void *x;
    void *y;
} sample;

static double reflect(double x, double low, double high) {
    const double range = high - low;
    if (range <= 0) return 0;
    const double beyond = x < low ? low - x : x > high ? x - high : -1;
    if (beyond < 0) return x;
    const double turns = floor(beyond / range), rest = beyond - turns * range;
    const bool even = fmod(turns, 2) == 0;
    return (x < low) == even ? low + rest : high - rest;
}

/* Moves a coordinate into the image as the padding says. */
static double settle(const lwi_grid *g, double x, int64_t size) {
    if (g->padding == LWI_PAD_BORDER)
        return x < 0 ? 0 : x > (double)size - 1 ? (double)size - 1 : x;
    if (g->padding == LWI_PAD_ZEROS) return x;
    return g->align_corners ? reflect(x, 0, (double)size - 1)
                            : reflect(x, -0.5, (double)size - 0.5);
}

/* Keys' filter with a = -0.75. */
static double cubic(double x) {
    const double a = -0.75;
    x = fabs(x);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

static lwi_grid_axis locate(const lwi_grid *g, double place, int64_t size) {
    lwi_grid_axis t = {{0}, {0}};
    const double far = 1e9;
    double x = g->align_corners ? (place + 1) / 2 * ((double)size - 1)
                                : ((place + 1) * (double)size - 1) / 2;
    if (!(x > -far)) x = -far; /* NaN too */
    if (x > far) x = far;
    if (g->taps == 1) x = nearbyint(x);
    if (g->taps != 4) x = settle(g, x, size); /* cubic: each element by itself, as PyTorch does */
    const double whole = (double)(int64_t)x, base = whole - (whole > x) - (g->taps == 4);
    for (size_t i = 0; i < g->taps; i++) {
        const double at = g->taps == 1 ? x : settle(g, base + (double)i, size);
        const double distance = fabs(base + (double)i - x);
        const bool outside = !(at > -1 && at < (double)size);
        t.index[i] = outside || at < 0 ? 0 : (int64_t)at;
        t.weight[i] = outside        ? 0
                      : g->taps == 1 ? 1
                      : g->taps == 2 ? 1 - distance
                                     : cubic(distance);
    }
    return t;
}

void lwi_grid_locate(const lwi_grid *g, size_t point, lwi_grid_axis axes[LW_MAX_RANK]) {
    for (int d = 0; d < g->rank; d++) /* the grid has x first */
        axes[d] =
            locate(g, lwi_get_double(g->places, (point + 1) * (size_t)g->rank - 1 - (size_t)d),
                   g->dims[d]);
}

void lwi_grid_combine(const lwi_grid *g, const lwi_grid_axis *axes, size_t first, size_t n,
                      size_t *offsets, double *weights) {
    for (size_t i = 0; i < n; i++) {
        size_t rest = first + i, stride = 1;
        offsets[i] = 0;
        weights[i] = 1;
        for (int d = g->rank - 1; d >= 0; d--) {
            const size_t tap = rest & (g->taps - 1); /* 1, 2 or 4: a power of two */
            rest >>= g->taps >> 1;
            offsets[i] += (size_t)axes[d].index[tap] * stride;
            weights[i] *= axes[d].weight[tap];
            stride *= (size_t)g->dims[d];
        }
    }
}

#define GATHER(NAME, T)                                                                            \
    static void NAME(const sample *s, size_t image, size_t point, size_t n, bool add,              \
                     const size_t *offsets, const double *weights) {                               \
        const lwi_grid *g = &s->grid;                                                              \
        for (size_t c = image * g->channels; c < (image + 1) * g->channels; c++) {                 \
            const T *x = (const T *)s->x + c * g->in_size;                                         \
            T *y = (T *)s->y + c * g->points + point, sum = add ? *y : 0;                          \
            for (size_t i = 0; i < n; i++)                                                         \
                if (weights[i] != 0) sum += (T)weights[i] * x[offsets[i]];                         \
            *y = sum;                                                                              \
        }                                                                                          \
    }
GATHER(gather_f32, float)
GATHER(gather_f64, double)

static void sample_points(void *arg, size_t begin, size_t end) {
    const sample *s = arg;
    const lwi_grid *g = &s->grid;
    size_t offsets[LWI_GRID_CHUNK];
    double weights[LWI_GRID_CHUNK];
    for (size_t i = begin; i < end; i++) {
        lwi_grid_axis axes[LW_MAX_RANK];
        lwi_grid_locate(g, i, axes);
        for (size_t first = 0; first < g->all_taps; first += LWI_GRID_CHUNK) {
            const size_t left = g->all_taps - first;
            const size_t n = left < LWI_GRID_CHUNK ? left : LWI_GRID_CHUNK;
            lwi_grid_combine(g, axes, first, n, offsets, weights);
            (s->dtype == LW_FLOAT32 ? gather_f32 : gather_f64)(s, i / g->points, i % g->points, n,
                                                               first > 0, offsets, weights);
        }
    }
}

static lw_status read_mode(const lwi_call *c, lwi_grid *g) {
    const char *mode = lwi_attr_string(c->node, "mode", "linear");
    const char *pads = lwi_attr_string(c->node, "padding_mode", "zeros");
    g->align_corners = lwi_attr_int(c->node, "align_corners", 0) != 0;
    if (!strcmp(mode, "nearest")) g->taps = 1;
    else if (!strcmp(mode, "linear") || !strcmp(mode, "bilinear")) g->taps = 2;
    else if (!strcmp(mode, "cubic") || !strcmp(mode, "bicubic")) g->taps = 4;
    else return lwi_call_fail(c, LW_UNSUPPORTED, "the mode '%.40s' is not known", mode);
    if (!strcmp(pads, "zeros")) g->padding = LWI_PAD_ZEROS;
    else if (!strcmp(pads, "border")) g->padding = LWI_PAD_BORDER;
    else if (!strcmp(pads, "reflection")) g->padding = LWI_PAD_REFLECTION;
    else return lwi_call_fail(c, LW_UNSUPPORTED, "padding_mode '%.40s' is not known", pads);
    return LW_OK;
}

lw_status lwi_grid_read(const lwi_call *c, lwi_grid *g) {
    const lw_value *x = c->in[0], *y = c->out[0];
    *g = (lwi_grid){.rank = x->rank - 2, .channels = (size_t)x->dims[1], .places = c->in[1]};
    LW_TRY(read_mode(c, g));
    if (x->count == 0 && y->count > 0)
        return lwi_call_fail(c, LW_SHAPE, "the images have no elements");
    if (g->rank > 8 && g->taps > 1)
        return lwi_call_fail(c, LW_UNSUPPORTED, "an image of %d dimensions", g->rank);
    memcpy(g->dims, x->dims + 2, (size_t)g->rank * sizeof *g->dims);
    g->in_size = lwi_window_count(g->rank, g->dims);
    g->points = lwi_window_count(g->rank, y->dims + 2);
    g->all_taps = 1;
    for (int d = 0; d < g->rank; d++)
        g->all_taps *= g->taps;
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[0], *grid = c->in[1];
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_need_rank(c, 0, 3, LW_MAX_RANK));
    LW_TRY(lwi_need_rank(c, 1, x->rank, x->rank));
    if (grid->dims[0] != x->dims[0] || grid->dims[x->rank - 1] != x->rank - 2)
        return lwi_call_fail(c, LW_SHAPE,
                             "the grid has %lld images and %lld coordinates, expected "
                             "%lld and %d",
                             (long long)grid->dims[0], (long long)grid->dims[x->rank - 1],
                             (long long)x->dims[0], x->rank - 2);
    memcpy(dims, x->dims, sizeof dims);
    for (int d = 2; d < x->rank; d++)
        dims[d] = grid->dims[d - 1];
    return lwi_out(c, 0, x->dtype, x->rank, dims);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    lw_value *y = c->out[0];
    sample s = {.dtype = x->dtype, .x = x->data, .y = y->data};
    LW_TRY(lwi_grid_read(c, &s.grid));
    if (y->count == 0) return LW_OK;
    if (x->dtype == LW_STRING || x->dtype == LW_COMPLEX64 || x->dtype == LW_COMPLEX128)
        return lwi_call_fail(c, LW_UNSUPPORTED, "images of %s", lw_dtype_name(x->dtype));
    const bool direct = x->dtype == LW_FLOAT32 || x->dtype == LW_FLOAT64;
    void *wide = NULL;
    if (!direct) {
        s.dtype = LW_FLOAT64;
        LW_TRY(lwi_scratch(c, x->count, sizeof(double), &wide));
        LW_TRY(lwi_scratch(c, y->count, sizeof(double), &s.y));
        lwi_convert(&lwi_convert_nearest, x->dtype, x->data, LW_FLOAT64, wide, x->count);
        s.x = wide;
    }
    lwi_parallel(c, (size_t)y->dims[0] * s.grid.points, 1 + 512 / s.grid.channels, sample_points,
                 &s);
    const lwi_conversion cut = {.saturate = true};
    if (!direct) lwi_convert(&cut, LW_FLOAT64, s.y, y->dtype, y->data, y->count);
    return LW_OK;
}

const lwi_op lwi_op_grid_sample = {.infer = infer, .run = run, .flags = LWI_WIDEN};
const lwi_op lwi_op_ms_grid_sample = {.infer = infer, .run = run, .flags = LWI_WIDEN};
