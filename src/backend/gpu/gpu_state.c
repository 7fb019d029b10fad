/* SPDX-License-Identifier: MIT
 * LinearAttention and CausalConvWithState. */
#include "backend/gpu/gpu_backend.h"

#include <math.h>
#include <string.h>

static bool all_floats(const lwi_call *c) {
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i] && !lwi_gpu_is_float(lwi_gpu_type_of(c->in[i]->dtype))) return false;
    return lwi_gpu_moves(c);
}

static int type_of(const lwi_call *c, size_t input) {
    return lwi_has(c, input) ? (int)lwi_gpu_type_of(c->in[input]->dtype) : 0;
}

static bool wants(const lwi_call *c, size_t output) { return output < c->n_out && c->out[output]; }

/* ------------------------------------------------------------- LinearAttention */

enum { Q, K, V, PAST, DECAY, BETA, INPUTS };
/* Places in the plan of linear_attention in kernels/state.k. */
enum { TOKENS, Q_HEADS, KV_HEADS, KEY, VALUE, DECAYS, BETAS, TYPES, Y_TYPE = 13, STATE_TYPE, HAS };

static void write_plan(const lwi_call *c, int32_t *p) {
    const int64_t *q = c->in[Q]->dims;
    p[TOKENS] = (int32_t)q[1];
    p[Q_HEADS] = (int32_t)lwi_attr_int(c->node, "q_num_heads", 1);
    p[KV_HEADS] = (int32_t)lwi_attr_int(c->node, "kv_num_heads", 1);
    p[KEY] = (int32_t)(q[2] / p[Q_HEADS]);
    p[VALUE] = (int32_t)(c->in[V]->dims[2] / p[KV_HEADS]);
    p[DECAYS] = lwi_has(c, DECAY) ? (int32_t)(c->in[DECAY]->dims[2] / p[KV_HEADS]) : 0;
    p[BETAS] = lwi_has(c, BETA) ? (int32_t)c->in[BETA]->dims[2] : 0;
    for (size_t i = 0; i < INPUTS; i++)
        p[TYPES + i] = type_of(c, i);
    for (size_t k = 0; k < 2; k++)
        if (wants(c, k)) p[Y_TYPE + k] = (int32_t)lwi_gpu_type_of(c->out[k]->dtype);
    p[HAS] = lwi_has(c, PAST) | wants(c, 0) << 1 | wants(c, 1) << 2;
}

lw_status lwi_gpu_linear_attention(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    int32_t plan[16] = {0};
    lwi_gpu_launch *launch = NULL;
    if (!all_floats(c)) return lwi_gpu_refuse(step, "its types");
    write_plan(c, plan);
    const size_t heads = (size_t)c->in[Q]->dims[0] * (size_t)plan[KV_HEADS];
    const size_t columns = heads * (size_t)plan[VALUE];
    const float given = lwi_attr_float(c->node, "scale", 0);
    LW_TRY(lwi_gpu_items(step, "linear_attention", columns, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    for (size_t i = 0; i < INPUTS; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_scratch(step, launch, columns * (size_t)plan[KEY] * sizeof(float));
    lwi_gpu_out(launch, wants(c, 0) ? 0 : 1);
    lwi_gpu_out(launch, wants(c, 1) ? 1 : 0);
    lwi_gpu_float(launch, given != 0 ? given : 1 / sqrt((double)plan[KEY]));
    lwi_gpu_int(launch, (int64_t)columns);
    *taken = true;
    return LW_OK;
}

/* --------------------------------------------------------- CausalConvWithState */

static lw_status launch_causal(const lwi_call *c, size_t output, int has, lwi_gpu_step *step) {
    const int64_t *x = c->in[0]->dims;
    int types = (int)lwi_gpu_type_of(c->out[output]->dtype) << 16;
    lwi_gpu_launch *launch = NULL;
    if (c->out[output]->count == 0) return LW_OK;
    for (size_t i = 0; i < 4; i++)
        types |= type_of(c, i) << (4 * i);
    LW_TRY(lwi_gpu_items(step, "causal_convolution", c->out[output]->count, &launch));
    for (size_t i = 0; i < 4; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_out(launch, output);
    lwi_gpu_int(launch, types);
    lwi_gpu_int(launch, x[1]);
    lwi_gpu_int(launch, x[2]);
    lwi_gpu_int(launch, c->in[1]->dims[2]);
    lwi_gpu_int(launch, has);
    lwi_gpu_int(launch, (int64_t)c->out[output]->count);
    return LW_OK;
}

lw_status lwi_gpu_causal_conv(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const char *activation = lwi_attr_string(c->node, "activation", "none");
    const bool silu = !strcmp(activation, "silu") || !strcmp(activation, "swish");
    const int has = lwi_has(c, 2) | lwi_has(c, 3) << 1 | silu << 2;
    if (!all_floats(c)) return lwi_gpu_refuse(step, "its types");
    if (!silu && strcmp(activation, "none") != 0) return lwi_gpu_refuse(step, "its activation");
    *taken = true;
    if (wants(c, 0)) LW_TRY(launch_causal(c, 0, has, step));
    return wants(c, 1) ? launch_causal(c, 1, has | 8, step) : LW_OK;
}
