/* SPDX-License-Identifier: MIT
 * Normalizations. */
#include "aten/lower.h"

/* A weight, or as many of a number as shape says. */
static int filled(lwi_aten *a, const lwi_aten_value *v, double absent, int shape, lw_dtype dtype) {
    if (lwi_aten_given(v)) return lwi_aten_id(a, v);
    return NODE(a, "Expand", lwi_aten_fill(a, dtype, absent), shape);
}

/* Mean, and variance with the count as divisor, of each channel, and the first's and the
 * second's deviations. */
typedef struct moments {
    int mean, variance;
} moments;

static moments moments_of(lwi_aten *a, int x, size_t n, const int64_t *axes, bool keep) {
    moments m;
    const int mean = lwi_aten_reduced(a, "ReduceMean", x, n, axes, true);
    const int apart = NODE(a, "Sub", x, mean);
    m.mean = keep ? mean : lwi_aten_reduced(a, "ReduceMean", x, n, axes, false);
    m.variance = lwi_aten_reduced(a, "ReduceMean", NODE(a, "Mul", apart, apart), n, axes, keep);
    return m;
}

/* 1 / sqrt(variance + eps) */
static int inverse_deviation(lwi_aten *a, int variance, double eps) {
    const int sum = NODE(a, "Add", variance, lwi_aten_like(a, variance, eps));
    return NODE(a, "Reciprocal", NODE(a, "Sqrt", sum));
}

/* ---------------------------------------------------------------------- batch */

static moments batch_moments(lwi_aten *a, int x) {
    const int rank = lwi_aten_rank(a, x);
    int64_t axes[LW_MAX_RANK] = {0};
    for (int d = 2; d < rank; d++)
        axes[d - 1] = d;
    return moments_of(a, x, rank > 1 ? (size_t)rank - 1 : 1, axes, false);
}

static int normalized(lwi_aten *a, const lwi_aten_value *in, int x, moments m, double eps) {
    const int shape = lwi_aten_shape(a, m.mean);
    const lw_dtype dtype = lwi_aten_dtype(a, m.mean);
    const int w = filled(a, &in[1], 1, shape, dtype), b = filled(a, &in[2], 0, shape, dtype);
    const int y = NODE(a, "BatchNormalization", x, w, b, m.mean, m.variance);
    lwi_build_float(&a->b, "epsilon", eps);
    return y;
}

/* The given statistics, or the batch's own. */
static moments statistics(lwi_aten *a, int x, const lwi_aten_value *mean, const lwi_aten_value *var,
                          bool own) {
    if (own || !lwi_aten_given(mean) || !lwi_aten_given(var)) return batch_moments(a, x);
    return (moments){lwi_aten_id(a, mean), lwi_aten_id(a, var)};
}

/* input, weight, bias, running_mean, running_var, training, momentum, eps */
void lwi_aten_batch_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const moments m = statistics(a, x, &in[3], &in[4], lwi_aten_get_bool(a, &in[5]));
    lwi_aten_return(a, out, normalized(a, in, x, m, lwi_aten_get_float(a, &in[7])));
}

static void return_statistics(lwi_aten *a, lwi_aten_value *out, moments m, bool own, double eps) {
    const int nothing = own ? -1 : NODE(a, "Expand", lwi_aten_fill(a, LW_FLOAT32, 0), INTS(a, 0));
    lwi_aten_return(a, &out[1], own ? m.mean : nothing);
    lwi_aten_return(a, &out[2], own ? inverse_deviation(a, m.variance, eps) : nothing);
}

/* The same, and what the backward pass would need: nothing, or the batch's statistics. */
void lwi_aten_native_batch_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool own = lwi_aten_get_bool(a, &in[5]);
    const int x = lwi_aten_id(a, &in[0]);
    const double eps = lwi_aten_get_float(a, &in[7]);
    const moments m = statistics(a, x, &in[3], &in[4], own);
    lwi_aten_return(a, out, normalized(a, in, x, m, eps));
    return_statistics(a, out, m, own, eps);
}

/* input, weight, bias, running_mean, running_var, momentum, eps */
void lwi_aten_batch_norm_no_training(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const moments m = {lwi_aten_id(a, &in[3]), lwi_aten_id(a, &in[4])};
    const double eps = lwi_aten_get_float(a, &in[6]);
    lwi_aten_return(a, out, normalized(a, in, lwi_aten_id(a, &in[0]), m, eps));
    return_statistics(a, out, m, false, eps);
}

/* input, weight, bias, training, momentum, eps */
void lwi_aten_batch_norm_no_stats(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const moments m = batch_moments(a, x);
    const double eps = lwi_aten_get_float(a, &in[5]);
    lwi_aten_return(a, out, normalized(a, in, x, m, eps));
    return_statistics(a, out, m, true, eps);
}

/* before + momentum (now - before) */
static int moved(lwi_aten *a, const lwi_aten_value *before, int now, double momentum) {
    const int x = lwi_aten_id(a, before), step = NODE(a, "Sub", now, x);
    return NODE(a, "Add", x, NODE(a, "Mul", step, lwi_aten_like(a, x, momentum)));
}

/* The statistics that training would keep are results too. */
void lwi_aten_batch_norm_functional(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_native_batch_norm(a, in, out);
    out[3] = in[3];
    out[4] = in[4];
    if (!lwi_aten_get_bool(a, &in[5])) return;
    const int x = lwi_aten_id(a, &in[0]);
    const double momentum = lwi_aten_get_float(a, &in[6]);
    const moments m = batch_moments(a, x);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const int all = lwi_aten_cast(a, NODE(a, "Size", x), dtype);
    const int each = NODE(a, "Div", all, lwi_aten_cast(a, NODE(a, "Size", m.mean), dtype));
    const int others = NODE(a, "Sub", each, lwi_aten_fill(a, dtype, 1));
    const int variance = NODE(a, "Mul", m.variance, NODE(a, "Div", each, others));
    lwi_aten_return(a, &out[3], moved(a, &in[3], m.mean, momentum));
    lwi_aten_return(a, &out[4], moved(a, &in[4], variance, momentum));
}

/* input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps */
void lwi_aten_instance_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    if (!lwi_aten_get_bool(a, &in[5])) {
        lwi_aten_batch_norm(a, in, out);
        return;
    }
    const int x = lwi_aten_id(a, &in[0]), channels = lwi_aten_size_id(a, x, 1);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const int w = filled(a, &in[1], 1, channels, dtype), b = filled(a, &in[2], 0, channels, dtype);
    const int y = NODE(a, "InstanceNormalization", x, w, b);
    lwi_build_float(&a->b, "epsilon", lwi_aten_get_float(a, &in[7]));
    lwi_aten_return(a, out, y);
}

/* ---------------------------------------------------------------------- layers */

/* input, normalized_shape, weight, bias, eps */
void lwi_aten_layer_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const bool native = a->row->name[0] == 'n';
    const int shape = lwi_aten_ints(a, &in[1]);
    const int w = filled(a, &in[2], 1, shape, lwi_aten_dtype(a, x));
    int y[3];
    lwi_aten_nodes(a, "LayerNormalization", 3, (int[]){x, w, lwi_aten_id(a, &in[3])},
                   native ? 3 : 1, y);
    lwi_build_int(&a->b, "axis", -(int64_t)in[1].list.n);
    lwi_build_float(&a->b, "epsilon", lwi_aten_get_float(a, &in[4]));
    for (size_t i = 0; i < (native ? 3 : 1); i++)
        lwi_aten_return(a, &out[i], y[i]);
}

static double smallest_step(lw_dtype dtype) {
    if (dtype == LW_FLOAT64) return 2.220446049250313e-16;
    if (dtype == LW_FLOAT16) return 0.0009765625;
    return dtype == LW_BFLOAT16 ? 0.0078125 : 1.1920928955078125e-07;
}

/* input, normalized_shape, weight, eps; "_fused_rms_norm" also returns 1 / rms */
void lwi_aten_rms_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const double eps =
        lwi_aten_given(&in[3]) ? lwi_aten_get_float(a, &in[3]) : smallest_step(dtype);
    const int w = filled(a, &in[2], 1, lwi_aten_ints(a, &in[1]), dtype);
    const size_t n = in[1].list.n;
    const int y = NODE(a, "RMSNormalization", x, w);
    lwi_build_int(&a->b, "axis", -(int64_t)n);
    lwi_build_float(&a->b, "epsilon", eps);
    lwi_aten_return(a, out, y);
    if (a->row->name[0] != '_' || n > (size_t)rank) return;
    int64_t axes[LW_MAX_RANK];
    for (size_t i = 0; i < n; i++)
        axes[i] = rank - 1 - (int64_t)i;
    const int squares = lwi_aten_reduced(a, "ReduceMean", NODE(a, "Mul", x, x), n, axes, true);
    lwi_aten_return(a, &out[1], inverse_deviation(a, squares, eps));
}

static int grouped(lwi_aten *a, int x, const lwi_aten_value *weight, const lwi_aten_value *bias,
                   int64_t groups, double eps) {
    const int channels = lwi_aten_size_id(a, x, 1);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const bool flat = lwi_aten_rank(a, x) == 2;
    const int w = filled(a, weight, 1, channels, dtype), b = filled(a, bias, 0, channels, dtype);
    const int y = NODE(a, "GroupNormalization", flat ? lwi_aten_unsqueeze(a, x, 2) : x, w, b);
    lwi_build_int(&a->b, "num_groups", groups);
    lwi_build_float(&a->b, "epsilon", eps);
    return flat ? lwi_aten_squeeze(a, y, 2) : y;
}

/* input, num_groups, weight, bias, eps */
void lwi_aten_group_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int64_t groups = lwi_aten_get_int(a, &in[1]);
    const double eps = lwi_aten_get_float(a, &in[4]);
    lwi_aten_return(a, out, grouped(a, lwi_aten_id(a, &in[0]), &in[2], &in[3], groups, eps));
}

/* input, weight, bias, N, C, HxW, group, eps */
void lwi_aten_native_group_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int64_t groups = lwi_aten_get_int(a, &in[6]), axis = 2;
    const double eps = lwi_aten_get_float(a, &in[7]);
    lwi_aten_return(a, out, grouped(a, x, &in[1], &in[2], groups, eps));
    const int parts = lwi_aten_reshape(a, x, 3, (int64_t[]){0, groups, -1});
    const moments m = moments_of(a, parts, 1, &axis, false);
    lwi_aten_return(a, &out[1], m.mean);
    lwi_aten_return(a, &out[2], inverse_deviation(a, m.variance, eps));
}
