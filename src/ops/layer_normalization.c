/* SPDX-License-Identifier: MIT
 * LayerNormalization (ONNX 17; Ba et al. 2016, arXiv 1607.06450) and RMSNormalization (ONNX 23;
 * Zhang and Sennrich 2019, arXiv 1910.07467): the elements from an axis on are normalised together,
 * then scaled (and shifted) by tensors that are broadcast. */
#include "ops/broadcast.h"
#include "ops/moments.h"

#include <math.h>

typedef struct job {
    lwi_call *c;
    lwi_broadcast_plan plan; /* of scale and bias under the shape of x */
    size_t n;                /* elements normalised together */
    double epsilon;
    bool centre;
} job;

static lw_status find_axis(const lwi_call *c, int *axis) {
    LW_TRY(lwi_need_rank(c, 0, 1, LW_MAX_RANK));
    return lwi_axis(c, lwi_attr_int(c->node, "axis", -1), c->in[0]->rank, axis);
}

/* Scale and bias must not make the output larger than x. */
static lw_status check_broadcast(const lwi_call *c) {
    int rank = 0;
    int64_t dims[LW_MAX_RANK];
    const lw_value *x = c->in[0];
    LW_TRY(lwi_broadcast(c, 0, c->n_in, &rank, dims));
    for (int d = 0; d < rank; d++)
        if (rank != x->rank || dims[d] != x->dims[d])
            return lwi_call_fail(c, LW_SHAPE, "scale and bias must broadcast to the input's shape");
    return LW_OK;
}

static lw_status infer_rms(lwi_call *c) {
    int axis = 0;
    LW_TRY(find_axis(c, &axis));
    LW_TRY(check_broadcast(c));
    return lwi_out(c, 0, c->in[1]->dtype, c->in[0]->rank, c->in[0]->dims);
}

/* SimplifiedLayerNormalization is RMSNormalization with the inverse as a second output. */
static lw_status infer_simplified(lwi_call *c) {
    int axis = 0;
    LW_TRY(infer_rms(c));
    LW_TRY(find_axis(c, &axis));
    const lw_value *x = c->in[0];
    int64_t dims[LW_MAX_RANK];
    for (int d = 0; d < x->rank; d++)
        dims[d] = d < axis ? x->dims[d] : 1;
    return lwi_out(c, 1, LW_FLOAT32, x->rank, dims);
}

static lw_status infer_layer(lwi_call *c) {
    int axis = 0;
    LW_TRY(find_axis(c, &axis));
    LW_TRY(check_broadcast(c));
    const int64_t stash = lwi_attr_int(c->node, "stash_type", LW_FLOAT32);
    if (stash != LW_FLOAT32 && stash != LW_BFLOAT16)
        return lwi_call_fail(c, LW_INVALID, "stash_type %lld is not float32 or bfloat16",
                             (long long)stash);
    const lw_value *x = c->in[0];
    int64_t dims[LW_MAX_RANK];
    for (int d = 0; d < x->rank; d++)
        dims[d] = d < axis ? x->dims[d] : 1;
    LW_TRY(lwi_out_like(c, 0, x));
    LW_TRY(lwi_out(c, 1, (lw_dtype)stash, x->rank, dims));
    return lwi_out(c, 2, (lw_dtype)stash, x->rank, dims);
}

#define SCALE_ROW(NAME, T, S)                                                                      \
    static void NAME(const job *j, const lwi_rows *r, double mean, double inverse) {               \
        const T *x = (const T *)j->c->in[0]->data + r->out;                                        \
        const S *scale = (const S *)j->c->in[1]->data + r->at[0];                                  \
        const S *bias = j->plan.n > 1 ? (const S *)j->c->in[2]->data + r->at[1] : NULL;            \
        S *y = (S *)j->c->out[0]->data + r->out;                                                   \
        const T m = (T)mean, inv = (T)inverse;                                                     \
        const size_t a = r->step[0], b = r->step[1];                                               \
        if (!bias && a == 1)                                                                       \
            for (size_t i = 0; i < r->n; i++)                                                      \
                y[i] = (S)((x[i] - m) * inv) * scale[i];                                           \
        else if (a == 1 && b == 1)                                                                 \
            for (size_t i = 0; i < r->n; i++)                                                      \
                y[i] = (S)((x[i] - m) * inv) * scale[i] + bias[i];                                 \
        else                                                                                       \
            for (size_t i = 0; i < r->n; i++)                                                      \
                y[i] = (S)((x[i] - m) * inv) * scale[i * a] + (bias ? bias[i * b] : 0);            \
    }
SCALE_ROW(scale_f32, float, float)
SCALE_ROW(scale_f64, double, double)
SCALE_ROW(scale_f32_f64, float, double)
SCALE_ROW(scale_f64_f32, double, float)

static void scale_row(const job *j, const lwi_rows *r, double mean, double inverse) {
    const bool x_f32 = j->c->in[0]->dtype == LW_FLOAT32, s_f32 = j->c->in[1]->dtype == LW_FLOAT32;
    if (x_f32 && s_f32) scale_f32(j, r, mean, inverse);
    else if (x_f32) scale_f32_f64(j, r, mean, inverse);
    else if (s_f32) scale_f64_f32(j, r, mean, inverse);
    else scale_f64(j, r, mean, inverse);
}

static void normalise(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    lwi_call *c = j->c;
    for (size_t i = begin; i < end; i++) {
        const lwi_moments m = lwi_moments_of(c->in[0], i * j->n, j->n, j->centre);
        const double inverse = 1 / sqrt(m.variance + j->epsilon);
        const size_t last = j->centre ? 2 : 1;
        if (j->centre && c->n_out > 1 && c->out[1]) ((float *)c->out[1]->data)[i] = (float)m.mean;
        if (c->n_out > last && c->out[last]) ((float *)c->out[last]->data)[i] = (float)inverse;
        for (lwi_rows r = lwi_rows_at(&j->plan, i * j->n, (i + 1) * j->n); r.n; lwi_rows_next(&r))
            scale_row(j, &r, m.mean, inverse);
    }
}

static lw_status run(lwi_call *c, bool centre) {
    const lw_value *x = c->in[0];
    if (x->count == 0) return LW_OK;
    int axis = 0;
    LW_TRY(find_axis(c, &axis));
    job j = {.c = c, .centre = centre, .epsilon = lwi_attr_float(c->node, "epsilon", 1e-5f)};
    size_t outer, dim, inner;
    lwi_split_axis(x, axis, &outer, &dim, &inner);
    j.n = dim * inner;
    lwi_plan_broadcast(&j.plan, x->rank, x->dims, c->in + 1, lwi_has(c, 2) ? 2 : 1);
    lwi_parallel(c, outer, 1 + 8192 / j.n, normalise, &j);
    return LW_OK;
}

static lw_status run_layer(lwi_call *c) { return run(c, true); }
static lw_status run_rms(lwi_call *c) { return run(c, false); }

const lwi_op lwi_op_layer_normalization = {
    .infer = infer_layer, .run = run_layer, .flags = LWI_WIDEN};
const lwi_op lwi_op_rms_normalization = {.infer = infer_rms, .run = run_rms, .flags = LWI_WIDEN};
const lwi_op lwi_op_simplified_layer_normalization = {
    .infer = infer_simplified, .run = run_rms, .flags = LWI_WIDEN};
