/* SPDX-License-Identifier: MIT
 * SkipLayerNormalization and SkipSimplifiedLayerNormalization of com.microsoft: a program makes
 * input + skip + bias, in the type of the output if that is wanted and float32, else in float32 in
 * scratch memory; then rows of it are normalised. */
#include "backend/gpu/gpu_program.h"

/* Inputs 0 to 2 are input, skip and gamma; the others differ. */
typedef struct form {
    bool centre;
    size_t beta, bias; /* 0: the form has none */
} form;
static const form layer = {true, 3, 4}, rms = {false, 0, 3};

enum { INPUT, SKIP, GAMMA };
enum { MEAN = 1, INVERSE, SUM }; /* outputs */

static bool wants(const lwi_call *c, size_t output) { return output < c->n_out && c->out[output]; }

/* Floats of any width. */
static bool takes(const lwi_call *c) {
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i] && !lwi_gpu_is_float(lwi_gpu_type_of(c->in[i]->dtype))) return false;
    return lwi_gpu_moves(c) && wants(c, 0) && c->in[INPUT]->count > 0 && c->in[SKIP]->count > 0;
}

/* Where the sum of the inputs is read by what follows. */
static bool is_in_output(const lwi_call *c) {
    return wants(c, SUM) && c->out[SUM]->dtype == LW_FLOAT32;
}

static void give_sum(const lwi_call *c, lwi_gpu_step *step, lwi_gpu_launch *launch) {
    if (is_in_output(c)) lwi_gpu_out(launch, SUM);
    else lwi_gpu_scratch(step, launch, c->in[INPUT]->count * sizeof(float));
}

/* to: the output SUM, or what give_sum gives, which is float32. */
static lw_status launch_sum(const lwi_call *c, const form *f, bool to_output, lwi_gpu_step *step) {
    const bool bias = lwi_has(c, f->bias);
    lwi_program program = {.n_inputs = bias ? 3 : 2, .n_steps = bias ? 2 : 1};
    const lw_value *in[3] = {c->in[INPUT], c->in[SKIP], bias ? c->in[f->bias] : NULL};
    const size_t from[3] = {INPUT, SKIP, bias ? f->bias : INPUT};
    lw_value y = *c->in[INPUT];
    lwi_gpu_program p;
    lwi_gpu_launch *launch = NULL;
    program.steps[0] = (lwi_program_step){LWI_POINTWISE_add, {0, 1, 0}};
    program.steps[1] = (lwi_program_step){LWI_POINTWISE_add, {3, 2, 0}};
    y.dtype = to_output ? c->out[SUM]->dtype : LW_FLOAT32;
    lwi_gpu_program_write(&program, &y, in, &p);
    LW_TRY(lwi_gpu_items(step, "pointwise", y.count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, p.ints, p.n * sizeof *p.ints));
    for (size_t k = 0; k < LWI_PROGRAM_INPUTS; k++)
        lwi_gpu_in(launch, c, k < 3 ? from[k] : INPUT);
    if (to_output) lwi_gpu_out(launch, SUM);
    else give_sum(c, step, launch);
    lwi_gpu_int(launch, (int64_t)y.count);
    return LW_OK;
}

static lw_status launch_moments(const lwi_call *c, const form *f, size_t n, lwi_gpu_step *step) {
    const int to = LWI_GPU_F32 << 4 | LWI_GPU_F32 << 8;
    lwi_gpu_launch *launch = NULL;
    if (!wants(c, MEAN) && !wants(c, INVERSE)) return LW_OK;
    LW_TRY(lwi_gpu_groups(step, "row_moments", c->in[INPUT]->count / n, 1, 1, &launch));
    give_sum(c, step, launch);
    lwi_gpu_out(launch, wants(c, MEAN) ? MEAN : INVERSE);
    lwi_gpu_out(launch, wants(c, INVERSE) ? INVERSE : MEAN);
    lwi_gpu_int(launch, LWI_GPU_F32 | to);
    lwi_gpu_int(launch, (int64_t)n);
    lwi_gpu_int(launch, f->centre);
    lwi_gpu_int(launch, wants(c, MEAN) | wants(c, INVERSE) << 1);
    lwi_gpu_float(launch, lwi_attr_float(c->node, "epsilon", 1e-12f));
    return LW_OK;
}

static lw_status launch_norm(const lwi_call *c, const form *f, size_t n, lwi_gpu_step *step) {
    const bool beta = f->beta && lwi_has(c, f->beta);
    const int types = (int)LWI_GPU_F32 | (int)lwi_gpu_type_of(c->in[GAMMA]->dtype) << 4 |
                      (beta ? (int)lwi_gpu_type_of(c->in[f->beta]->dtype) << 8 : 0) |
                      (int)lwi_gpu_type_of(c->out[0]->dtype) << 12;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_groups(step, "normalize_rows", c->in[INPUT]->count / n, 1, 1, &launch));
    give_sum(c, step, launch);
    lwi_gpu_in(launch, c, GAMMA);
    lwi_gpu_in(launch, c, beta ? f->beta : GAMMA);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, types);
    lwi_gpu_int(launch, (int64_t)n);
    lwi_gpu_int(launch, 1); /* a channel for each element, in each row */
    lwi_gpu_int(launch, 1);
    lwi_gpu_int(launch, f->centre);
    lwi_gpu_int(launch, beta);
    lwi_gpu_float(launch, lwi_attr_float(c->node, "epsilon", 1e-12f));
    return LW_OK;
}

static lw_status plan(const lwi_call *c, const form *f, lwi_gpu_step *step, bool *taken) {
    const size_t n = (size_t)c->in[INPUT]->dims[c->in[INPUT]->rank - 1];
    if (!takes(c)) return lwi_gpu_refuse(step, "its types");
    *taken = step->mixes = true;
    LW_TRY(launch_sum(c, f, is_in_output(c), step));
    if (wants(c, SUM) && !is_in_output(c)) LW_TRY(launch_sum(c, f, true, step));
    LW_TRY(launch_moments(c, f, n, step));
    return launch_norm(c, f, n, step);
}

lw_status lwi_gpu_skip_layer_normalization(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan(c, &layer, step, taken);
}

lw_status lwi_gpu_skip_rms_normalization(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan(c, &rms, step, taken);
}
