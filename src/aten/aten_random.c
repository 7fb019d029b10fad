/* SPDX-License-Identifier: MIT
 * Random numbers: of the right shape, type and distribution, though not PyTorch's own. */
#include "aten/lower.h"

#include <math.h>

/* Zeros of float32 in a shape: what ONNX makes random tensors like. */
static int zeros(lwi_aten *a, int shape) {
    return NODE(a, "Expand", lwi_aten_fill(a, LW_FLOAT32, 0), shape);
}

static int uniform(lwi_aten *a, int shape, double low, double high) {
    const int y = NODE(a, "RandomUniformLike", zeros(a, shape));
    lwi_build_float(&a->b, "low", low);
    lwi_build_float(&a->b, "high", high);
    return y;
}

static int normal(lwi_aten *a, int shape) { return NODE(a, "RandomNormalLike", zeros(a, shape)); }

static bool is_normal(lwi_aten *a) { return a->row->name[4] == 'n'; }

/* "rand", "randn": size, dtype */
void lwi_aten_rand(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int shape = lwi_aten_ints(a, &in[0]);
    const int y = is_normal(a) ? normal(a, shape) : uniform(a, shape, 0, 1);
    lwi_aten_return(a, out, lwi_aten_cast(a, y, lwi_aten_get_dtype(a, &in[1], LW_FLOAT32)));
}

/* "rand_like", "randn_like": self, dtype */
void lwi_aten_rand_like(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), shape = lwi_aten_shape(a, x);
    const int y = is_normal(a) ? normal(a, shape) : uniform(a, shape, 0, 1);
    lwi_aten_return(a, out,
                    lwi_aten_cast(a, y, lwi_aten_get_dtype(a, &in[1], lwi_aten_dtype(a, x))));
}

static int whole(lwi_aten *a, int shape, double low, double high) {
    return NODE(a, "Floor", uniform(a, shape, low, high));
}

/* [low,] high, size, dtype */
void lwi_aten_randint(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const size_t low = *a->row->overload != '\0';
    const double least = low ? lwi_aten_get_float(a, &in[0]) : 0;
    const int y = whole(a, lwi_aten_ints(a, &in[low + 1]), least, lwi_aten_get_float(a, &in[low]));
    lwi_aten_return(a, out, lwi_aten_cast(a, y, lwi_aten_get_dtype(a, &in[low + 2], LW_INT64)));
}

/* self, high, dtype */
void lwi_aten_randint_like(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int y = whole(a, lwi_aten_shape(a, x), 0, lwi_aten_get_float(a, &in[1]));
    lwi_aten_return(a, out,
                    lwi_aten_cast(a, y, lwi_aten_get_dtype(a, &in[2], lwi_aten_dtype(a, x))));
}

/* The places of random numbers that are sorted. */
static int shuffled(lwi_aten *a, int numbers, int k) {
    int y[2];
    lwi_aten_nodes(a, "TopK", 2, (int[]){numbers, k}, 2, y);
    return y[1];
}

/* n, dtype */
void lwi_aten_randperm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int n = lwi_aten_ints(a, &in[0]);
    const int y = shuffled(a, uniform(a, n, 0, 1), n);
    lwi_aten_return(a, out, lwi_aten_cast(a, y, lwi_aten_get_dtype(a, &in[1], LW_INT64)));
}

/* self: chances; or self, p */
void lwi_aten_bernoulli(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const bool own = *a->row->overload == '\0';
    const int chance =
        own ? lwi_aten_cast(a, x, LW_FLOAT32) : lwi_aten_scalar(a, &in[1], LW_FLOAT32);
    const int y = NODE(a, "Less", uniform(a, lwi_aten_shape(a, x), 0, 1), chance);
    lwi_aten_return(a, out, lwi_aten_cast(a, y, lwi_aten_dtype(a, x)));
}

/* self: weights, num_samples, replacement. The largest of log(weight) + noise is a fair choice, and
 * the k largest are k without replacement. */
void lwi_aten_multinomial(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), k = lwi_aten_ints(a, &in[1]);
    const int logs = NODE(a, "Log", lwi_aten_cast(a, x, LW_FLOAT32));
    const int rank = lwi_aten_rank(a, x);
    const bool again = lwi_aten_get_bool(a, &in[2]);
    const int shape = lwi_aten_shape(a, x);
    const int all = again ? lwi_aten_concat(a, 0, 2, (int[]){k, shape}) : shape;
    const int noise =
        NODE(a, "Neg", NODE(a, "Log", NODE(a, "Neg", NODE(a, "Log", uniform(a, all, 1e-30, 1)))));
    const int scores = NODE(a, "Add", logs, noise);
    if (!again) {
        lwi_aten_return(a, out, shuffled(a, scores, k));
        return;
    }
    const int y = lwi_aten_arg_extreme(a, "ArgMax", scores, rank, false); /* [k, rows] */
    lwi_aten_return(a, out, rank == 2 ? lwi_aten_transpose(a, y, 2, (int64_t[]){1, 0}) : y);
}

static int scaled(lwi_aten *a, int y, const lwi_aten_value *mean, const lwi_aten_value *std) {
    const int wide = NODE(a, "Mul", y, lwi_aten_as(a, std, LW_FLOAT32));
    return NODE(a, "Add", wide, lwi_aten_as(a, mean, LW_FLOAT32));
}

/* self, mean, std */
void lwi_aten_normal_like(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int y = scaled(a, normal(a, lwi_aten_shape(a, x)), &in[1], &in[2]);
    lwi_aten_return(a, out, lwi_aten_cast(a, y, lwi_aten_dtype(a, x)));
}

/* mean, std, size, generator, dtype */
void lwi_aten_normal(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int y = scaled(a, normal(a, lwi_aten_ints(a, &in[2])), &in[0], &in[1]);
    lwi_aten_return(a, out, lwi_aten_cast(a, y, lwi_aten_get_dtype(a, &in[4], LW_FLOAT32)));
}

/* Tensors mean and std. */
void lwi_aten_normal_tensors(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    lwi_aten_pair(a, in, &x, &y);
    const int shape = lwi_aten_shape(a, NODE(a, "Add", x, y));
    lwi_aten_return(a, out, scaled(a, normal(a, shape), &in[0], &in[1]));
}

/* self, lambd */
void lwi_aten_exponential(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int logs = NODE(a, "Log", uniform(a, lwi_aten_shape(a, x), 1e-30, 1));
    const int y = NODE(a, "Div", NODE(a, "Neg", logs), lwi_aten_scalar(a, &in[1], LW_FLOAT32));
    lwi_aten_return(a, out, lwi_aten_cast(a, y, lwi_aten_dtype(a, x)));
}

/* self, from, to */
void lwi_aten_uniform(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int y = uniform(a, lwi_aten_shape(a, x), lwi_aten_get_float(a, &in[1]),
                          lwi_aten_get_float(a, &in[2]));
    lwi_aten_return(a, out, lwi_aten_cast(a, y, lwi_aten_dtype(a, x)));
}
