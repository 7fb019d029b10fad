/* SPDX-License-Identifier: MIT
 * InstanceNormalization, GroupNormalization and MeanVarianceNormalization of float32 with the
 * channels first: groups of planes with one mean and variance each. */
#include "backend/cpu/cpu_backend.h"

#include <math.h>

enum { GRAIN = 1 << 14 }; /* elements that a thread is worth waking for */

typedef struct groups {
    const float *x;
    float *y;
    /* A group has `parts` stretches of n elements, `stride` apart; the next group is n further. */
    size_t count, parts, stride, n;
    size_t groups, members;    /* groups of one batch item, channels of a group */
    const float *scale, *bias; /* [groups * members]; NULL: 1 and 0 */
    double epsilon;            /* of the variance */
    double more;               /* is added to the root */
} groups;

static void moments(const groups *g, const float *x, double *mean, double *variance) {
    lwi_reduce_f32_fn *reduce = lwi_cpu_kernels()->reduce_f32;
    const double n = (double)g->n * (double)g->parts;
    double sum = 0, squares = 0;
    for (size_t p = 0; p < g->parts; p++)
        sum += reduce(LWI_FOLD_SUM, x + p * g->stride, g->n, 0);
    *mean = sum / n;
    for (size_t p = 0; p < g->parts; p++)
        squares += reduce(LWI_FOLD_SUM_SQUARES, x + p * g->stride, g->n, (float)*mean);
    /* The mean was rounded: what the squares have too much is the square of the difference. */
    const double off = *mean - (double)(float)*mean, v = squares / n - off * off;
    *variance = v < 0 ? 0 : v;
}

static void normalize_groups(void *arg, size_t begin, size_t end) {
    const groups *g = arg;
    const size_t inner = g->n / g->members;
    for (size_t i = begin; i < end; i++) {
        double mean, variance;
        const size_t at = i * g->n;
        moments(g, g->x + at, &mean, &variance);
        const double inverse = 1 / (sqrt(variance + g->epsilon) + g->more);
        const double off = mean - (double)(float)mean;
        for (size_t m = 0; m < g->members; m++) {
            const size_t channel = i % g->groups * g->members + m;
            const double factor = g->scale ? inverse * (double)g->scale[channel] : inverse;
            const double term = (g->bias ? (double)g->bias[channel] : 0) - off * factor;
            for (size_t p = 0; p < g->parts; p++) {
                const size_t first = at + p * g->stride + m * inner;
                lwi_cpu_kernels()->affine_f32(g->x + first, inner, (float)mean, (float)factor,
                                              (float)term, g->y + first);
            }
        }
    }
}

static lw_status run_groups(lwi_call *c, groups *g) {
    g->x = c->in[0]->data;
    g->y = c->out[0]->data;
    lwi_parallel(c, g->count, 1 + GRAIN / (g->n * g->parts), normalize_groups, g);
    return LW_OK;
}

/* ------------------------------------------------------ instances and groups */

static lw_status run_channels(lwi_call *c, size_t count) {
    const lw_value *x = c->in[0];
    size_t batch, channels, inner;
    if (x->count == 0) return LW_OK;
    lwi_split_axis(x, 1, &batch, &channels, &inner);
    groups g = {.count = batch * count,
                .parts = 1,
                .n = channels / count * inner,
                .groups = count,
                .members = channels / count,
                .scale = c->in[1]->data,
                .bias = c->in[2]->data,
                .epsilon = (double)lwi_attr_float(c->node, "epsilon", 1e-5f)};
    return run_groups(c, &g);
}

static lw_status run_group(lwi_call *c) {
    return run_channels(c, (size_t)lwi_attr_int(c->node, "num_groups", 1));
}
static lw_status run_instance(lwi_call *c) { return run_channels(c, (size_t)c->in[0]->dims[1]); }

/* Small floats arrive as float32. */
static bool is_float(const lw_value *v) {
    return v->dtype == LW_FLOAT32 || lwi_dtype_is_small_float(v->dtype);
}

static const lwi_kernel *claim(const lwi_call *c, const lwi_kernel *kernel) {
    return is_float(c->in[0]) && is_float(c->in[1]) && is_float(c->in[2]) ? kernel : NULL;
}

/* -------------------------------------------------------------- axes given */

/* The axes are the last ones, from *first on, and maybe the outermost. */
static bool read_axes(const lwi_call *c, int *first, bool *outermost) {
    static const int64_t usual[] = {0, 2, 3};
    const int rank = c->in[0]->rank;
    size_t n = 0;
    uint32_t set = 0;
    const int64_t *axes = lwi_attr_ints(c->node, "axes", &n);
    if (lwi_axes(c, axes ? axes : usual, axes ? n : 3, rank, &set) != LW_OK) return false;
    *first = rank;
    while (*first > 1 && set >> (*first - 1) & 1)
        set ^= 1u << --*first;
    *outermost = set & 1;
    return *first < rank && set >> 1 == 0;
}

static lw_status run_axes(lwi_call *c) {
    const lw_value *x = c->in[0];
    int first = 0;
    bool outermost = false;
    if (x->count == 0) return LW_OK;
    if (!read_axes(c, &first, &outermost))
        return lwi_call_fail(c, LW_INTERNAL, "the axes have changed");
    groups g = {.parts = outermost ? (size_t)x->dims[0] : 1,
                .n = 1,
                .groups = 1,
                .members = 1,
                .more = 1e-9};
    for (int d = first; d < x->rank; d++)
        g.n *= (size_t)x->dims[d];
    g.count = x->count / g.parts / g.n;
    g.stride = g.count * g.n;
    return run_groups(c, &g);
}

const lwi_kernel *lwi_cpu_group_normalization_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_group_normalization_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run_group};
    return claim(c, &kernel);
}

const lwi_kernel *lwi_cpu_instance_normalization_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_instance_normalization_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run_instance};
    return claim(c, &kernel);
}

const lwi_kernel *lwi_cpu_mean_variance_normalization_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_mean_variance_normalization_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run_axes};
    int first;
    bool outermost;
    return is_float(c->in[0]) && read_axes(c, &first, &outermost) ? &kernel : NULL;
}
