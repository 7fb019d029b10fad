/* SPDX-License-Identifier: MIT */
#include "ops/epilogue.h"

#include "ops/broadcast.h"

#include <math.h>
#include <string.h>

lw_status lwi_epilogue_read(const lwi_node *node, size_t own_inputs, lwi_program *program) {
    const size_t extra = node->n_inputs > own_inputs ? node->n_inputs - own_inputs : 0;
    return lwi_program_read(node, 1 + extra, program);
}

lw_status lwi_epilogue_check(const lwi_node *node, size_t own_inputs) {
    lwi_program program;
    return lwi_epilogue_read(node, own_inputs, &program);
}

static bool fits(const lw_value *operand, const lw_value *y) {
    if (operand->rank > y->rank) return false;
    for (int d = 0; d < operand->rank; d++)
        if (operand->dims[d] != 1 && operand->dims[d] != y->dims[y->rank - operand->rank + d])
            return false;
    return true;
}

lw_status lwi_epilogue_infer(lwi_call *c, size_t own_inputs) {
    const lw_value *y = c->out[0];
    for (size_t i = own_inputs; y && i < c->n_in; i++) {
        if (fits(c->in[i], y)) continue;
        char found[LWI_SHAPE_TEXT], expected[LWI_SHAPE_TEXT];
        return lwi_call_fail(c, LW_SHAPE, "input %zu, %s, cannot be broadcast to %s", i,
                             lwi_shape_text(c->in[i]->rank, c->in[i]->dims, found),
                             lwi_shape_text(y->rank, y->dims, expected));
    }
    return LW_OK;
}

typedef struct epilogue {
    lwi_program program;
    lwi_broadcast_plan plan;
    const float *operands[LWI_PROGRAM_INPUTS];
    float *y, low, high;
} epilogue;

static void apply(void *arg, size_t begin, size_t end) {
    const epilogue *e = arg;
    for (lwi_rows r = lwi_rows_at(&e->plan, begin, end); r.n; lwi_rows_next(&r))
        for (size_t i = 0; i < r.n; i++) {
            float *y = e->y + r.out + i, inputs[LWI_PROGRAM_INPUTS];
            inputs[0] = *y < e->low ? e->low : *y > e->high ? e->high : *y;
            for (size_t k = 1; k < e->plan.n; k++)
                inputs[k] = e->operands[k][r.at[k] + i * r.step[k]];
            *y = lwi_program_value(&e->program, inputs);
        }
}

lw_status lwi_epilogue_run(lwi_call *c, size_t own_inputs) {
    epilogue e = {.low = lwi_attr_float(c->node, "low", -INFINITY),
                  .high = lwi_attr_float(c->node, "high", INFINITY)};
    LW_TRY(lwi_epilogue_read(c->node, own_inputs, &e.program));
    if (e.program.n_steps == 0 && e.low == -INFINITY && e.high == INFINITY) return LW_OK;
    const lw_value *in[LWI_PROGRAM_INPUTS] = {c->out[0]};
    e.y = c->out[0]->data;
    for (size_t k = 1; k < e.program.n_inputs; k++) {
        in[k] = c->in[own_inputs + k - 1];
        e.operands[k] = in[k]->data;
    }
    lwi_plan_broadcast(&e.plan, c->out[0]->rank, c->out[0]->dims, in, e.program.n_inputs);
    lwi_parallel(c, e.plan.count, 1 << 12, apply, &e);
    return LW_OK;
}
