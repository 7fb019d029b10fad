/* SPDX-License-Identifier: MIT */
#include "ops/iterations.h"

#include "ops/concat.h"

lw_status lwi_iterations_open(lwi_iterations *it, lwi_call *c, size_t n_inputs, size_t n_leading,
                              size_t n_state) {
    const lwi_graph *body = lwi_attr_graph(c->node, "body");
    *it = (lwi_iterations){.call = c, .n_inputs = n_inputs, .n_leading = n_leading};
    const size_t fixed = n_leading + n_state;
    if (!body) return lwi_call_fail(c, LW_CORRUPT, "has no body");
    if (body->n_inputs < n_inputs || body->n_outputs < fixed ||
        c->n_out > body->n_outputs - n_leading)
        return lwi_call_fail(c, LW_CORRUPT,
                             "the body has %zu inputs and %zu outputs, expected %zu and at least "
                             "%zu",
                             body->n_inputs, body->n_outputs, n_inputs,
                             c->n_out + n_leading > fixed ? c->n_out + n_leading : fixed);
    it->body = body;
    it->n_lists = body->n_outputs - fixed;
    LW_TRY(lwi_scratch(c, n_inputs, sizeof *it->inputs, &it->inputs));
    LW_TRY(lwi_scratch(c, body->n_outputs, sizeof *it->outputs, &it->outputs));
    LW_TRY(lwi_scratch(c, n_state, sizeof *it->state, &it->state));
    LW_TRY(lwi_scratch(c, it->n_lists, sizeof *it->lists, &it->lists));
    for (size_t i = 0; i < n_state; i++)
        it->state[i] = NULL;
    for (size_t k = 0; k < it->n_lists; k++)
        it->lists[k] = (lwi_collected){0};
    it->n_state = n_state;
    return LW_OK;
}

void lwi_iterations_close(lwi_iterations *it) {
    for (size_t i = 0; i < it->n_state; i++)
        lwi_value_release(it->state[i]);
    for (size_t k = 0; it->lists && k < it->n_lists; k++) {
        for (size_t i = 0; i < it->n; i++)
            lwi_value_release(it->lists[k].items[i]);
        lwi_free(&it->call->host->allocator, it->lists[k].items);
    }
}

lw_status lwi_iterations_step(lwi_iterations *it) {
    const lw_allocator *a = &it->call->host->allocator;
    LW_TRY(lwi_check_cancel(it->call));
    for (size_t k = 0; k < it->n_lists; k++)
        LW_TRY(lwi_grow(a, &it->lists[k].items, &it->lists[k].capacity, it->n + 1,
                        sizeof *it->lists[k].items));
    LW_TRY(lwi_run_subgraph(it->call, it->body, it->inputs, it->n_inputs, it->outputs,
                            it->body->n_outputs));
    lw_value **next = it->outputs + it->n_leading;
    for (size_t i = 0; i < it->n_state; i++) {
        lwi_value_release(it->state[i]);
        it->state[i] = next[i];
    }
    for (size_t k = 0; k < it->n_lists; k++)
        it->lists[k].items[it->n] = next[it->n_state + k];
    it->n++;
    return LW_OK;
}

/* Without an iteration, only the body's declaration says what is stacked; sizes that it leaves
 * open become 0. */
static lw_status stack_nothing(const lwi_iterations *it, size_t k, size_t i, int64_t axis) {
    lwi_call *c = it->call;
    const int id = it->body->outputs[it->n_leading + it->n_state + k];
    const lwi_slot *slot = &it->body->slots[id];
    const lwi_type *t = &slot->type;
    if (!t->declared || t->kind != LW_KIND_TENSOR || !t->dtype || t->rank < 0 ||
        t->rank >= LW_MAX_RANK)
        return lwi_call_fail(c, LW_UNSUPPORTED,
                             "there are no iterations, and the body does not "
                             "declare the shape of '%s'",
                             slot->name);
    int at = 0;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_axis(c, axis, t->rank + 1, &at));
    for (int d = 0, from = 0; d <= t->rank; d++) {
        dims[d] = d == at ? 0 : t->dims[from++];
        if (dims[d] < 0) dims[d] = 0;
    }
    return lwi_out(c, i, t->dtype, t->rank + 1, dims);
}

lw_status lwi_iterations_stack(const lwi_iterations *it, size_t k, size_t i, int64_t axis) {
    if (i >= it->call->n_out || !it->call->out[i]) return LW_OK;
    if (it->n == 0) return stack_nothing(it, k, i, axis);
    bool done = false;
    const lwi_host *host = it->call->host;
    if (host->stack) LW_TRY(host->stack(it->call, i, it->lists[k].items, it->n, axis, &done));
    if (done) return LW_OK;
    return lwi_concat_out(it->call, i, (const lw_value *const *)it->lists[k].items, it->n, axis,
                          true);
}

lw_status lwi_scalar_for(const lwi_graph *body, size_t input, lw_dtype dtype, void *data,
                         lw_value *scalar) {
    const lwi_type *t = &body->slots[body->inputs[input]].type;
    const int64_t one = 1;
    return lwi_tensor_init(scalar, dtype, t->declared && t->rank == 1, &one, data);
}
