/* SPDX-License-Identifier: MIT
 * Pointwise programs as kernels/program.k reads them. */
#include "backend/gpu/gpu_program.h"

#include <math.h>
#include <string.h>

/* Places in the header; see kernels/program.k. */
enum { RANK = 2, TYPES = 3, CONSTANTS = 4, LOW = 5, HIGH = 6, OUTPUT = 7, DIMS = 8, STRIDES = 16 };
enum { STEPS = 80 };
enum { ALIKE = 8, IS_SUM = 16, IS_RELU = 17 }; /* bits in OUTPUT */
enum { OPERANDS = 3 };

static int32_t bits(float f) {
    int32_t i;
    memcpy(&i, &f, sizeof i);
    return i;
}

static void write_shape(lwi_gpu_program *p, const lw_value *y, const lw_value *const *in,
                        size_t n) {
    size_t strides[LW_MAX_RANK];
    p->ints[RANK] = y->rank;
    p->ints[OUTPUT] = (int32_t)lwi_gpu_type_of(y->dtype);
    for (int d = 0; d < y->rank; d++)
        p->ints[DIMS + d] = (int32_t)y->dims[d];
    for (size_t k = 0; k < n; k++) {
        if (!in[k]) continue; /* what a product gave */
        p->ints[TYPES] |= (int32_t)((uint32_t)lwi_gpu_type_of(in[k]->dtype) << (4 * k));
        if (in[k]->count == y->count) p->ints[OUTPUT] |= 1 << (ALIKE + k);
        lwi_broadcast_strides(in[k], y->rank, strides);
        for (int d = 0; d < y->rank; d++)
            p->ints[STRIDES + 8 * k + (size_t)d] = (int32_t)strides[d];
    }
}

/* A sum of inputs 0 and 1, of which the latter lies as the output does, with relu or without. */
static void write_shortcut(const lwi_program *program, lwi_gpu_program *p) {
    const lwi_program_step *s = program->steps;
    if (program->n_inputs != 2 || program->n_steps < 1 || program->n_steps > 2 ||
        s[0].code != LWI_POINTWISE_add || s[0].operands[0] + s[0].operands[1] != 1 ||
        s[0].operands[0] * s[0].operands[1] != 0 || !(p->ints[OUTPUT] >> (ALIKE + 1) & 1))
        return;
    if (program->n_steps == 2 && (s[1].code != LWI_POINTWISE_relu || s[1].operands[0] != 2)) return;
    p->ints[OUTPUT] |= 1 << IS_SUM | (program->n_steps == 2) << IS_RELU;
}

void lwi_gpu_program_write(const lwi_program *program, const lw_value *y, const lw_value *const *in,
                           lwi_gpu_program *p) {
    *p = (lwi_gpu_program){0};
    p->ints[0] = (int32_t)program->n_inputs;
    p->ints[1] = (int32_t)program->n_steps;
    p->ints[LOW] = bits(-INFINITY);
    p->ints[HIGH] = bits(INFINITY);
    write_shape(p, y, in, program->n_inputs);
    write_shortcut(program, p);
    p->n = STEPS;
    for (size_t s = 0; s < program->n_steps; s++) {
        p->ints[p->n++] = (int32_t)program->steps[s].code;
        for (int k = 0; k < 3; k++)
            p->ints[p->n++] = program->steps[s].operands[k];
    }
    p->ints[CONSTANTS] = (int32_t)p->n;
    for (size_t i = 0; i < program->n_constants; i++)
        p->ints[p->n++] = bits(program->constants[i]);
}

bool lwi_gpu_has_epilogue(const lwi_node *node) {
    return lwi_node_attr(node, "program") || lwi_node_attr(node, "low") ||
           lwi_node_attr(node, "high");
}

bool lwi_gpu_takes_epilogue(const lwi_call *c, size_t own_inputs) {
    return c->n_in <= own_inputs + OPERANDS && (!c->out[0] || c->out[0]->rank <= 8);
}

lw_status lwi_gpu_epilogue(const lwi_call *c, size_t own_inputs, lwi_gpu_step *step,
                           lwi_gpu_launch *launch) {
    lwi_program program;
    lwi_gpu_program p;
    const lw_value *in[LWI_PROGRAM_INPUTS] = {NULL};
    LW_TRY(lwi_epilogue_read(c->node, own_inputs, &program));
    for (size_t k = 1; k < program.n_inputs; k++)
        in[k] = c->in[own_inputs + k - 1];
    lwi_gpu_program_write(&program, c->out[0], in, &p);
    p.ints[LOW] = bits(lwi_attr_float(c->node, "low", -INFINITY));
    p.ints[HIGH] = bits(lwi_attr_float(c->node, "high", INFINITY));
    LW_TRY(lwi_gpu_data(step, launch, p.ints, p.n * sizeof *p.ints));
    for (size_t k = 0; k < OPERANDS; k++)
        lwi_gpu_in(launch, c, own_inputs + k);
    return LW_OK;
}

lw_status lwi_gpu_no_epilogue(const lwi_call *c, lwi_gpu_step *step, lwi_gpu_launch *launch) {
    static const lwi_program none = {.n_inputs = 1};
    const lw_value *in[LWI_PROGRAM_INPUTS] = {NULL};
    lwi_gpu_program p;
    lwi_gpu_program_write(&none, c->out[0], in, &p);
    LW_TRY(lwi_gpu_data(step, launch, p.ints, p.n * sizeof *p.ints));
    for (size_t k = 0; k < OPERANDS; k++)
        lwi_gpu_in(launch, c, 0);
    return LW_OK;
}
