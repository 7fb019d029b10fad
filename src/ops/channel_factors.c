/* SPDX-License-Identifier: MIT
 * lampwick.ChannelFactors (X [N, ..., C], scale [C], bias [C]; attributes epsilon and num_groups,
 * 0: each channel is a group): two tensors [N, 1, ..., C], so that X * factor + term is what ONNX's
 * InstanceNormalization or GroupNormalization gives. */
#include "ops/channel_factors.h"

#include <math.h>

static lw_status infer(lwi_call *c) {
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    const lw_value *x = c->in[0];
    const int64_t channels = x->dims[x->rank - 1], groups = lwi_attr_int(c->node, "num_groups", 0);
    LW_TRY(lwi_need_shape(c, 1, 1, &channels));
    LW_TRY(lwi_need_shape(c, 2, 1, &channels));
    if (groups < 0 || (groups > 0 && channels % groups))
        return lwi_call_fail(c, LW_SHAPE, "%lld channels cannot be split into %lld groups",
                             (long long)channels, (long long)groups);
    int64_t dims[LW_MAX_RANK];
    for (int d = 0; d < x->rank; d++)
        dims[d] = d == 0 || d == x->rank - 1 ? x->dims[d] : 1;
    LW_TRY(lwi_out(c, 0, x->dtype, x->rank, dims));
    return lwi_out(c, 1, x->dtype, x->rank, dims);
}

lw_status lwi_channel_factors_read(const lwi_call *c, lwi_channel_factors *f) {
    const lw_value *x = c->in[0];
    if (!c->out[0] || !c->out[1]) return lwi_call_fail(c, LW_INVALID, "both outputs are needed");
    *f = (lwi_channel_factors){.batch = (size_t)x->dims[0],
                               .channels = (size_t)x->dims[x->rank - 1],
                               .epsilon = lwi_attr_float(c->node, "epsilon", 1e-5f),
                               .x = x->data,
                               .scale = c->in[1]->data,
                               .bias = c->in[2]->data,
                               .factor = c->out[0]->data,
                               .term = c->out[1]->data};
    const size_t groups = (size_t)lwi_attr_int(c->node, "num_groups", 0);
    f->groups = groups ? groups : f->channels;
    f->pixels = x->count ? x->count / f->batch / f->channels : 0;
    return LW_OK;
}

void lwi_channel_factors_set(const lwi_channel_factors *f, size_t item, const double *sums,
                             const double *squares) {
    const size_t members = f->channels / f->groups;
    for (size_t g = 0; g < f->groups; g++) {
        const size_t first = g * members;
        const double n = (double)f->pixels, all = n * (double)members;
        double mean = 0, variance = 0;
        for (size_t c = first; c < first + members; c++)
            mean += sums[c] / all;
        for (size_t c = first; c < first + members; c++) {
            const double shift = sums[c] / n - mean;
            variance += (squares[c] + n * shift * shift) / all;
        }
        const double inverse = 1 / sqrt(variance + f->epsilon);
        for (size_t c = first; c < first + members; c++) {
            const double factor = inverse * (double)f->scale[c];
            f->factor[item * f->channels + c] = (float)factor;
            f->term[item * f->channels + c] = (float)((double)f->bias[c] - mean * factor);
        }
    }
}

static lw_status run(lwi_call *c) {
    lwi_channel_factors f;
    double *sums = NULL;
    LW_TRY(lwi_channel_factors_read(c, &f));
    LW_TRY(lwi_scratch(c, 2 * f.channels, sizeof *sums, &sums));
    double *squares = sums + f.channels;
    for (size_t item = 0; item < f.batch; item++) {
        const float *x = f.x + item * f.pixels * f.channels;
        for (size_t k = 0; k < f.channels; k++) {
            sums[k] = squares[k] = 0;
            for (size_t p = 0; p < f.pixels; p++)
                sums[k] += (double)x[p * f.channels + k];
            for (size_t p = 0; p < f.pixels; p++) {
                const double d = (double)x[p * f.channels + k] - sums[k] / (double)f.pixels;
                squares[k] += d * d;
            }
        }
        lwi_channel_factors_set(&f, item, sums, squares);
    }
    return LW_OK;
}

const lwi_op lwi_op_channel_factors = {.infer = infer, .run = run};
