/* SPDX-License-Identifier: MIT */
#include "backend/gpu/gpu_library.h"

#include "backend/gpu/gpu_program.h"

#include <math.h>

/* What is done to the result, as a program. *fits is false for what one program does not say: both
 * a clamp and a program. */
static lw_status read_epilogue(const lwi_call *c, size_t own_inputs, lwi_program *program,
                               bool *fits) {
    const float low = lwi_attr_float(c->node, "low", -INFINITY),
                high = lwi_attr_float(c->node, "high", INFINITY);
    const bool clamps = low > -INFINITY || high < INFINITY;
    LW_TRY(lwi_epilogue_read(c->node, own_inputs, program));
    *fits = !clamps || program->n_steps == 0;
    if (!clamps || !*fits) return LW_OK;
    *program = (lwi_program){.n_inputs = 1,
                             .n_steps = 1,
                             .n_constants = 2,
                             .constants = {low, high},
                             .steps = {{LWI_POINTWISE_clip, {0, -1, -2}}}};
    return LW_OK;
}

static lw_status launch_epilogue(const lwi_call *c, const lwi_program *program, size_t own_inputs,
                                 lwi_gpu_step *step) {
    const lw_value *in[LWI_PROGRAM_INPUTS] = {c->out[0]};
    lwi_gpu_program p;
    lwi_gpu_launch *launch = NULL;
    for (size_t k = 1; k < program->n_inputs; k++)
        in[k] = c->in[own_inputs + k - 1];
    lwi_gpu_program_write(program, c->out[0], in, &p);
    LW_TRY(lwi_gpu_items(step, "pointwise", c->out[0]->count, &launch));
    launch->is_epilogue = true;
    LW_TRY(lwi_gpu_data(step, launch, p.ints, p.n * sizeof *p.ints));
    lwi_gpu_out(launch, 0);
    for (size_t k = 1; k < LWI_PROGRAM_INPUTS; k++)
        lwi_gpu_in(launch, c, own_inputs + k - 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

static lw_status launch_product(const lwi_call *c, void *prepared, size_t scratch,
                                lwi_gpu_step *step) {
    lwi_gpu_launch *otherwise = NULL, *launch = &step->launches[0];
    LW_TRY(lwi_arena_alloc(step->memory, 1, sizeof *otherwise, &otherwise));
    *otherwise = *launch;
    *launch =
        (lwi_gpu_launch){.kernel = "cublasLtMatmul", .product = prepared, .otherwise = otherwise};
    for (size_t i = 0; i < 3; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_out(launch, 0);
    lwi_gpu_scratch(step, launch, scratch);
    return LW_OK;
}

lw_status lwi_gpu_launch_library(const lwi_call *c, const lwi_device_product *wanted,
                                 size_t own_inputs, lwi_gpu_step *step) {
    const lwi_device_api *api = step->device->api;
    void *prepared = NULL;
    size_t scratch = 0;
    lwi_program program;
    bool fits = false;
    LW_TRY(read_epilogue(c, own_inputs, &program, &fits));
    if (!fits || !api->prepare_product || step->n != 1) return LW_OK;
    if (wanted->bias && c->in[2]->dtype != c->out[0]->dtype) return LW_OK;
    LW_TRY(api->prepare_product(step->device, wanted, &prepared, &scratch));
    if (!prepared) return LW_OK;
    LW_TRY(launch_product(c, prepared, scratch, step));
    return program.n_steps ? launch_epilogue(c, &program, own_inputs, step) : LW_OK;
}
