/* SPDX-License-Identifier: MIT
 * GridSample (ONNX 22; com.microsoft has an older form): reads an image or volume at places that a
 * second tensor gives, in [-1, 1] along each axis. For a place, the elements around it and their
 * weights are worked out once and used for all channels. */
#include "ops/window.h"

#include <math.h>
#include <string.h>

typedef enum padding { ZEROS, BORDER, REFLECTION } padding;

enum { MAX_TAPS = 4, CHUNK = 64 };

typedef struct sample {
    int rank; /* of the image */
    int64_t dims[LW_MAX_RANK];
    size_t channels, in_size, points;
    size_t taps; /* along each axis: 1 nearest, 2 linear, 4 cubic */
    padding padding;
    bool align_corners;
    lw_dtype dtype; /* of x and y: float32 or float64 */
    const void *x;
    const lw_value *grid;
    void *y;
} sample;

/* Elements along one axis; weight 0 where there is none. */
typedef struct axis_taps {
    int64_t index[MAX_TAPS];
    double weight[MAX_TAPS];
} axis_taps;

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
static double settle(const sample *s, double x, int64_t size) {
    if (s->padding == BORDER) return x < 0 ? 0 : x > (double)size - 1 ? (double)size - 1 : x;
    if (s->padding == ZEROS) return x;
    return s->align_corners ? reflect(x, 0, (double)size - 1)
                            : reflect(x, -0.5, (double)size - 0.5);
}

/* Keys' filter with a = -0.75. */
static double cubic(double x) {
    const double a = -0.75;
    x = fabs(x);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

static axis_taps locate(const sample *s, double place, int64_t size) {
    axis_taps t = {{0}, {0}};
    const double far = 1e9;
    double x = s->align_corners ? (place + 1) / 2 * ((double)size - 1)
                                : ((place + 1) * (double)size - 1) / 2;
    if (!(x > -far)) x = -far; /* NaN too */
    if (x > far) x = far;
    if (s->taps == 1) x = nearbyint(x);
    if (s->taps != 4) x = settle(s, x, size); /* cubic: each element by itself, as PyTorch does */
    const double base = floor(x) - (s->taps == 4);
    for (size_t i = 0; i < s->taps; i++) {
        const double at = s->taps == 1 ? x : settle(s, base + (double)i, size);
        const double distance = fabs(base + (double)i - x);
        const bool outside = !(at > -1 && at < (double)size);
        t.index[i] = outside || at < 0 ? 0 : (int64_t)at;
        t.weight[i] = outside        ? 0
                      : s->taps == 1 ? 1
                      : s->taps == 2 ? 1 - distance
                                     : cubic(distance);
    }
    return t;
}

/* The combinations [first, first + n) of taps of all axes, as offsets and weights. */
static void combine(const sample *s, const axis_taps *axes, size_t first, size_t n, size_t *offsets,
                    double *weights) {
    for (size_t i = 0; i < n; i++) {
        size_t rest = first + i, stride = 1;
        offsets[i] = 0;
        weights[i] = 1;
        for (int d = s->rank - 1; d >= 0; d--) {
            const size_t tap = rest % s->taps;
            rest /= s->taps;
            offsets[i] += (size_t)axes[d].index[tap] * stride;
            weights[i] *= axes[d].weight[tap];
            stride *= (size_t)s->dims[d];
        }
    }
}

#define GATHER(NAME, T)                                                                            \
    static void NAME(const sample *s, size_t image, size_t point, size_t n, bool add,              \
                     const size_t *offsets, const double *weights) {                               \
        for (size_t c = image * s->channels; c < (image + 1) * s->channels; c++) {                 \
            const T *x = (const T *)s->x + c * s->in_size;                                         \
            T *y = (T *)s->y + c * s->points + point, sum = add ? *y : 0;                          \
            for (size_t i = 0; i < n; i++)                                                         \
                if (weights[i] != 0) sum += (T)weights[i] * x[offsets[i]];                         \
            *y = sum;                                                                              \
        }                                                                                          \
    }
GATHER(gather_f32, float)
GATHER(gather_f64, double)

static void sample_points(void *arg, size_t begin, size_t end) {
    const sample *s = arg;
    size_t offsets[CHUNK], all = 1;
    double weights[CHUNK];
    for (int d = 0; d < s->rank; d++)
        all *= s->taps;
    for (size_t i = begin; i < end; i++) {
        axis_taps axes[LW_MAX_RANK];
        for (int d = 0; d < s->rank; d++) /* the grid has x first */
            axes[d] = locate(s, lwi_get_double(s->grid, (i + 1) * (size_t)s->rank - 1 - (size_t)d),
                             s->dims[d]);
        for (size_t first = 0; first < all; first += CHUNK) {
            const size_t n = all - first < CHUNK ? all - first : CHUNK;
            combine(s, axes, first, n, offsets, weights);
            (s->dtype == LW_FLOAT32 ? gather_f32 : gather_f64)(s, i / s->points, i % s->points, n,
                                                               first > 0, offsets, weights);
        }
    }
}

static lw_status read_mode(const lwi_call *c, sample *s) {
    const char *mode = lwi_attr_string(c->node, "mode", "linear");
    const char *pads = lwi_attr_string(c->node, "padding_mode", "zeros");
    s->align_corners = lwi_attr_int(c->node, "align_corners", 0) != 0;
    if (!strcmp(mode, "nearest")) s->taps = 1;
    else if (!strcmp(mode, "linear") || !strcmp(mode, "bilinear")) s->taps = 2;
    else if (!strcmp(mode, "cubic") || !strcmp(mode, "bicubic")) s->taps = 4;
    else return lwi_call_fail(c, LW_UNSUPPORTED, "the mode '%.40s' is not known", mode);
    if (!strcmp(pads, "zeros")) s->padding = ZEROS;
    else if (!strcmp(pads, "border")) s->padding = BORDER;
    else if (!strcmp(pads, "reflection")) s->padding = REFLECTION;
    else return lwi_call_fail(c, LW_UNSUPPORTED, "padding_mode '%.40s' is not known", pads);
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
    sample s = {.rank = x->rank - 2,
                .channels = (size_t)x->dims[1],
                .grid = c->in[1],
                .dtype = x->dtype,
                .x = x->data,
                .y = y->data};
    LW_TRY(read_mode(c, &s));
    if (y->count == 0) return LW_OK;
    if (x->count == 0) return lwi_call_fail(c, LW_SHAPE, "the images have no elements");
    if (s.rank > 8 && s.taps > 1)
        return lwi_call_fail(c, LW_UNSUPPORTED, "an image of %d dimensions", s.rank);
    if (x->dtype == LW_STRING || x->dtype == LW_COMPLEX64 || x->dtype == LW_COMPLEX128)
        return lwi_call_fail(c, LW_UNSUPPORTED, "images of %s", lw_dtype_name(x->dtype));
    memcpy(s.dims, x->dims + 2, (size_t)s.rank * sizeof *s.dims);
    s.in_size = lwi_window_count(s.rank, s.dims);
    s.points = lwi_window_count(s.rank, y->dims + 2);
    const bool direct = x->dtype == LW_FLOAT32 || x->dtype == LW_FLOAT64;
    void *wide = NULL;
    if (!direct) {
        s.dtype = LW_FLOAT64;
        LW_TRY(lwi_scratch(c, x->count, sizeof(double), &wide));
        LW_TRY(lwi_scratch(c, y->count, sizeof(double), &s.y));
        lwi_convert(&lwi_convert_nearest, x->dtype, x->data, LW_FLOAT64, wide, x->count);
        s.x = wide;
    }
    lwi_parallel(c, (size_t)y->dims[0] * s.points, 1 + 512 / s.channels, sample_points, &s);
    const lwi_conversion cut = {.saturate = true};
    if (!direct) lwi_convert(&cut, LW_FLOAT64, s.y, y->dtype, y->data, y->count);
    return LW_OK;
}

const lwi_op lwi_op_grid_sample = {.infer = infer, .run = run, .flags = LWI_WIDEN};
const lwi_op lwi_op_ms_grid_sample = {.infer = infer, .run = run, .flags = LWI_WIDEN};
