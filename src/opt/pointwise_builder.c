/* SPDX-License-Identifier: MIT */
#include "opt/pointwise_builder.h"

#include <math.h>
#include <string.h>

void lwi_builder_open(lwi_builder *b, const lwi_rewrite *rewrite, int rank) {
    b->rewrite = rewrite;
    b->program.n_inputs = b->program.n_steps = b->program.n_constants = 0;
    b->n_values = 0;
    b->rank = rank;
    b->full = false;
}

/* Bits are compared: 0 and -0 differ, a NaN is itself. */
int lwi_builder_number(lwi_builder *b, float number) {
    lwi_program *p = &b->program;
    size_t i = 0;
    while (i < p->n_constants && memcmp(&p->constants[i], &number, sizeof number) != 0)
        i++;
    if (i == LWI_PROGRAM_CONSTANTS) {
        b->full = true;
        return -1;
    }
    if (i == p->n_constants) p->constants[p->n_constants++] = number;
    return -1 - (int)i;
}

int lwi_builder_operand(lwi_builder *b, int value) {
    for (size_t i = 0; i < b->n_values; i++)
        if (b->values[i] == value) return b->operands[i];
    const lw_value *constant = lwi_constant(b->rewrite, value);
    double number = 0;
    if (constant && constant->dtype == LW_FLOAT32 && constant->rank <= b->rank &&
        lwi_constant_number(b->rewrite, value, &number))
        return lwi_builder_number(b, (float)number);
    size_t k = 0;
    while (k < b->program.n_inputs && b->inputs[k] != value)
        k++;
    if (k == LWI_PROGRAM_INPUTS) {
        b->full = true;
        return 0;
    }
    if (k == b->program.n_inputs) b->inputs[b->program.n_inputs++] = value;
    return (int)k;
}

int lwi_builder_step(lwi_builder *b, lwi_pointwise_code code, int x, int y, int z) {
    if (b->program.n_steps == LWI_PROGRAM_STEPS) {
        b->full = true;
        return 0;
    }
    b->program.steps[b->program.n_steps] = (lwi_program_step){code, {x, y, z}};
    return LWI_BUILDER_STEP + (int)b->program.n_steps++;
}

void lwi_builder_define(lwi_builder *b, int value, int operand) {
    if (b->n_values == LWI_BUILDER_VALUES) {
        b->full = true;
        return;
    }
    b->values[b->n_values] = value;
    b->operands[b->n_values++] = operand;
}

/* How often the steps after it read the result of step i. */
static size_t count_uses(const lwi_program *p, size_t i) {
    size_t n = 0;
    for (size_t s = i + 1; s < p->n_steps; s++)
        for (size_t k = 0; k < lwi_pointwise_operands(p->steps[s].code); k++)
            n += p->steps[s].operands[k] == LWI_BUILDER_STEP + (int)i;
    return n;
}

static void remove_step(lwi_program *p, size_t i) {
    memmove(&p->steps[i], &p->steps[i + 1], (p->n_steps - i - 1) * sizeof *p->steps);
    p->n_steps--;
    for (size_t s = i; s < p->n_steps; s++)
        for (size_t k = 0; k < 3; k++)
            if (p->steps[s].operands[k] > LWI_BUILDER_STEP + (int)i) p->steps[s].operands[k]--;
}

/* a b, read once, by a sum with c, becomes a b + c. */
static void join_products(lwi_program *p) {
    for (size_t s = 0; s < p->n_steps; s++) {
        lwi_program_step *sum = &p->steps[s];
        for (size_t k = 0; k < 2 && sum->code == LWI_POINTWISE_add; k++) {
            const int from = sum->operands[k] - LWI_BUILDER_STEP;
            if (from < 0 || p->steps[from].code != LWI_POINTWISE_mul ||
                count_uses(p, (size_t)from) != 1)
                continue;
            const int *factors = p->steps[from].operands;
            *sum = (lwi_program_step){LWI_POINTWISE_multiply_add,
                                      {factors[0], factors[1], sum->operands[1 - k]}};
            remove_step(p, (size_t)from);
            s--;
            break;
        }
    }
}

void lwi_builder_close(lwi_builder *b) {
    lwi_program *p = &b->program;
    if (b->full) return;
    join_products(p);
    for (size_t s = 0; s < p->n_steps; s++)
        for (size_t k = 0; k < 3; k++)
            if (p->steps[s].operands[k] >= LWI_BUILDER_STEP)
                p->steps[s].operands[k] += (int)p->n_inputs - LWI_BUILDER_STEP;
}

lw_status lwi_builder_write(const lwi_builder *b, lwi_rewrite *r, lwi_node *node) {
    const lwi_program *p = &b->program;
    int64_t numbers[4 * LWI_PROGRAM_STEPS];
    for (size_t s = 0; s < p->n_steps; s++) {
        numbers[4 * s] = p->steps[s].code;
        for (size_t k = 0; k < 3; k++)
            numbers[4 * s + 1 + k] = p->steps[s].operands[k];
    }
    LW_TRY(lwi_rewrite_set_ints(r, node, "program", numbers, 4 * p->n_steps));
    if (p->n_constants == 0) return LW_OK;
    return lwi_rewrite_set_floats(r, node, "constants", p->constants, p->n_constants);
}
