/* SPDX-License-Identifier: MIT
 * Activations. */
#include "aten/lower.h"

#include <math.h>

static int clipped(lwi_aten *a, const lwi_aten_value *in, const lwi_aten_value *low,
                   const lwi_aten_value *high) {
    const int x = lwi_aten_id(a, &in[0]);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    return NODE(a, "Clip", x, lwi_aten_scalar(a, low, dtype), lwi_aten_scalar(a, high, dtype));
}

void lwi_aten_relu6(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lwi_aten_value low = lwi_aten_int(0), high = lwi_aten_int(6);
    lwi_aten_return(a, out, clipped(a, in, &low, &high));
}

/* self, min_val, max_val */
void lwi_aten_hardtanh(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, clipped(a, in, &in[1], &in[2]));
}

/* self, a number that is the attribute alpha of the node of the row's name */
void lwi_aten_alpha_unary(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int y = NODE(a, a->row->onnx, lwi_aten_id(a, &in[0]));
    lwi_build_float(&a->b, "alpha", lwi_aten_get_float(a, &in[1]));
    lwi_aten_return(a, out, y);
}

/* self, alpha, scale, input_scale: scale max(x, 0) + scale alpha (exp(input_scale x) - 1) below 0
 */
void lwi_aten_elu(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const double alpha = lwi_aten_get_float(a, &in[1]), scale = lwi_aten_get_float(a, &in[2]);
    const double inner = lwi_aten_get_float(a, &in[3]);
    if (scale == 1 && inner == 1) {
        lwi_aten_alpha_unary(a, in, out);
        return;
    }
    const int zero = lwi_aten_like(a, x, 0);
    const int below =
        NODE(a, "Elu", NODE(a, "Min", NODE(a, "Mul", x, lwi_aten_like(a, x, inner)), zero));
    const int left = NODE(a, "Mul", below, lwi_aten_like(a, x, alpha * scale));
    const int right = NODE(a, "Mul", NODE(a, "Max", x, zero), lwi_aten_like(a, x, scale));
    lwi_aten_return(a, out, NODE(a, "Add", left, right));
}

/* max(x, 0) + min(alpha (exp(x / alpha) - 1), 0) */
void lwi_aten_celu(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const double alpha = lwi_aten_get_float(a, &in[1]);
    const int below = NODE(a, "Elu", NODE(a, "Div", x, lwi_aten_like(a, x, alpha)));
    const int left = NODE(a, "Mul", below, lwi_aten_like(a, x, alpha));
    const int positive = NODE(a, "Greater", x, lwi_aten_like(a, x, 0));
    lwi_aten_return(a, out, NODE(a, "Where", positive, x, left));
}

void lwi_aten_hardsigmoid(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int y = NODE(a, "HardSigmoid", lwi_aten_id(a, &in[0]));
    lwi_build_float(&a->b, "alpha", 1.0 / 6);
    lwi_build_float(&a->b, "beta", 0.5);
    lwi_aten_return(a, out, y);
}

/* self, approximate */
void lwi_aten_gelu(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int y = NODE(a, "Gelu", lwi_aten_id(a, &in[0]));
    lwi_build_text(&a->b, "approximate", lwi_aten_is(&in[1], "tanh") ? "tanh" : "none");
    lwi_aten_return(a, out, y);
}

/* self, beta, threshold: log(1 + exp(beta x)) / beta, x itself where beta x is above threshold */
void lwi_aten_softplus(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const double beta = lwi_aten_get_float(a, &in[1]), threshold = lwi_aten_get_float(a, &in[2]);
    const int factor = lwi_aten_like(a, x, beta);
    const int scaled = beta == 1 ? x : NODE(a, "Mul", x, factor);
    int y = NODE(a, "Softplus", scaled);
    if (beta != 1) y = NODE(a, "Div", y, factor);
    if (threshold < 15) {
        const int above = NODE(a, "Greater", scaled, lwi_aten_like(a, x, threshold));
        y = NODE(a, "Where", above, x, y);
    }
    lwi_aten_return(a, out, y);
}

/* "hardshrink", "softshrink": self, lambd */
void lwi_aten_shrink(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int y = NODE(a, "Shrink", lwi_aten_id(a, &in[0]));
    const double lambda = lwi_aten_get_float(a, &in[1]);
    lwi_build_float(&a->b, "lambd", lambda);
    lwi_build_float(&a->b, "bias", a->row->name[0] == 's' ? lambda : 0);
    lwi_aten_return(a, out, y);
}

/* -log(1 + exp(-x)); the forward function also returns exp(-|x|) */
void lwi_aten_log_sigmoid(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    lwi_aten_return(a, out, NODE(a, "Neg", NODE(a, "Softplus", NODE(a, "Neg", x))));
    if (a->row->name[11]) /* "log_sigmoid_forward" */
        lwi_aten_return(a, &out[1], NODE(a, "Exp", NODE(a, "Neg", NODE(a, "Abs", x))));
}

/* self, threshold, value */
void lwi_aten_threshold(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const int above = NODE(a, "Greater", x, lwi_aten_scalar(a, &in[1], dtype));
    lwi_aten_return(a, out, NODE(a, "Where", above, x, lwi_aten_scalar(a, &in[2], dtype)));
}

/* self, weight: one slope, or one for each channel */
void lwi_aten_prelu(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    int w = lwi_aten_id(a, &in[1]);
    int64_t dims[LW_MAX_RANK];
    for (int d = 0; d < rank; d++)
        dims[d] = d == 1 ? -1 : 1;
    if (lwi_aten_rank(a, w) == 1 && lwi_aten_dim(a, w, 0) != 1 && rank > 1)
        w = lwi_aten_reshape(a, w, (size_t)rank - 1, dims + 1);
    lwi_aten_return(a, out, NODE(a, "PRelu", x, w));
}

/* self, lower, upper, training */
void lwi_aten_rrelu(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    if (lwi_aten_get_bool(a, &in[3])) lwi_aten_fail(a, LW_UNSUPPORTED, "training is not supported");
    const int y = NODE(a, "LeakyRelu", lwi_aten_id(a, &in[0]));
    lwi_build_float(&a->b, "alpha",
                    (lwi_aten_get_float(a, &in[1]) + lwi_aten_get_float(a, &in[2])) / 2);
    lwi_aten_return(a, out, y);
}

/* self, dim: the first half times the sigmoid of the second */
void lwi_aten_glu(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x));
    int half[2];
    lwi_aten_nodes(a, "Split", 1, &x, 2, half);
    lwi_build_int(&a->b, "axis", axis);
    lwi_build_int(&a->b, "num_outputs", 2);
    lwi_aten_return(a, out, NODE(a, "Mul", half[0], NODE(a, "Sigmoid", half[1])));
}

/* --------------------------------------------------------------------- softmax */

static int softmax(lwi_aten *a, const char *op, int x, const lwi_aten_value *dim) {
    const int rank = lwi_aten_rank(a, x), axis = lwi_aten_axis(a, dim, rank);
    if (rank == 0) x = lwi_aten_unsqueeze(a, x, 0);
    const int y = NODE(a, op, x);
    lwi_build_int(&a->b, "axis", axis);
    return rank ? y : lwi_aten_squeeze(a, y, 0);
}

/* self, dim, dtype */
void lwi_aten_softmax_int(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const lw_dtype dtype = lwi_aten_get_dtype(a, &in[2], lwi_aten_dtype(a, x));
    lwi_aten_return(a, out, softmax(a, a->row->onnx, lwi_aten_cast(a, x, dtype), &in[1]));
}

/* self, dim, half_to_float */
void lwi_aten_softmax(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    if (lwi_aten_get_bool(a, &in[2])) x = lwi_aten_cast(a, x, LW_FLOAT32);
    lwi_aten_return(a, out, softmax(a, a->row->onnx, x, &in[1]));
}

/* The same with zeros where all elements are -inf. */
void lwi_aten_safe_softmax(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    x = lwi_aten_cast(a, x, lwi_aten_get_dtype(a, &in[2], lwi_aten_dtype(a, x)));
    const int64_t axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x));
    const int most = lwi_aten_reduced(a, "ReduceMax", x, lwi_aten_rank(a, x) > 0, &axis, true);
    const int none = NODE(a, "Equal", most, lwi_aten_like(a, x, -INFINITY));
    const int y = softmax(a, "Softmax", x, &in[1]);
    lwi_aten_return(a, out, NODE(a, "Where", none, lwi_aten_like(a, x, 0), y));
}

/* --------------------------------------------------------------------- dropout */

/* input, p, train */
void lwi_aten_dropout(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool plain = a->row->onnx[0] == 'D';
    if (!lwi_aten_get_bool(a, &in[2])) {
        *out = in[0];
        return;
    }
    if (!plain) lwi_aten_fail(a, LW_UNSUPPORTED, "training is not supported");
    const int x = lwi_aten_id(a, &in[0]);
    const int ratio = lwi_aten_scalar(a, &in[1], LW_FLOAT32);
    lwi_aten_return(a, out, NODE(a, "Dropout", x, ratio, lwi_aten_fill(a, LW_BOOL, 1)));
}

/* The same with a mask of what was kept. */
void lwi_aten_native_dropout(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const bool train = lwi_aten_given(&in[2]) && lwi_aten_get_bool(a, &in[2]);
    int y[2];
    lwi_aten_nodes(
        a, "Dropout", 3,
        (int[]){x, lwi_aten_scalar(a, &in[1], LW_FLOAT32), lwi_aten_fill(a, LW_BOOL, train)}, 2, y);
    lwi_aten_return(a, &out[0], y[0]);
    lwi_aten_return(a, &out[1], y[1]);
}
