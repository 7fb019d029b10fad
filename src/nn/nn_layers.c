/* SPDX-License-Identifier: MIT */
#include "nn/nn_layers.h"

#include <math.h>
#include <stdio.h>

lw_array *lwi_nn_part(lw_nn *nn, const char *name, const char *part, bool needed) {
    char full[256];
    if (!nn || !name || lwi_nn_failed(nn, LW_OK)) return NULL;
    const int n = snprintf(full, sizeof full, "%s%s%s", name, *name ? "." : "", part);
    if (n < 0 || (size_t)n >= sizeof full) {
        lwi_nn_fail(nn, LW_LIMIT, "%.40s...: the name is too long", name);
        return NULL;
    }
    return needed ? lw_nn_parameter(nn, full) : lw_nn_find(nn, full);
}

lw_array *lw_nn_linear(lw_nn *nn, lw_array *x, const char *name) {
    return lw_linear(x, lwi_nn_weight_of(nn, name), lwi_nn_bias_of(nn, name));
}

/* clang-format off */
#define CONV(f)                                                                                    \
    lw_array *lw_nn_##f(lw_nn *nn, lw_array *x, const char *name, const lw_conv_options *o) {      \
        return lw_##f(x, lwi_nn_weight_of(nn, name), lwi_nn_bias_of(nn, name), o);                 \
    }
/* clang-format on */
CONV(conv1d)
CONV(conv2d)
CONV(conv3d)
CONV(conv_transpose1d)
CONV(conv_transpose2d)
CONV(conv_transpose3d)

static double eps_or(double eps, double absent) { return eps == 0 ? absent : eps; }

lw_array *lw_nn_batch_norm(lw_nn *nn, lw_array *x, const char *name, double eps) {
    return lw_batch_norm(
        x, lwi_nn_part(nn, name, "running_mean", true), lwi_nn_part(nn, name, "running_var", true),
        lwi_nn_part(nn, name, "weight", false), lwi_nn_bias_of(nn, name), eps_or(eps, 1e-5));
}

/* The shape that is normalised is that of the weight. */
static lw_ints shape_of(lw_array *x) {
    lw_ints shape = {.n = (size_t)lw_dim(x)};
    for (size_t d = 0; d < shape.n; d++)
        shape.v[d] = lw_size(x, (int64_t)d);
    return shape;
}

lw_array *lw_nn_layer_norm(lw_nn *nn, lw_array *x, const char *name, double eps) {
    lw_array *weight = lwi_nn_weight_of(nn, name);
    return lw_layer_norm(x, shape_of(weight), weight, lwi_nn_bias_of(nn, name), eps_or(eps, 1e-5));
}

lw_array *lw_nn_rms_norm(lw_nn *nn, lw_array *x, const char *name, double eps) {
    lw_array *weight = lwi_nn_weight_of(nn, name);
    return lw_rms_norm(x, shape_of(weight), weight, eps_or(eps, NAN));
}

lw_array *lw_nn_group_norm(lw_nn *nn, lw_array *x, const char *name, int64_t num_groups,
                           double eps) {
    return lw_group_norm(x, num_groups, lwi_nn_part(nn, name, "weight", false),
                         lwi_nn_bias_of(nn, name), eps_or(eps, 1e-5));
}

lw_array *lw_nn_instance_norm(lw_nn *nn, lw_array *x, const char *name, double eps) {
    return lw_instance_norm(x, lwi_nn_part(nn, name, "running_mean", false),
                            lwi_nn_part(nn, name, "running_var", false),
                            lwi_nn_part(nn, name, "weight", false), lwi_nn_bias_of(nn, name),
                            eps_or(eps, 1e-5));
}

lw_array *lw_nn_embedding(lw_nn *nn, lw_array *ids, const char *name) {
    return lw_embedding(ids, lwi_nn_weight_of(nn, name));
}

lw_array *lw_nn_prelu(lw_nn *nn, lw_array *x, const char *name) {
    return lw_prelu(x, lwi_nn_weight_of(nn, name));
}
