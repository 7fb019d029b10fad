/* SPDX-License-Identifier: MIT
 * MeanVarianceNormalization (ONNX 13): (x - mean) / (standard deviation + 1e-9), both taken over
 * the given axes. */
#include "ops/reduce.h"
#include "ops/wide.h"

#include <math.h>

typedef struct job {
    const lw_value *x;
    lw_value *y;
    lwi_reduction plan;
} job;

static lw_status find_axes(const lwi_call *c, uint32_t *set) {
    static const int64_t usual[] = {0, 2, 3};
    size_t n = 0;
    const int64_t *axes = lwi_attr_ints(c->node, "axes", &n);
    return axes ? lwi_axes(c, axes, n, c->in[0]->rank, set)
                : lwi_axes(c, usual, 3, c->in[0]->rank, set);
}

static lw_status infer(lwi_call *c) {
    uint32_t axes = 0;
    LW_TRY(find_axes(c, &axes));
    return lwi_infer_same(c);
}

static void normalise(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lwi_reduction *p = &j->plan;
    for (size_t g = begin; g < end; g++) {
        const size_t base = lwi_offset(g, p->n_kept, p->kept, p->kept_stride);
        double mean = 0, variance = 0;
        for (size_t i = 0; i < p->size; i++)
            mean +=
                lwi_wide(j->x, base + lwi_offset(i, p->n_reduced, p->reduced, p->reduced_stride));
        mean /= (double)p->size;
        for (size_t i = 0; i < p->size; i++) {
            const double d =
                lwi_wide(j->x, base + lwi_offset(i, p->n_reduced, p->reduced, p->reduced_stride)) -
                mean;
            variance += d * d;
        }
        const double scale = 1 / (sqrt(variance / (double)p->size) + 1e-9);
        for (size_t i = 0; i < p->size; i++) {
            const size_t at = base + lwi_offset(i, p->n_reduced, p->reduced, p->reduced_stride);
            lwi_set_wide(j->y, at, (lwi_wide(j->x, at) - mean) * scale);
        }
    }
}

static lw_status run(lwi_call *c) {
    if (c->in[0]->count == 0) return LW_OK;
    uint32_t axes = 0;
    LW_TRY(find_axes(c, &axes));
    job j = {.x = c->in[0], .y = c->out[0]};
    lwi_plan_reduction(&j.plan, c->in[0], axes);
    lwi_parallel(c, j.plan.groups, 1 + 4096 / j.plan.size, normalise, &j);
    return LW_OK;
}

const lwi_op lwi_op_mean_variance_normalization = {.infer = infer, .run = run, .flags = LWI_WIDEN};
