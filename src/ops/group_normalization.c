/* SPDX-License-Identifier: MIT
 * GroupNormalization (ONNX 21; Wu and He 2018, arXiv 1803.08494) and InstanceNormalization, which
 * is the same with one channel in a group: each group of channels of each batch item is
 * normalised, then each channel has a scale and a bias. */
#include "ops/moments.h"

#include <math.h>

typedef struct job {
    lwi_call *c;
    size_t channels, groups, inner; /* inner: elements of one channel */
    double epsilon;
} job;

static lw_status infer_common(lwi_call *c) {
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    for (size_t i = 1; i < 3; i++)
        if (c->in[i]->rank != 1 || c->in[i]->dims[0] != c->in[0]->dims[1])
            return lwi_call_fail(c, LW_SHAPE, "input %zu must have shape [%lld]", i,
                                 (long long)c->in[0]->dims[1]);
    return lwi_infer_same(c);
}

static lw_status infer_group(lwi_call *c) {
    const int64_t groups = lwi_attr_int(c->node, "num_groups", 1);
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    if (groups < 1 || c->in[0]->dims[1] % groups)
        return lwi_call_fail(c, LW_SHAPE, "%lld channels cannot be split into %lld groups",
                             (long long)c->in[0]->dims[1], (long long)groups);
    return infer_common(c);
}

static void normalise(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lw_value *const *in = j->c->in;
    const size_t members = j->channels / j->groups;
    for (size_t g = begin; g < end; g++) {
        const size_t at = g * members * j->inner;
        const lwi_moments m = lwi_moments_of(in[0], at, members * j->inner, true);
        const double inverse = 1 / sqrt(m.variance + j->epsilon);
        for (size_t i = 0; i < members; i++) {
            const size_t channel = g % j->groups * members + i;
            lwi_affine(in[0], j->c->out[0], at + i * j->inner, j->inner, m.mean,
                       inverse * lwi_wide(in[1], channel), lwi_wide(in[2], channel));
        }
    }
}

static lw_status run(lwi_call *c, size_t groups) {
    const lw_value *x = c->in[0];
    if (x->count == 0) return LW_OK;
    job j = {.c = c, .groups = groups, .epsilon = lwi_attr_float(c->node, "epsilon", 1e-5f)};
    size_t batch;
    lwi_split_axis(x, 1, &batch, &j.channels, &j.inner);
    lwi_parallel(c, batch * groups, 1 + 16384 / (x->count / (batch * groups)), normalise, &j);
    return LW_OK;
}

static lw_status run_group(lwi_call *c) {
    return run(c, (size_t)lwi_attr_int(c->node, "num_groups", 1));
}
static lw_status run_instance(lwi_call *c) { return run(c, (size_t)c->in[0]->dims[1]); }

const lwi_op lwi_op_group_normalization = {
    .infer = infer_group, .run = run_group, .flags = LWI_WIDEN};
const lwi_op lwi_op_instance_normalization = {
    .infer = infer_common, .run = run_instance, .flags = LWI_WIDEN};
