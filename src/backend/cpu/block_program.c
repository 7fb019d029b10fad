/* SPDX-License-Identifier: MIT */
#include "backend/cpu/block_program.h"

#include "backend/cpu/cpu_backend.h"

#include <string.h>

/* A block without buffers can be of any size; this is where threads can still share the work. */
enum { LARGEST_BLOCK = 1 << 14, LARGEST_BUFFER = 2048 };

/* The step after which the result of each step is not needed. */
static void find_last_uses(const lwi_program *p, size_t last[LWI_PROGRAM_STEPS]) {
    for (size_t i = 0; i < p->n_steps; i++) {
        last[i] = i;
        for (size_t k = 0; k < lwi_pointwise_operands(p->steps[i].code); k++) {
            const int from = p->steps[i].operands[k] - (int)p->n_inputs;
            if (from >= 0) last[from] = i;
        }
    }
}

/* A loop may write over what it reads, so a buffer is free in the step of its last use. */
static void place_buffers(const lwi_program *p, lwi_block_program *b) {
    size_t last[LWI_PROGRAM_STEPS], until[LWI_PROGRAM_STEPS];
    find_last_uses(p, last);
    for (size_t i = 0; i + 1 < p->n_steps; i++) {
        size_t k = 0;
        while (k < b->n_buffers && until[k] > i)
            k++;
        if (k == b->n_buffers) b->n_buffers++;
        until[k] = last[i];
        b->steps[i].buffer = (uint8_t)k;
    }
}

/* The lane of an operand, and whether it repeats in each row. */
static uint8_t lane_of(const lwi_program *p, const lwi_block_program *b, int operand,
                       uint32_t repeats, bool *repeating) {
    const int inputs = (int)p->n_inputs;
    *repeating = operand < 0 || (operand < inputs && repeats >> operand & 1);
    if (operand < 0) return (uint8_t)(inputs - 1 - operand);
    if (operand < inputs) return (uint8_t)operand;
    return (uint8_t)(inputs + (int)p->n_constants + b->steps[operand - inputs].buffer);
}

static size_t find_capacity(size_t buffers) {
    if (buffers == 0) return LARGEST_BLOCK;
    const size_t share = LWI_BLOCK_WORK / buffers & ~(size_t)15;
    return share < LARGEST_BUFFER ? share : LARGEST_BUFFER;
}

void lwi_block_compile(const lwi_program *p, uint32_t repeats, size_t spare, lwi_block_program *b) {
    b->n_inputs = p->n_inputs;
    b->n_constants = p->n_constants;
    b->n_steps = p->n_steps;
    b->n_buffers = 0;
    memcpy(b->constants, p->constants, p->n_constants * sizeof *p->constants);
    place_buffers(p, b);
    b->capacity = find_capacity(b->n_buffers + spare);
    for (size_t i = 0; i < p->n_steps; i++) {
        const lwi_program_step *from = &p->steps[i];
        unsigned set = 0;
        for (size_t k = 0; k < lwi_pointwise_operands(from->code); k++) {
            bool repeating = false;
            b->steps[i].operands[k] = lane_of(p, b, from->operands[k], repeats, &repeating);
            set |= (unsigned)repeating << k;
        }
        for (size_t k = lwi_pointwise_operands(from->code); k < 3; k++)
            b->steps[i].operands[k] = b->steps[i].operands[0];
        b->steps[i].code = from->code;
        b->steps[i].repeats = (uint8_t)set;
    }
}

void lwi_block_run(const lwi_block_program *b, const lwi_lane *inputs, float *y, size_t y_row,
                   size_t rows, size_t columns, float *work) {
    lwi_pointwise_f32_fn *const compute = lwi_cpu_kernels()->pointwise_f32;
    lwi_lane lanes[LWI_BLOCK_LANES];
    const size_t first = b->n_inputs + b->n_constants;
    for (size_t k = 0; k < b->n_inputs; k++)
        lanes[k] = inputs[k];
    for (size_t k = 0; k < b->n_constants; k++)
        lanes[b->n_inputs + k] = (lwi_lane){&b->constants[k], 0};
    for (size_t k = 0; k < b->n_buffers; k++)
        lanes[first + k] = (lwi_lane){work + k * b->capacity, columns};
    for (size_t i = 0; i < b->n_steps; i++) {
        const lwi_block_step *s = &b->steps[i];
        const lwi_lane operands[3] = {lanes[s->operands[0]], lanes[s->operands[1]],
                                      lanes[s->operands[2]]};
        const bool last = i + 1 == b->n_steps;
        compute(s->code, s->repeats, last ? y : (float *)lanes[first + s->buffer].data,
                last ? y_row : columns, operands, rows, columns);
    }
}
