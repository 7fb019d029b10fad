/* SPDX-License-Identifier: MIT
 * Softmax, and normalizations over the last axes or over channels. */
#include "backend/gpu/gpu_backend.h"

/* All inputs and outputs are floats of types that kernels know. */
static bool takes(const lwi_call *c, const lwi_gpu_step *step) {
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i] && (c->in[i]->kind != LW_KIND_TENSOR || c->in[i]->count >= INT32_MAX ||
                         !lwi_gpu_is_real(step, c->in[i]->dtype)))
            return false;
    return c->out[0] && c->out[0]->dtype == c->in[0]->dtype && c->in[0]->count > 0;
}

static lw_status plan_softmax(const lwi_call *c, bool logarithm, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_launch *launch = NULL;
    size_t outer, n, inner;
    int axis = 0;
    const bool wide = lwi_gpu_has_doubles(c);
    if (!takes(c, step) || c->in[0]->rank == 0) return lwi_gpu_refuse(step, "its type");
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", -1), c->in[0]->rank, &axis));
    lwi_split_axis(c->in[0], axis, &outer, &n, &inner);
    if (inner == 1)
        LW_TRY(lwi_gpu_groups(step, LWI_GPU_KERNEL(wide, "softmax_rows"), outer, 1, 1, &launch));
    else
        LW_TRY(
            lwi_gpu_items(step, LWI_GPU_KERNEL(wide, "softmax_columns"), outer * inner, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)n);
    lwi_gpu_int(launch, logarithm);
    if (inner != 1) {
        lwi_gpu_int(launch, (int64_t)inner);
        lwi_gpu_int(launch, (int64_t)(outer * inner));
    }
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_softmax(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_softmax(c, false, step, taken);
}

lw_status lwi_gpu_log_softmax(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_softmax(c, true, step, taken);
}

/* Rows of n elements; each has n / inner channels, and `rows` rows have all of them. */
typedef struct norm {
    size_t n, inner, rows;
    bool centre;
} norm;

static lw_status launch_norm(const lwi_call *c, const norm *m, lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    const bool bias = lwi_has(c, 2);
    const int types = (int)lwi_gpu_type_of(c->in[0]->dtype) |
                      (int)lwi_gpu_type_of(c->in[1]->dtype) << 4 |
                      (bias ? (int)lwi_gpu_type_of(c->in[2]->dtype) << 8 : 0) |
                      (int)lwi_gpu_type_of(c->out[0]->dtype) << 12;
    LW_TRY(lwi_gpu_groups(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "normalize_rows"),
                          c->in[0]->count / m->n, 1, 1, &launch));
    for (size_t i = 0; i < 3; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, types);
    lwi_gpu_int(launch, (int64_t)m->n);
    lwi_gpu_int(launch, (int64_t)m->inner);
    lwi_gpu_int(launch, (int64_t)m->rows);
    lwi_gpu_int(launch, m->centre);
    lwi_gpu_int(launch, bias);
    lwi_gpu_float(launch, lwi_attr_float(c->node, "epsilon", 1e-5f));
    return LW_OK;
}

/* Outputs: the mean, 0 if there is none, and the inverse of the deviation. */
static lw_status launch_moments(const lwi_call *c, const norm *m, size_t mean, size_t inverse,
                                lwi_gpu_step *step) {
    const bool wants[2] = {mean && mean < c->n_out && c->out[mean],
                           inverse < c->n_out && c->out[inverse]};
    const lw_value *given = wants[0] ? c->out[mean] : wants[1] ? c->out[inverse] : NULL;
    lwi_gpu_launch *launch = NULL;
    if (!given) return LW_OK;
    const int to = (int)lwi_gpu_type_of(given->dtype);
    LW_TRY(lwi_gpu_groups(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "row_moments"),
                          c->in[0]->count / m->n, 1, 1, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, wants[0] ? mean : inverse);
    lwi_gpu_out(launch, wants[1] ? inverse : mean);
    lwi_gpu_int(launch, (int)lwi_gpu_type_of(c->in[0]->dtype) | to << 4 | to << 8);
    lwi_gpu_int(launch, (int64_t)m->n);
    lwi_gpu_int(launch, m->centre);
    lwi_gpu_int(launch, wants[0] | wants[1] << 1);
    lwi_gpu_float(launch, lwi_attr_float(c->node, "epsilon", 1e-5f));
    return LW_OK;
}

/* How scales lie, bias likewise: one number for all elements, or those of the last axes of x, which
 * may be more than are normalized. */
static bool read_scales(const lwi_call *c, norm *m) {
    const lw_value *x = c->in[0], *scale = c->in[1];
    int rank = scale->rank;
    if (lwi_has(c, 2) && c->in[2]->count != scale->count) return false;
    if (scale->count == 1) {
        m->inner = m->n;
        return true;
    }
    while (rank > 0 && scale->dims[scale->rank - rank] == 1)
        rank--;
    if (rank > x->rank || scale->count % m->n != 0) return false;
    for (int d = 1; d <= rank; d++)
        if (scale->dims[scale->rank - d] != x->dims[x->rank - d]) return false;
    m->rows = scale->count / m->n;
    return true;
}

static lw_status plan_norm(const lwi_call *c, bool centre, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0];
    norm m = {.n = 1, .inner = 1, .rows = 1, .centre = centre};
    int axis = 0;
    if (!takes(c, step) || x->rank < 1) return lwi_gpu_refuse(step, "its type");
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", -1), x->rank, &axis));
    for (int d = axis; d < x->rank; d++)
        m.n *= (size_t)x->dims[d];
    if (!read_scales(c, &m)) return lwi_gpu_refuse(step, "scale or bias is broadcast");
    *taken = true;
    LW_TRY(launch_moments(c, &m, centre ? 1 : 0, centre ? 2 : 1, step));
    return launch_norm(c, &m, step);
}

lw_status lwi_gpu_layer_normalization(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_norm(c, true, step, taken);
}

lw_status lwi_gpu_rms_normalization(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_norm(c, false, step, taken);
}

/* x: [N, C, ...] */
static lw_status plan_groups(const lwi_call *c, size_t groups, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0];
    if (!takes(c, step) || groups == 0) return lwi_gpu_refuse(step, "its type");
    const size_t channels = (size_t)x->dims[1], inner = x->count / channels / (size_t)x->dims[0];
    const norm m = {.n = channels / groups * inner, .inner = inner, .rows = groups, .centre = true};
    *taken = true;
    return launch_norm(c, &m, step);
}

lw_status lwi_gpu_instance_normalization(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_groups(c, (size_t)c->in[0]->dims[1], step, taken);
}

lw_status lwi_gpu_group_normalization(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_groups(c, (size_t)lwi_attr_int(c->node, "num_groups", 1), step, taken);
}

lw_status lwi_gpu_channel_factors(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0];
    const size_t channels = (size_t)x->dims[x->rank - 1];
    size_t groups = (size_t)lwi_attr_int(c->node, "num_groups", 0);
    lwi_gpu_launch *launch = NULL;
    if (!lwi_gpu_all_float(c) || x->count == 0 || !c->out[0] || !c->out[1])
        return lwi_gpu_refuse(step, "its type");
    if (groups == 0) groups = channels;
    LW_TRY(lwi_gpu_groups(step, "channel_factors_f32", groups, (size_t)x->dims[0], 1, &launch));
    for (size_t i = 0; i < 3; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_out(launch, 0);
    lwi_gpu_out(launch, 1);
    lwi_gpu_int(launch, (int64_t)(x->count / (size_t)x->dims[0] / channels));
    lwi_gpu_int(launch, (int64_t)channels);
    lwi_gpu_int(launch, (int64_t)(channels / groups));
    lwi_gpu_float(launch, lwi_attr_float(c->node, "epsilon", 1e-5f));
    *taken = true;
    return LW_OK;
}
