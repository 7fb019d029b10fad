/* SPDX-License-Identifier: MIT
 * Functions of torch.nn.functional that are several operators: activations and norms. */
#include "nn/nn_kinds.h"

lw_array *lw_tanhshrink(lw_array *input) { return lw_sub(input, lw_tanh(input)); }

lw_array *lw_softsign(lw_array *input) { return lw_div(input, lw_add_scalar(lw_abs(input), 1)); }

lw_array *lw_softmin(lw_array *input, int64_t dim) {
    return lw_softmax(lw_neg(input), dim, LW_DTYPE_NONE);
}

lw_array *lw_gumbel_softmax(lw_array *logits, double tau, bool hard, int64_t dim) {
    if (!logits) return NULL;
    lw_array *drawn = CALL("rand_like", A_V(logits));
    lw_array *noise = lw_neg(lw_log(lw_neg(lw_log(drawn))));
    lw_array *y = lw_softmax(lw_div_scalar(lw_add(logits, noise), tau), dim, LW_DTYPE_NONE);
    if (!hard) return y;
    lw_array *place = lw_argmax(y, dim, true);
    return lw_scatter_value(lw_zeros_like(y, LW_DTYPE_NONE), dim, place, 1);
}

/* ------------------------------------------------------------- normalisation */

static lw_array *norm_by_statistics(const char *op, lw_array *input, lw_array *mean, lw_array *var,
                                    lw_array *weight, lw_array *bias, bool use_input, double eps) {
    const double momentum = 0.1;
    const bool cudnn_enabled = false;
    return lwi_nn_call(op, op, 9,
                       (lwi_nn_argument[]){A_V(input), A_O(weight), A_O(bias), A_O(mean), A_O(var),
                                           A_B(use_input), A_D(momentum), A_D(eps),
                                           A_B(cudnn_enabled)});
}

lw_array *lw_batch_norm(lw_array *input, lw_array *running_mean, lw_array *running_var,
                        lw_array *weight, lw_array *bias, double eps) {
    return norm_by_statistics("batch_norm", input, running_mean, running_var, weight, bias, false,
                              eps);
}

lw_array *lw_instance_norm(lw_array *input, lw_array *running_mean, lw_array *running_var,
                           lw_array *weight, lw_array *bias, double eps) {
    return norm_by_statistics("instance_norm", input, running_mean, running_var, weight, bias,
                              !running_mean, eps);
}

/* The mean of squares of `size` neighbouring channels, as average pooling with zeros around. */
lw_array *lw_local_response_norm(lw_array *input, int64_t size, double alpha, double beta,
                                 double k) {
    lw_array *squares = lw_unsqueeze(lw_mul(input, input), 1);
    lw_ints shape = {.n = 4, .v = {lw_size(squares, 0), 1, lw_size(squares, 2), -1}};
    lw_array *flat = lw_reshape(squares, shape);
    flat = lw_pad(flat, (lw_ints){4, {0, 0, size / 2, (size - 1) / 2}}, NULL, 0);
    const lw_pool_options one = {.stride = {1, {1}}};
    lw_array *mean = lw_avg_pool2d(flat, (lw_ints){2, {size, 1}}, &one);
    if (!input) return NULL;
    lw_ints whole = {.n = (size_t)lw_dim(input)};
    for (size_t d = 0; d < whole.n; d++)
        whole.v[d] = lw_size(input, (int64_t)d);
    mean = lw_reshape(mean, whole);
    return lw_div(input, lw_pow_scalar(lw_add_scalar(lw_mul_scalar(mean, alpha), k), beta));
}

lw_array *lw_normalize(lw_array *input, double p, int64_t dim, double eps) {
    lw_array *length = lw_linalg_vector_norm(input, p, (lw_ints){1, {dim}}, true, LW_DTYPE_NONE);
    return lw_div(input, CALL("clamp_min", A_V(length), A_N(eps)));
}

/* -------------------------------------------------------------------- dropout */

lw_array *lw_dropout(lw_array *input, double p) {
    (void)p;
    return input;
}

lw_array *lw_alpha_dropout(lw_array *input, double p) { return lw_dropout(input, p); }
lw_array *lw_feature_alpha_dropout(lw_array *input, double p) { return lw_dropout(input, p); }
lw_array *lw_dropout1d(lw_array *input, double p) { return lw_dropout(input, p); }
lw_array *lw_dropout2d(lw_array *input, double p) { return lw_dropout(input, p); }
lw_array *lw_dropout3d(lw_array *input, double p) { return lw_dropout(input, p); }

/* ----------------------------------------------------------------- embeddings */

lw_array *lw_embedding(lw_array *input, lw_array *weight) {
    return CALL("embedding", A_V(weight), A_V(input));
}

static int64_t bag_mode(const char *mode) {
    return !mode ? 1 : !strcmp(mode, "sum") ? 0 : !strcmp(mode, "mean") ? 1 : 2;
}

lw_array *lw_embedding_bag(lw_array *input, lw_array *weight, lw_array *offsets, const char *mode,
                           lw_array *per_sample_weights, bool include_last_offset) {
    const int64_t number = bag_mode(mode);
    const bool scale_grad_by_freq = false, sparse = false;
    if (!input || !weight) return NULL;
    if (lw_dim(input) == 2 && !offsets) { /* bags of one size */
        const int64_t n = lw_size(input, 0), each = lw_size(input, 1);
        const int64_t zero = 0, all = lw_nn_size(input->nn, n, '*', each);
        lw_nn *nn = input->nn;
        offsets = CALL("arange.start_step", A_G(nn), A_I(zero), A_I(all), A_I(each));
        input = lw_reshape(input, (lw_ints){1, {-1}});
        if (per_sample_weights)
            per_sample_weights = lw_reshape(per_sample_weights, (lw_ints){1, {-1}});
    }
    return CALL("embedding_bag", A_V(weight), A_V(input), A_V(offsets), A_B(scale_grad_by_freq),
                A_I(number), A_B(sparse), A_O(per_sample_weights), A_B(include_last_offset));
}
