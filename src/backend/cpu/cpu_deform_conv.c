/* SPDX-License-Identifier: MIT
 * DeformConv over images: the input is turned so that the channels of a place lie side by side; the
 * elements between which a place lies and their weights are found once for all channels that move
 * together, and patches of some outputs, [outputs, kernel, channels], are multiplied by the packed
 * weights. */
#include "backend/cpu/cpu_backend.h"
#include "backend/cpu/turn_f32.h"
#include "ops/work_slots.h"
#include "ops/deform_conv.h"

#include <math.h>
#include <string.h>

enum {
    X,
    W,
    OFFSETS,
    BIAS,
    MASK,
    MOST_OUTPUTS = 64,     /* that are computed together: a multiple of the rows of tiles ... */
    PATCH_FLOATS = 1 << 16 /* ... whose patches fit in the second-level cache */
};

typedef struct plan {
    lwi_conv conv;
    size_t offset_groups;
    size_t span;          /* channels of one group that are moved by the same offsets */
    size_t k, group;      /* rows of the packed weights; floats of a group's panels */
    const float *weights; /* in panels; NULL: packed in each run */
    size_t outputs;       /* that are computed together */
} plan;

typedef struct running {
    const plan *p;
    const float *x; /* [batch, in, channels] */
    const float *offsets, *mask, *weights, *bias;
    float *y;
    lwi_work_slots slots; /* for patches and products */
} running;

/* ------------------------------------------------------------------ prepare */

static size_t in_panels(size_t filters) {
    const size_t width = lwi_cpu_kernels()->gemm_f32_columns;
    return (filters + width - 1) / width * width;
}

/* Row (element of the kernel, channel) from [filters, channels, kernel]. */
static void pack(const plan *p, const float *w, float *panels) {
    const lwi_conv *v = &p->conv;
    const size_t width = lwi_cpu_kernels()->gemm_f32_columns;
    for (size_t g = 0; g < v->groups; g++)
        for (size_t tap = 0; tap < v->kernel_size; tap++)
            lwi_cpu_kernels()->pack_f32(
                w + g * v->filters * p->k + tap, v->kernel_size, p->k, v->channels, v->filters,
                panels + g * p->group + tap * v->channels * width, p->k * width);
}

static lw_status pack_constant(void *arg, const lw_value *from, void *to) {
    pack(arg, from->data, to);
    return LW_OK;
}

static lw_status prepare(lwi_call *c) {
    plan *p = NULL;
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    LW_TRY(lwi_deform_shape(c, &p->conv, &p->offset_groups));
    const lwi_conv *v = &p->conv;
    const size_t moved = v->groups * v->channels / p->offset_groups;
    p->span = moved < v->channels ? moved : v->channels;
    p->k = v->channels * v->kernel_size;
    p->group = p->k * in_panels(v->filters);
    p->outputs = PATCH_FLOATS / (p->k + 1);
    if (p->outputs > MOST_OUTPUTS) p->outputs = MOST_OUTPUTS;
    if (p->outputs < 8) p->outputs = 8;
    return lwi_packed(c, W, "deform_conv", v->groups, v->groups * p->group * sizeof(float),
                      pack_constant, p, (const void **)&p->weights);
}

/* --------------------------------------------------------------------- run */

/* Elements with weights. */
typedef struct corners {
    size_t n, offsets[4];
    float weights[4];
} corners;

/* Those around (down, right) that are inside. */
static corners around(const lwi_window *w, float down, float right, size_t channels, float factor) {
    const int64_t height = w->in[0], width = w->in[1];
    corners c = {0};
    if (!(down > -1 && down < (float)height && right > -1 && right < (float)width)) return c;
    const int64_t i = (int64_t)(down + 1) - 1, j = (int64_t)(right + 1) - 1;
    const float low[2] = {1 - (down - (float)i), down - (float)i};
    const float left[2] = {1 - (right - (float)j), right - (float)j};
    for (int64_t a = 0; a < 2; a++)
        for (int64_t b = 0; b < 2; b++) {
            const bool inside = i + a >= 0 && i + a < height && j + b >= 0 && j + b < width;
            if (!inside || low[a] == 0 || left[b] == 0) continue;
            c.offsets[c.n] = (size_t)((i + a) * width + j + b) * channels;
            c.weights[c.n++] = low[a] * left[b] * factor;
        }
    return c;
}

/* The patch of output o of a group: [kernel, channels]. */
static void sample(const running *r, size_t image, size_t group, size_t o, float *patch) {
    const plan *p = r->p;
    const lwi_conv *v = &p->conv;
    const lwi_window *w = &v->window;
    const size_t all = v->groups * v->channels, moved = all / p->offset_groups;
    const float *x = r->x + image * v->in_size * all;
    int64_t place[2], start[2];
    lwi_window_index(2, w->out, o, place);
    lwi_window_start(w, place, start);
    for (size_t tap = 0; tap < v->kernel_size; tap++)
        for (size_t c = 0; c < v->channels; c += p->span, patch += p->span) {
            const size_t channel = group * v->channels + c;
            const size_t row = (image * p->offset_groups + channel / moved) * v->kernel_size + tap;
            const float *offset = r->offsets + row * 2 * v->out_size + o;
            int64_t at[2];
            lwi_window_index(2, w->kernel, tap, at);
            const corners found =
                around(w, (float)(start[0] + at[0] * w->dilation[0]) + offset[0],
                       (float)(start[1] + at[1] * w->dilation[1]) + offset[v->out_size], all,
                       r->mask ? r->mask[row * v->out_size + o] : 1);
            if (found.n == 0) memset(patch, 0, p->span * sizeof *patch);
            else
                lwi_cpu_kernels()->blend_f32(x + channel, found.offsets, found.weights, found.n,
                                             p->span, patch);
        }
}

/* Outputs [first, first + n) of an image and group. */
static void compute(const running *r, size_t image, size_t group, size_t first, size_t n,
                    float *patches) {
    const plan *p = r->p;
    const lwi_conv *v = &p->conv;
    float *products = patches + p->outputs * p->k;
    for (size_t i = 0; i < n; i++)
        sample(r, image, group, first + i, patches + i * p->k);
    const lwi_gemm_f32_job job = {.a = patches,
                                  .a_row = p->k,
                                  .segments = 1,
                                  .length = p->k,
                                  .b = r->weights + group * p->group,
                                  .b_panel = p->k * lwi_cpu_kernels()->gemm_f32_columns,
                                  .y = products,
                                  .y_row = v->filters,
                                  .rows = n,
                                  .columns = v->filters,
                                  .bias = r->bias ? r->bias + group * v->filters : NULL,
                                  .low = -INFINITY,
                                  .high = INFINITY};
    lwi_cpu_kernels()->gemm_f32(&job);
    lwi_cpu_kernels()->transpose_f32(
        products, v->filters, r->y + (image * v->groups + group) * v->filters * v->out_size + first,
        v->out_size, n, v->filters);
}

static void run_blocks(void *arg, size_t begin, size_t end) {
    running *r = arg;
    const plan *p = r->p;
    const lwi_conv *v = &p->conv;
    const size_t blocks = (v->out_size + p->outputs - 1) / p->outputs;
    unsigned slot = 0;
    float *patches = lwi_work_slots_take(&r->slots, &slot);
    for (size_t i = begin; i < end; i++) {
        const size_t first = i % blocks * p->outputs, left = v->out_size - first;
        compute(r, i / blocks / v->groups, i / blocks % v->groups, first,
                left < p->outputs ? left : p->outputs, patches);
    }
    lwi_work_slots_give(&r->slots, slot);
}

static lw_status run(lwi_call *c) {
    const plan *p = c->prepared;
    const lwi_conv *v = &p->conv;
    float *turned = NULL, *weights = NULL;
    if (c->out[0]->count == 0) return LW_OK;
    LW_TRY(lwi_scratch(c, c->in[X]->count, sizeof *turned, &turned));
    lwi_turn_f32(c, c->in[X]->data, turned, v->batch, v->groups * v->channels, v->in_size);
    if (!p->weights) {
        LW_TRY(lwi_scratch(c, v->groups * p->group, sizeof *weights, &weights));
        pack(p, c->in[W]->data, weights);
    }
    running r = {.p = p,
                 .x = turned,
                 .offsets = c->in[OFFSETS]->data,
                 .mask = lwi_has(c, MASK) ? c->in[MASK]->data : NULL,
                 .weights = weights ? weights : p->weights,
                 .bias = lwi_has(c, BIAS) ? c->in[BIAS]->data : NULL,
                 .y = c->out[0]->data};
    LW_TRY(lwi_work_slots_make(c, p->outputs * (p->k + v->filters) * sizeof(float), &r.slots));
    const size_t blocks = (v->out_size + p->outputs - 1) / p->outputs;
    lwi_parallel(c, v->batch * v->groups * blocks, 1 + (1 << 13) / (p->outputs * p->k), run_blocks,
                 &r);
    return LW_OK;
}

/* Small floats arrive as float32. */
const lwi_kernel *lwi_cpu_deform_conv_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_deform_conv_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare, run};
    const lw_dtype dtype = c->in[X]->dtype;
    lwi_conv v;
    size_t offset_groups;
    if (dtype != LW_FLOAT32 && !lwi_dtype_is_small_float(dtype)) return NULL;
    if (c->in[X]->rank != 4 || c->in[X]->count == 0) return NULL;
    if (lwi_deform_shape(c, &v, &offset_groups) != LW_OK) return NULL;
    const size_t moved = v.groups * v.channels / offset_groups;
    if (v.kernel_size == 0 || v.filters == 0) return NULL;
    return moved % v.channels == 0 || v.channels % moved == 0 ? &kernel : NULL;
}
