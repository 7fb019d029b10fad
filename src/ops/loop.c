/* SPDX-License-Identifier: MIT
 * Loop (ONNX 25): a body that runs at most M times, and as long as its condition holds. */
#include "ops/iterations.h"

enum { MAX_TRIPS, CONDITION, FIRST_STATE };

static lw_status read_condition(const lwi_call *c, const lw_value *value, bool *condition) {
    if (value->kind != LW_KIND_TENSOR || value->dtype != LW_BOOL || value->count != 1)
        return lwi_call_fail(c, LW_TYPE, "the condition is not a single bool");
    LW_TRY(lwi_bring_value(c, value));
    *condition = lwi_get_int(value, 0) != 0;
    return LW_OK;
}

static lw_status step(lwi_iterations *it, int64_t *iteration, bool *condition) {
    lw_value number, truth;
    uint8_t one = 1;
    LW_TRY(lwi_scalar_for(it->body, MAX_TRIPS, LW_INT64, iteration, &number));
    LW_TRY(lwi_scalar_for(it->body, CONDITION, LW_BOOL, &one, &truth));
    it->inputs[MAX_TRIPS] = &number;
    it->inputs[CONDITION] = &truth;
    for (size_t i = 0; i < it->n_state && it->n > 0; i++)
        it->inputs[FIRST_STATE + i] = it->state[i];
    LW_TRY(lwi_iterations_step(it));
    const lw_status status = read_condition(it->call, it->outputs[0], condition);
    lwi_value_release(it->outputs[0]);
    return status;
}

static lw_status run_iterations(lwi_iterations *it) {
    lwi_call *c = it->call;
    int64_t max = INT64_MAX;
    bool condition = true;
    LW_TRY(lwi_bring(c, MAX_TRIPS));
    if (lwi_has(c, MAX_TRIPS)) LW_TRY(lwi_in_int(c, MAX_TRIPS, &max));
    if (lwi_has(c, CONDITION)) LW_TRY(read_condition(c, c->in[CONDITION], &condition));
    for (size_t i = 0; i < it->n_state; i++) {
        if (!lwi_has(c, FIRST_STATE + i))
            return lwi_call_fail(c, LW_INVALID, "input %zu is missing", FIRST_STATE + i);
        it->inputs[FIRST_STATE + i] = c->in[FIRST_STATE + i];
    }
    for (int64_t i = 0; condition && i < max; i++)
        LW_TRY(step(it, &i, &condition));
    for (size_t i = 0; i < it->n_state; i++)
        LW_TRY(lwi_out_value(c, i, it->n ? it->state[i] : c->in[FIRST_STATE + i]));
    for (size_t k = 0; k < it->n_lists; k++)
        LW_TRY(lwi_iterations_stack(it, k, it->n_state + k, 0));
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    lwi_iterations it;
    lw_status status =
        lwi_iterations_open(&it, c, c->node->n_inputs, 1, c->node->n_inputs - FIRST_STATE);
    if (status == LW_OK) status = run_iterations(&it);
    lwi_iterations_close(&it);
    return status;
}

const lwi_op lwi_op_loop = {.run = run, .flags = LWI_BRINGS};
