/* SPDX-License-Identifier: MIT */
#include "ops/pointwise_program.h"

#include <string.h>

typedef float scalar(float a, float b, float c);

#define LWI_POINTWISE(name, operands, result)                                                      \
    static float name##_value(float a, float b, float c) {                                         \
        (void)a, (void)b, (void)c;                                                                 \
        return result;                                                                             \
    }
#include "base/pointwise.def"
#undef LWI_POINTWISE

static const struct instruction {
    size_t operands;
    scalar *value;
} INSTRUCTIONS[] = {
#define LWI_POINTWISE(name, operands, result) {operands, name##_value},
#include "base/pointwise.def"
#undef LWI_POINTWISE
};

size_t lwi_pointwise_operands(lwi_pointwise_code code) { return INSTRUCTIONS[code].operands; }

float lwi_pointwise_value(lwi_pointwise_code code, float a, float b, float c) {
    return INSTRUCTIONS[code].value(a, b, c);
}

static lw_status read_step(const lwi_node *node, lwi_program *p, const int64_t *numbers) {
    if (numbers[0] < 0 || numbers[0] >= LWI_POINTWISE_CODES)
        return lwi_node_fail(node, LW_INVALID, "there is no instruction %lld",
                             (long long)numbers[0]);
    lwi_program_step *s = &p->steps[p->n_steps];
    *s = (lwi_program_step){.code = (lwi_pointwise_code)numbers[0]};
    const int64_t low = -(int64_t)p->n_constants, high = (int64_t)(p->n_inputs + p->n_steps);
    for (size_t k = 0; k < lwi_pointwise_operands(s->code); k++) {
        const int64_t operand = numbers[k + 1];
        if (operand < low || operand >= high)
            return lwi_node_fail(node, LW_RANGE, "operand %lld of instruction %zu is not there",
                                 (long long)operand, p->n_steps);
        s->operands[k] = (int)operand;
    }
    p->n_steps++;
    return LW_OK;
}

lw_status lwi_program_read(const lwi_node *node, size_t n_inputs, lwi_program *p) {
    size_t n = 0, n_constants = 0;
    const int64_t *numbers = lwi_attr_ints(node, "program", &n);
    const float *constants = lwi_attr_floats(node, "constants", &n_constants);
    p->n_inputs = n_inputs;
    p->n_steps = 0;
    p->n_constants = n_constants;
    if (n_inputs > LWI_PROGRAM_INPUTS || n_constants > LWI_PROGRAM_CONSTANTS || n % 4 ||
        n / 4 > LWI_PROGRAM_STEPS)
        return lwi_node_fail(node, LW_LIMIT,
                             "a program of %zu inputs, %zu constants and %zu numbers is too large",
                             n_inputs, n_constants, n);
    if (n_constants) memcpy(p->constants, constants, n_constants * sizeof *constants);
    for (size_t i = 0; i < n; i += 4)
        LW_TRY(read_step(node, p, numbers + i));
    return LW_OK;
}

float lwi_program_value(const lwi_program *p, const float *inputs) {
    float values[LWI_PROGRAM_INPUTS + LWI_PROGRAM_STEPS];
    memcpy(values, inputs, p->n_inputs * sizeof *inputs);
    for (size_t i = 0; i < p->n_steps; i++) {
        const lwi_program_step *s = &p->steps[i];
        float x[3] = {0, 0, 0};
        for (size_t k = 0; k < lwi_pointwise_operands(s->code); k++)
            x[k] = s->operands[k] < 0 ? p->constants[-1 - s->operands[k]] : values[s->operands[k]];
        values[p->n_inputs + i] = lwi_pointwise_value(s->code, x[0], x[1], x[2]);
    }
    return p->n_steps ? values[p->n_inputs + p->n_steps - 1] : values[0];
}
