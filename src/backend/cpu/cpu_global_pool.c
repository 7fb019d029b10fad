/* SPDX-License-Identifier: MIT
 * Pooling of whole images. */
#include "backend/cpu/cpu_backend.h"

enum { CHANNELS = 64 }; /* that one thread takes at a time */

typedef struct global {
    const float *x;
    float *y;
    size_t channels, pixels;
    size_t parts; /* of the channels */
} global;

static size_t channels_of(const global *g, size_t part) {
    const size_t left = g->channels - part * CHANNELS;
    return left < CHANNELS ? left : CHANNELS;
}

static void average_parts(void *arg, size_t begin, size_t end) {
    const global *g = arg;
    for (size_t i = begin; i < end; i++) {
        const size_t image = i / g->parts, c = i % g->parts * CHANNELS;
        const size_t n = channels_of(g, i % g->parts);
        float *y = g->y + image * g->channels + c;
        lwi_cpu_kernels()->column_sums_f32(g->x + image * g->pixels * g->channels + c, g->channels,
                                           g->pixels, n, y);
        for (size_t k = 0; k < n; k++)
            y[k] /= (float)g->pixels;
    }
}

static void max_images(void *arg, size_t begin, size_t end) {
    const global *g = arg;
    for (size_t i = begin; i < end; i++) {
        const float *x = g->x + i * g->pixels * g->channels;
        const ptrdiff_t n = (ptrdiff_t)g->pixels;
        const lwi_pool_f32_job job = {.x = &x,
                                      .rows = 1,
                                      .in = n,
                                      .out = 1,
                                      .kernel = n,
                                      .stride = 1,
                                      .dilation = 1,
                                      .channels = g->channels,
                                      .y = g->y + i * g->channels};
        lwi_cpu_kernels()->pool_f32_max(&job);
    }
}

static global global_of(const lwi_call *c) {
    const lw_value *x = c->in[0];
    global g = {.x = x->data, .y = c->out[0]->data, .channels = (size_t)x->dims[x->rank - 1]};
    g.pixels = x->count / c->out[0]->count;
    g.parts = (g.channels + CHANNELS - 1) / CHANNELS;
    return g;
}

static lw_status run_average(lwi_call *c) {
    if (c->out[0]->count == 0) return LW_OK;
    global g = global_of(c);
    lwi_parallel(c, (size_t)c->in[0]->dims[0] * g.parts, 1 + (1 << 11) / g.pixels, average_parts,
                 &g);
    return LW_OK;
}

static lw_status run_max(lwi_call *c) {
    if (c->out[0]->count == 0) return LW_OK;
    global g = global_of(c);
    lwi_parallel(c, (size_t)c->in[0]->dims[0], 1 + (1 << 17) / (g.pixels * g.channels), max_images,
                 &g);
    return LW_OK;
}

/* --------------------------------------------------------- channels first */

/* Sums or maxima of planes [begin, end). */
static void pool_planes(const global *g, size_t begin, size_t end, lwi_fold fold) {
    enum { TOGETHER = 64 };
    double all[TOGETHER];
    for (size_t i = begin; i < end; i += TOGETHER) {
        const size_t n = end - i < TOGETHER ? end - i : TOGETHER;
        lwi_cpu_kernels()->reduce_rows_f32(fold, g->x + i * g->pixels, n, g->pixels, all);
        for (size_t k = 0; k < n; k++)
            g->y[i + k] = (float)(fold == LWI_FOLD_SUM ? all[k] / (double)g->pixels : all[k]);
    }
}

static void average_planes(void *arg, size_t begin, size_t end) {
    pool_planes(arg, begin, end, LWI_FOLD_SUM);
}
static void max_planes(void *arg, size_t begin, size_t end) {
    pool_planes(arg, begin, end, LWI_FOLD_MAX);
}

static lw_status run_planes(lwi_call *c, void (*planes)(void *arg, size_t begin, size_t end)) {
    if (c->out[0]->count == 0) return LW_OK;
    global g = {
        .x = c->in[0]->data, .y = c->out[0]->data, .pixels = c->in[0]->count / c->out[0]->count};
    lwi_parallel(c, c->out[0]->count, 1 + (1 << 16) / g.pixels, planes, &g);
    return LW_OK;
}

static lw_status run_average_first(lwi_call *c) { return run_planes(c, average_planes); }
static lw_status run_max_first(lwi_call *c) { return run_planes(c, max_planes); }

/* ------------------------------------------------------------------ claims */

/* The reference says what is wrong with images without pixels. */
static const lwi_kernel *claim(const lwi_call *c, const lwi_kernel *kernel) {
    return c->in[0]->count ? kernel : NULL;
}

/* Small floats arrive as float32. */
static bool is_float(const lwi_call *c) {
    const lw_dtype dtype = c->in[0]->dtype;
    return dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype);
}

const lwi_kernel *lwi_cpu_global_average_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_global_average_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run_average_first};
    return is_float(c) ? claim(c, &kernel) : NULL;
}

const lwi_kernel *lwi_cpu_global_max_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_global_max_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run_max_first};
    return is_float(c) ? claim(c, &kernel) : NULL;
}

const lwi_kernel *lwi_cpu_last_global_average_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_last_global_average_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run_average};
    return claim(c, &kernel);
}

const lwi_kernel *lwi_cpu_last_global_max_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_last_global_max_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run_max};
    return claim(c, &kernel);
}
