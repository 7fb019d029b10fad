/* SPDX-License-Identifier: MIT
 * BatchNormalization in training mode, part by part: each channel's own mean and variance, which
 * move the running ones, and then the form that is given them. In float32. */
#include "backend/gpu/gpu_batch_training.h"

#include "backend/gpu/gpu_parts.h"

enum { X, SCALE, BIAS, MEAN, VARIANCE };

typedef struct training {
    lwi_gpu_parts parts;
    lwi_gpu_value axes; /* all but that of the channels */
    int64_t channels;
} training;

static lw_status find_axes(training *t, const lw_value *x) {
    int64_t axes[LW_MAX_RANK] = {0}, n = 0;
    for (int64_t d = 0; d < x->rank; d++)
        if (d != 1) axes[n++] = d;
    return lwi_gpu_constant(&t->parts, LW_INT64, 1, &n, axes, &t->axes);
}

/* Over all but the channels, whose axis stays where it is. */
static lw_status add_mean(training *t, lwi_gpu_value x, lwi_gpu_value *mean) {
    const lwi_gpu_part part = {.domain = "",
                               .op_type = "ReduceMean",
                               .in = {x, t->axes},
                               .n_in = 2,
                               .out = {mean},
                               .n_out = 1};
    return lwi_gpu_add(&t->parts, &part);
}

static lw_status add_moments(training *t, lwi_gpu_value *mean, lwi_gpu_value *variance) {
    const lwi_gpu_value x = lwi_gpu_input(&t->parts, X);
    lwi_gpu_value wide = {0}, apart = {0}, squares = {0}, of_squares = {0};
    LW_TRY(add_mean(t, x, &wide));
    LW_TRY(lwi_gpu_add_two(&t->parts, "Sub", x, wide, &apart));
    LW_TRY(lwi_gpu_add_two(&t->parts, "Mul", apart, apart, &squares));
    LW_TRY(add_mean(t, squares, &of_squares));
    LW_TRY(lwi_gpu_part_of(&t->parts, wide, 0, 1, &t->channels, mean));
    return lwi_gpu_part_of(&t->parts, of_squares, 0, 1, &t->channels, variance);
}

/* Output k: the running number, moved towards what was found. */
static lw_status move_running(training *t, size_t k, lwi_gpu_value found) {
    const float momentum = lwi_attr_float(t->parts.call->node, "momentum", 0.9f);
    const float weights[2] = {momentum, 1 - momentum};
    const lwi_gpu_value from[2] = {lwi_gpu_input(&t->parts, MEAN + k - 1), found};
    lwi_gpu_value weight = {0}, part[2] = {{0}, {0}};
    lwi_gpu_value moved = lwi_gpu_output(&t->parts, k);
    if (!moved.value) return LW_OK;
    for (int i = 0; i < 2; i++) {
        LW_TRY(lwi_gpu_constant(&t->parts, LW_FLOAT32, 0, NULL, &weights[i], &weight));
        LW_TRY(lwi_gpu_add_two(&t->parts, "Mul", from[i], weight, &part[i]));
    }
    return lwi_gpu_add_two(&t->parts, "Add", part[0], part[1], &moved);
}

lw_status lwi_gpu_batch_training(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    training t = {.parts = lwi_gpu_parts_of(c, step), .channels = (int64_t)c->in[SCALE]->count};
    lwi_gpu_value y = lwi_gpu_output(&t.parts, 0), moments[2] = {{0}, {0}};
    if (!lwi_gpu_all_float(c) || !y.value || c->in[X]->count == 0)
        return lwi_gpu_refuse(step, "its types, in training mode");
    LW_TRY(find_axes(&t, c->in[X]));
    LW_TRY(add_moments(&t, &moments[0], &moments[1]));
    LW_TRY(move_running(&t, 1, moments[0]));
    LW_TRY(move_running(&t, 2, moments[1]));
    const lwi_gpu_part part = {
        .domain = "",
        .op_type = "BatchNormalization",
        .attrs = {lwi_gpu_attr_float("epsilon", lwi_attr_float(c->node, "epsilon", 1e-5f))},
        .in = {lwi_gpu_input(&t.parts, X), lwi_gpu_input(&t.parts, SCALE),
               lwi_gpu_input(&t.parts, BIAS), moments[0], moments[1]},
        .n_in = 5,
        .out = {&y},
        .n_out = 1};
    LW_TRY(lwi_gpu_add(&t.parts, &part));
    return lwi_gpu_finish(&t.parts, taken);
}
