/* SPDX-License-Identifier: MIT
 * Orders of a convolution's weights. In each, an element of the kernel ("tap") has its channels
 * side by side, as the input has them:
 *     direct      [part][group][panel of filters][tap][channel][filter of the panel]
 *     dot         [part][group][filter][tap][channel]
 *     depthwise   [tap][filter]
 *     Winograd    [point][panel of filters][channel][filter of the panel], transformed; or
 *                 [panel of filters][channel][tap][filter of the panel], transformed in the run */
#include "backend/cpu/conv_plan.h"

#include <string.h>

/* Weights of the operator, whose groups are joined into ours. */
typedef struct source {
    const float *w;
    size_t channels, filters, taps; /* in one of the operator's groups */
    size_t channel, filter;         /* from one channel, one filter to the next */
} source;

static source source_of(const lwi_conv_plan *p, const float *w) {
    source s = {.w = w,
                .channels = p->channels / p->joined,
                .filters = p->filters / p->joined,
                .taps = lwi_conv_taps(p->kernel)};
    s.channel = p->transposed ? s.filters * s.taps : s.taps;
    s.filter = p->transposed ? s.taps : s.channels * s.taps;
    return s;
}

/* The first weight of a group of the operator. */
static const float *group_of(const source *s, size_t group) {
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
    const size_t width = panel_width(p);
    return (p->filters + width - 1) / width * width * lwi_conv_taps(part->kernel) * p->channels;
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

/* Groups that are joined are blocks on the diagonal; what is beside them stays zero. */
static void pack_joined(const lwi_conv_plan *p, const source *s, size_t group, size_t tap,
                        size_t panel, float *to) {
    const size_t width = panel_width(p);
    for (size_t i = 0; i < p->joined; i++) {
        const float *w = group_of(s, group * p->joined + i) + tap;
        for (size_t f = 0; f < s->filters; f++)
            for (size_t c = 0; c < s->channels; c++) {
                const size_t filter = i * s->filters + f, channel = i * s->channels + c;
                to[filter / width * panel + channel * width + filter % width] =
                    w[f * s->filter + c * s->channel];
            }
    }
}

static void pack_panels(const lwi_conv_plan *p, const source *s, const lwi_conv_part *part,
                        float *to) {
    const size_t taps = lwi_conv_taps(part->kernel), width = panel_width(p);
    const size_t panel = taps * p->channels * width;
    if (p->joined > 1) memset(to, 0, p->groups * group_floats(p, part) * sizeof *to);
    for (size_t g = 0; g < p->groups; g++, to += group_floats(p, part))
        for (size_t t = 0; t < taps; t++) {
            const size_t tap = tap_of(p, part, t);
            float *at = to + t * p->channels * width;
            if (p->joined > 1 || p->kind == LWI_CONV_DOT) pack_joined(p, s, g, tap, panel, at);
            else
                lwi_cpu_kernels()->pack_f32(group_of(s, g) + tap, s->channel, s->filter,
                                            p->channels, p->filters, at, panel);
        }
}

static void pack_depthwise(const source *s, size_t filters, float *to) {
    for (size_t t = 0; t < s->taps; t++)
        for (size_t f = 0; f < filters; f++)
            to[t * filters + f] = s->w[f * s->taps + t];
}

/* The kernels of one channel and a panel of filters from f on, and zeros where the panel ends. */
static void gather_taps(const lwi_conv_plan *p, const source *s, size_t f, size_t channel,
                        float *to) {
    const size_t width = panel_width(p), n = p->filters - f < width ? p->filters - f : width;
    const float *w = s->w + f * s->filter + channel * s->channel;
    if (n < width) memset(to, 0, 9 * width * sizeof *to);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 9; k++)
            to[k * width + i] = w[i * s->filter + k];
}

static void transform_taps(const lwi_conv_plan *p, lwi_winograd_f32_weights *job, float *to) {
    for (size_t row = 0; row < p->tile + 2; row++) {
        job->row = (int)row;
        job->u = to + row * (p->tile + 2) * job->u_point;
        lwi_conv_winograd_weights(p, job);
    }
}

static void pack_winograd(const lwi_conv_plan *p, const source *s, float *to) {
    enum { MOST = 9 * 64 };
    float taps[MOST];
    const size_t width = panel_width(p), panel = p->channels * width;
    lwi_winograd_f32_weights job = {.w = taps,
                                    .channels = 1,
                                    .width = width,
                                    .u_point = (p->filters + width - 1) / width * panel};
    for (size_t f = 0; f < p->filters; f += width)
        for (size_t c = 0; c < p->channels; c++)
            if (p->in_run) {
                gather_taps(p, s, f, c, to + (f / width * p->channels + c) * 9 * width);
            } else {
                gather_taps(p, s, f, c, taps);
                transform_taps(p, &job, to + f / width * panel + c * width);
            }
}

void lwi_conv_pack(const lwi_conv_plan *p, const float *w, float *packed) {
    const source s = source_of(p, w);
    if (p->kind == LWI_CONV_DEPTHWISE) {
        pack_depthwise(&s, p->groups, packed);
        return;
    }
    if (p->kind == LWI_CONV_WINOGRAD) {
        pack_winograd(p, &s, packed);
        return;
    }
    for (size_t i = 0; i < p->n_parts; i++)
        pack_panels(p, &s, &p->parts[i], packed + p->parts[i].weights);
}
