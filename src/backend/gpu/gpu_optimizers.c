/* SPDX-License-Identifier: MIT
 * Adagrad, Adam and Momentum of ai.onnx.preview.training: a launch for each tensor. */
#include "backend/gpu/gpu_backend.h"

enum { ADAGRAD, ADAM, MOMENTUM, NESTEROV, NUMBERS = 6 };

static bool takes(const lwi_call *c, const lwi_gpu_step *step) {
    for (size_t i = 0; i < c->n_in; i++)
        if (!c->in[i] || !lwi_gpu_orders(step, lwi_gpu_type_of(c->in[i]->dtype))) return false;
    return lwi_gpu_moves(c) && c->n_in > 2;
}

/* Tensor t of n: states are inputs behind those and their gradients, and outputs behind those. */
static lw_status launch_tensor(const lwi_call *c, int kind, size_t n_states, size_t n, size_t t,
                               const float numbers[NUMBERS], lwi_gpu_step *step) {
    const lw_value *x = c->in[2 + t];
    size_t there = 0;
    int wanted = 0;
    lwi_gpu_launch *launch = NULL;
    while (!c->out[there])
        there++;
    LW_TRY(lwi_gpu_items(step, "optimizer_step", x->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, numbers, NUMBERS * sizeof *numbers));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    for (size_t k = 0; k < 4; k++)
        lwi_gpu_in(launch, c, 2 + (k < 2 + n_states ? k : 2) * n + t);
    for (size_t k = 0; k < 3; k++) {
        const size_t output = k * n + t;
        const bool wants = k <= n_states && output < c->n_out && c->out[output];
        lwi_gpu_out(launch, wants ? output : there);
        wanted |= wants << k;
    }
    lwi_gpu_int(launch, (int)lwi_gpu_type_of(c->in[0]->dtype) |
                            (int)lwi_gpu_type_of(c->in[1]->dtype) << 4 |
                            (int)lwi_gpu_type_of(x->dtype) << 8);
    lwi_gpu_int(launch, kind);
    lwi_gpu_int(launch, wanted);
    lwi_gpu_int(launch, (int64_t)x->count);
    return LW_OK;
}

static lw_status plan(const lwi_call *c, int kind, size_t n_states, float alpha, float beta,
                      lwi_gpu_step *step, bool *taken) {
    const float numbers[NUMBERS] = {lwi_attr_float(c->node, "norm_coefficient", 0),
                                    lwi_attr_float(c->node, "norm_coefficient_post", 0),
                                    lwi_attr_float(c->node, "alpha", alpha),
                                    lwi_attr_float(c->node, "beta", beta),
                                    lwi_attr_float(c->node, "epsilon", 1e-6f),
                                    lwi_attr_float(c->node, "decay_factor", 0)};
    const size_t n = (c->n_in - 2) / (2 + n_states);
    if (!takes(c, step)) return lwi_gpu_refuse(step, "its types");
    for (size_t t = 0; t < n; t++)
        LW_TRY(launch_tensor(c, kind, n_states, n, t, numbers, step));
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_adagrad(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan(c, ADAGRAD, 1, 0, 0, step, taken);
}

lw_status lwi_gpu_adam(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan(c, ADAM, 2, 0.9f, 0.999f, step, taken);
}

lw_status lwi_gpu_momentum(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const bool nesterov = lwi_attr_is(c->node, "mode", "nesterov");
    if (!nesterov && !lwi_attr_is(c->node, "mode", "standard"))
        return lwi_gpu_refuse(step, "its mode");
    return plan(c, nesterov ? NESTEROV : MOMENTUM, 1, 0, 0, step, taken);
}
