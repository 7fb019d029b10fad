/* SPDX-License-Identifier: MIT
 * Element by element: lampwick.Pointwise, and single operators as programs of one step. */
#include "backend/gpu/gpu_program.h"

#include <string.h>

static bool takes(const lwi_call *c) {
    for (size_t i = 0; i < c->n_in; i++)
        if (!c->in[i] || (c->in[i]->dtype != LW_FLOAT32 && c->in[i]->dtype != LW_BOOL))
            return false;
    return c->n_in >= 1 && c->n_in <= LWI_PROGRAM_INPUTS && c->out[0] && c->out[0]->rank <= 8 &&
           c->out[0]->dtype == LW_FLOAT32 && c->out[0]->count < INT32_MAX;
}

static lw_status plan(const lwi_call *c, const lwi_program *program, lwi_gpu_step *step) {
    lwi_gpu_program p;
    lwi_gpu_launch *launch = NULL;
    lwi_gpu_program_write(program, c->out[0], c->in, &p);
    LW_TRY(lwi_gpu_items(step, "pointwise_f32", c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, p.ints, p.n * sizeof *p.ints));
    for (size_t k = 0; k < LWI_PROGRAM_INPUTS; k++)
        lwi_gpu_in(launch, c, k);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

lw_status lwi_gpu_pointwise(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_program program;
    if (!takes(c)) return lwi_gpu_refuse(step, "its types or shapes");
    LW_TRY(lwi_program_read(c->node, c->n_in, &program));
    *taken = true;
    return plan(c, &program, step);
}

static const struct {
    const char *op_type;
    lwi_pointwise_code code;
} single[] = {{"Abs", LWI_POINTWISE_abs},         {"Add", LWI_POINTWISE_add},
              {"Div", LWI_POINTWISE_div},         {"Erf", LWI_POINTWISE_erf},
              {"Exp", LWI_POINTWISE_exp},         {"HardSwish", LWI_POINTWISE_hard_swish},
              {"Log", LWI_POINTWISE_log},         {"Mul", LWI_POINTWISE_mul},
              {"Neg", LWI_POINTWISE_neg},         {"Relu", LWI_POINTWISE_relu},
              {"Sigmoid", LWI_POINTWISE_sigmoid}, {"Sqrt", LWI_POINTWISE_sqrt},
              {"Sub", LWI_POINTWISE_sub},         {"Tanh", LWI_POINTWISE_tanh}};

lw_status lwi_gpu_elementwise(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_program program = {.n_inputs = c->n_in, .n_steps = 1};
    if (!takes(c) || !lwi_gpu_all_float(c)) return lwi_gpu_refuse(step, "its types or shapes");
    for (size_t i = 0; i < sizeof single / sizeof *single && !*taken; i++)
        if (!strcmp(single[i].op_type, c->node->op_type)) {
            program.steps[0] = (lwi_program_step){single[i].code, {0, c->n_in > 1, 0}};
            *taken = true;
        }
    return *taken ? plan(c, &program, step) : LW_OK;
}
