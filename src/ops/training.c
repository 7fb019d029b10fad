/* SPDX-License-Identifier: MIT
 * Adagrad (Duchi et al. 2011), Adam (Kingma and Ba 2014, arXiv 1412.6980) and Momentum of
 * ai.onnx.preview.training 1: one step of an optimiser for any number of tensors. Inputs: learning
 * rate R, step count T, then all tensors, all gradients, and all states of each kind; outputs: the
 * new tensors and states. */
#include "ops/op.h"

#include <math.h>
#include <string.h>

enum { MAX_STATES = 2 };

/* One element: its value, its gradient, its states. */
typedef struct element {
    double x, g, state[MAX_STATES];
} element;

typedef struct optimiser {
    double rate, count; /* R, T */
    double norm, norm_post, alpha, beta, epsilon, decay;
    bool nesterov;
    size_t n_states;
    void (*step)(const struct optimiser *o, element *e);
} optimiser;

static void step_adagrad(const optimiser *o, element *e) {
    const double g = o->norm * e->x + e->g;
    e->state[0] += g * g;
    e->x -= o->rate / (1 + o->count * o->decay) * g / (sqrt(e->state[0]) + o->epsilon);
}

static void step_adam(const optimiser *o, element *e) {
    const double g = o->norm * e->x + e->g;
    double rate = o->rate;
    if (o->count > 0) rate *= sqrt(1 - pow(o->beta, o->count)) / (1 - pow(o->alpha, o->count));
    e->state[0] = o->alpha * e->state[0] + (1 - o->alpha) * g;
    e->state[1] = o->beta * e->state[1] + (1 - o->beta) * g * g;
    e->x -= rate * e->state[0] / (sqrt(e->state[1]) + o->epsilon);
    e->x *= 1 - o->norm_post;
}

static void step_momentum(const optimiser *o, element *e) {
    const double g = o->norm * e->x + e->g;
    e->state[0] = o->alpha * e->state[0] + (o->count > 0 ? o->beta : 1) * g;
    e->x -= o->rate * (o->nesterov ? g + o->alpha * e->state[0] : e->state[0]);
}

static lw_status check_counts(const lwi_call *c, size_t n_states, size_t *n) {
    const size_t groups = 2 + n_states; /* tensors, gradients, states */
    *n = c->n_in < 2 ? 0 : (c->n_in - 2) / groups;
    if (c->n_in == 2 + *n * groups && *n > 0 && c->n_out <= *n * (1 + n_states)) return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "%zu inputs and %zu outputs do not fit together", c->n_in,
                         c->n_out);
}

static lw_status infer(lwi_call *c, size_t n_states) {
    size_t n = 0;
    LW_TRY(check_counts(c, n_states, &n));
    for (size_t i = 2; i < c->n_in; i++) {
        const lw_value *x = c->in[2 + (i - 2) % n];
        if (!c->in[i] || !lwi_same_shape(c->in[i], x) || c->in[i]->dtype != x->dtype)
            return lwi_call_fail(c, LW_SHAPE,
                                 "input %zu differs in type or shape from the tensor "
                                 "that it belongs to",
                                 i);
    }
    for (size_t i = 0; i < c->n_out; i++)
        LW_TRY(lwi_out_like(c, i, c->in[2 + i % n]));
    return LW_OK;
}

/* Tensor t of n. */
static void update(lwi_call *c, const optimiser *o, size_t t, size_t n) {
    for (size_t i = 0; i < c->in[2 + t]->count; i++) {
        element e = {.x = lwi_get_double(c->in[2 + t], i),
                     .g = lwi_get_double(c->in[2 + n + t], i)};
        for (size_t k = 0; k < o->n_states; k++)
            e.state[k] = lwi_get_double(c->in[2 + (2 + k) * n + t], i);
        o->step(o, &e);
        const double results[1 + MAX_STATES] = {e.x, e.state[0], e.state[1]};
        for (size_t k = 0; k <= o->n_states; k++) {
            if (k * n + t >= c->n_out || !c->out[k * n + t]) continue;
            lw_value *y = c->out[k * n + t];
            if (y->dtype == LW_FLOAT32) ((float *)y->data)[i] = (float)results[k];
            else ((double *)y->data)[i] = results[k];
        }
    }
}

static lw_status run(lwi_call *c, optimiser *o) {
    size_t n = 0;
    LW_TRY(check_counts(c, o->n_states, &n));
    LW_TRY(lwi_in_number(c, 0, &o->rate));
    LW_TRY(lwi_in_number(c, 1, &o->count));
    o->norm = lwi_attr_float(c->node, "norm_coefficient", 0);
    for (size_t t = 0; t < n; t++)
        update(c, o, t, n);
    return LW_OK;
}

static lw_status infer_one_state(lwi_call *c) { return infer(c, 1); }
static lw_status infer_two_states(lwi_call *c) { return infer(c, 2); }

static lw_status run_adagrad(lwi_call *c) {
    optimiser o = {.n_states = 1,
                   .step = step_adagrad,
                   .epsilon = lwi_attr_float(c->node, "epsilon", 1e-6f),
                   .decay = lwi_attr_float(c->node, "decay_factor", 0)};
    return run(c, &o);
}

static lw_status run_adam(lwi_call *c) {
    optimiser o = {.n_states = 2,
                   .step = step_adam,
                   .alpha = lwi_attr_float(c->node, "alpha", 0.9f),
                   .beta = lwi_attr_float(c->node, "beta", 0.999f),
                   .epsilon = lwi_attr_float(c->node, "epsilon", 1e-6f),
                   .norm_post = lwi_attr_float(c->node, "norm_coefficient_post", 0)};
    return run(c, &o);
}

static lw_status run_momentum(lwi_call *c) {
    const char *mode = lwi_attr_string(c->node, "mode", "standard");
    optimiser o = {.n_states = 1,
                   .step = step_momentum,
                   .alpha = lwi_attr_float(c->node, "alpha", 0),
                   .beta = lwi_attr_float(c->node, "beta", 0),
                   .nesterov = !strcmp(mode, "nesterov")};
    if (!o.nesterov && strcmp(mode, "standard") != 0)
        return lwi_call_fail(c, LW_INVALID, "mode '%.40s' is not standard or nesterov", mode);
    return run(c, &o);
}

const lwi_op lwi_op_adagrad = {.infer = infer_one_state, .run = run_adagrad};
const lwi_op lwi_op_adam = {.infer = infer_two_states, .run = run_adam};
const lwi_op lwi_op_momentum = {.infer = infer_one_state, .run = run_momentum};
