/* SPDX-License-Identifier: MIT
 * Orders of a convolution's weights. In each, an element of the kernel ("tap") has its channels
 * side by side, as the input has them:
 *     direct      [part][group][panel of filters][tap][channel][filter of the panel]
 *     dot         [part][group][filter][tap][channel]
 *     depthwise   [tap][filter]
 *     Winograd    [point][panel of filters][channel][filter of the panel], transformed; or
 *                 [panel of filters][channel][tap][filter of the panel], transformed in the run */
#include "backend/cpu/conv_plan.h"
#include "backend/cpu/drop_denormals.h"
#include "kern/loose_float.h"

#include <string.h>

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }

/* For pack_f32, which takes weights from anywhere. */
static const float *anywhere(const lwi_loose *w) { return (const void *)w; }

/* Weights of the operator, whose groups are joined into ours. */
typedef struct source {
    const lwi_loose *w;
    size_t channels, filters, taps; /* in one of the operator's groups */
    size_t channel, filter;         /* from one channel, one filter to the next */
} source;

static source source_of(const lwi_conv_plan *p, const lwi_loose *w) {
    source s = {.w = w,
                .channels = p->channels / p->joined,
                .filters = p->filters / p->joined,
                .taps = lwi_conv_taps(p->kernel)};
    s.channel = p->transposed ? s.filters * s.taps : s.taps;
    s.filter = p->transposed ? s.taps : s.channels * s.taps;
    return s;
}

/* The first weight of a group of the operator. */
static const lwi_loose *group_of(const source *s, size_t group) {
    return s->w + group * s->channels * s->filters * s->taps;
}

/* Where the tap number `tap` of a part stands in the operator's kernel. */
static size_t tap_of(const lwi_conv_plan *p, const lwi_conv_part *part, size_t tap) {
    int64_t at[3];
    lwi_window_index(3, part->kernel, tap, at);
    size_t place = 0;
    for (int a = 0; a < 3; a++)
        place =
            place * (size_t)p->kernel[a] + (size_t)(part->tap_first[a] + at[a] * part->tap_step[a]);
    return place;
}

static size_t panel_width(const lwi_conv_plan *p) {
    return p->kind == LWI_CONV_DOT ? 1 : lwi_cpu_kernels()->gemm_f32_columns;
}

static size_t group_floats(const lwi_conv_plan *p, const lwi_conv_part *part) {
    const size_t width = panel_width(p), panels = divide_up(p->filters, width);
    if (p->halves) return panels * lwi_f16_panel(p->channels);
    return panels * width * lwi_conv_taps(part->kernel) * p->channels;
}

size_t lwi_conv_packed_floats(lwi_conv_plan *p) {
    if (p->kind == LWI_CONV_DEPTHWISE) return lwi_conv_taps(p->kernel) * p->groups;
    if (p->kind == LWI_CONV_WINOGRAD && !p->in_run)
        return (p->tile + 2) * (p->tile + 2) * group_floats(p, &p->parts[0]) / 9;
    size_t n = 0;
    for (size_t i = 0; i < p->n_parts; i++) {
        p->parts[i].weights = n;
        n += p->groups * group_floats(p, &p->parts[i]);
    }
    return n;
}

/* A task packs some panels of filters. */
typedef struct packing {
    const lwi_conv_plan *plan;
    const lwi_conv_part *part;
    source from;
    const float *scale; /* [filters of all groups] by which weights are multiplied, or NULL */
    float *to;
} packing;

enum { GRAIN = 1 << 15 }; /* floats that are worth a task */

static void scale_rows(const float *scale, size_t n, size_t width, size_t rows, float *panel) {
    if (!scale) return;
    for (size_t r = 0; r < rows; r++, panel += width)
        for (size_t i = 0; i < n; i++)
            panel[i] *= scale[i];
}

/* Groups that are joined are blocks on the diagonal; what is beside them stays zero. */
static void pack_joined(const packing *k, size_t group, size_t tap, size_t panel, float *to) {
    const lwi_conv_plan *p = k->plan;
    const source *s = &k->from;
    const size_t width = panel_width(p);
    for (size_t i = 0; i < p->joined; i++) {
        const size_t ours = group * p->joined + i;
        const lwi_loose *w = group_of(s, ours) + tap;
        for (size_t f = 0; f < s->filters; f++) {
            const float scale = k->scale ? k->scale[ours * s->filters + f] : 1;
            for (size_t c = 0; c < s->channels; c++) {
                const size_t filter = i * s->filters + f, channel = i * s->channels + c;
                to[filter / width * panel + channel * width + filter % width] =
                    w[f * s->filter + c * s->channel] * scale;
            }
        }
    }
}

static void pack_groups(const packing *k) {
    const lwi_conv_plan *p = k->plan;
    const size_t taps = lwi_conv_taps(k->part->kernel), step = p->channels * panel_width(p);
    float *to = k->to;
    if (p->joined > 1) memset(to, 0, p->groups * group_floats(p, k->part) * sizeof *to);
    for (size_t g = 0; g < p->groups; g++, to += group_floats(p, k->part))
        for (size_t t = 0; t < taps; t++)
            pack_joined(k, g, tap_of(p, k->part, t), taps * step, to + t * step);
    lwi_drop_denormals(k->to, p->groups * group_floats(p, k->part));
}

static void pack_panels(void *arg, size_t begin, size_t end) {
    const packing *k = arg;
    const lwi_conv_plan *p = k->plan;
    const source *s = &k->from;
    const size_t taps = lwi_conv_taps(k->part->kernel), width = panel_width(p);
    const size_t step = p->channels * width, panels = divide_up(p->filters, width);
    for (size_t i = begin; i < end; i++) {
        const size_t g = i / panels, f = i % panels * width, n = smaller(width, p->filters - f);
        if (p->halves) {
            const size_t panel = lwi_f16_panel(p->channels);
            lwi_cpu_kernels()->pack_f16(anywhere(s->w + f * s->filter), s->channel, s->filter,
                                        p->channels, n, k->scale ? k->scale + f : NULL,
                                        k->to + i * panel, panel);
            continue;
        }
        float *to = k->to + i * taps * step;
        for (size_t t = 0; t < taps; t++)
            lwi_cpu_kernels()->pack_f32(
                anywhere(group_of(s, g) + f * s->filter + tap_of(p, k->part, t)), s->channel,
                s->filter, p->channels, n, to + t * step, taps * step);
        scale_rows(k->scale ? k->scale + g * p->filters + f : NULL, n, width, taps * p->channels,
                   to);
        lwi_drop_denormals(to, taps * step);
    }
}

static void pack_depthwise(const packing *k) {
    const source *s = &k->from;
    const size_t filters = k->plan->groups;
    for (size_t t = 0; t < s->taps; t++)
        for (size_t f = 0; f < filters; f++)
            k->to[t * filters + f] = s->w[f * s->taps + t] * (k->scale ? k->scale[f] : 1);
    lwi_drop_denormals(k->to, s->taps * filters);
}

/* Channels [first, first + n) of a panel, in the order in which they are transformed. */
static void gather_taps(const packing *k, size_t f, size_t first, size_t n, float *to) {
    const source *s = &k->from;
    const size_t width = panel_width(k->plan), filters = smaller(width, k->plan->filters - f);
    lwi_cpu_kernels()->pack_f32(anywhere(s->w + f * s->filter + first * 9), 1, s->filter, n * 9,
                                filters, to, 0);
    scale_rows(k->scale ? k->scale + f : NULL, filters, width, n * 9, to);
    lwi_drop_denormals(to, n * 9 * width);
}

static void transform_taps(const lwi_conv_plan *p, lwi_winograd_f32_weights *job, float *to) {
    for (size_t row = 0; row < p->tile + 2; row++) {
        job->row = (int)row;
        job->u = to + row * (p->tile + 2) * job->u_point;
        lwi_conv_winograd_weights(p, job);
    }
}

static void pack_winograd(void *arg, size_t begin, size_t end) {
    enum { CHANNELS = 8, WIDEST = 64 };
    float taps[CHANNELS * 9 * WIDEST];
    const packing *k = arg;
    const lwi_conv_plan *p = k->plan;
    const size_t width = panel_width(p), panel = p->channels * width;
    lwi_winograd_f32_weights job = {
        .w = taps, .width = width, .u_point = divide_up(p->filters, width) * panel};
    for (size_t i = begin; i < end; i++) {
        if (p->in_run) {
            gather_taps(k, i * width, 0, p->channels, k->to + i * 9 * panel);
            continue;
        }
        for (size_t c = 0; c < p->channels; c += CHANNELS) {
            job.channels = smaller(CHANNELS, p->channels - c);
            gather_taps(k, i * width, c, job.channels, taps);
            transform_taps(p, &job, k->to + i * panel + c * width);
        }
    }
}

static void pack_part(const lwi_call *call, const lwi_conv_part *part, packing *k) {
    const lwi_conv_plan *p = k->plan;
    const size_t panels = divide_up(p->filters, panel_width(p));
    /* Parts of a transposed convolution may have no taps. */
    const size_t grain =
        1 + GRAIN / (1 + p->channels * panel_width(p) * lwi_conv_taps(part->kernel));
    k->part = part;
    if (p->kind == LWI_CONV_WINOGRAD) lwi_parallel(call, panels, grain, pack_winograd, k);
    else if (p->joined > 1 || p->kind == LWI_CONV_DOT) pack_groups(k);
    else lwi_parallel(call, p->groups * panels, grain, pack_panels, k);
}

void lwi_conv_pack(const lwi_conv_plan *p, const lwi_call *call, const float *w, const float *scale,
                   float *packed) {
    packing k = {.plan = p, .from = source_of(p, w), .scale = scale, .to = packed};
    if (p->kind == LWI_CONV_DEPTHWISE) {
        pack_depthwise(&k);
        return;
    }
    for (size_t i = 0; i < p->n_parts; i++) {
        k.to = packed + p->parts[i].weights;
        pack_part(call, &p->parts[i], &k);
    }
}
