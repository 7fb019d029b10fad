/* SPDX-License-Identifier: MIT
 * SequenceMap (ONNX 17): a body that runs once for each item of a sequence. */
#include "ops/iterations.h"
#include "ops/sequence.h"

/* Additional sequences give an item each time, tensors themselves. */
static lw_status set_inputs(lwi_iterations *it, size_t i) {
    const lwi_call *c = it->call;
    for (size_t k = 0; k < c->n_in; k++) {
        const lw_value *x = c->in[k];
        if (!x) return lwi_call_fail(c, LW_INVALID, "input %zu is missing", k);
        if (x->kind != LW_KIND_SEQUENCE) {
            it->inputs[k] = x;
            continue;
        }
        if (x->n_items != c->in[0]->n_items)
            return lwi_call_fail(c, LW_SHAPE, "input %zu has %zu items, expected %zu", k,
                                 x->n_items, c->in[0]->n_items);
        it->inputs[k] = x->items[i];
    }
    return LW_OK;
}

static lw_status give_sequence(const lwi_iterations *it, size_t k) {
    lwi_call *c = it->call;
    lw_value *sequence = NULL;
    const lw_dtype dtype =
        it->n ? it->lists[k].items[0]->dtype : it->body->slots[it->body->outputs[k]].type.dtype;
    LW_TRY(lwi_value_make(&c->host->allocator, LW_KIND_SEQUENCE, dtype, it->n, &sequence));
    lw_status status = LW_OK;
    for (size_t i = 0; i < it->n; i++) {
        sequence->items[i] = lwi_value_ref(it->lists[k].items[i]);
        if (status == LW_OK) status = lwi_bring_value(c, sequence->items[i]);
    }
    return lwi_out_own(c, k, sequence, status);
}

static lw_status run_iterations(lwi_iterations *it) {
    for (size_t i = 0; i < it->call->in[0]->n_items; i++) {
        LW_TRY(set_inputs(it, i));
        LW_TRY(lwi_iterations_step(it));
    }
    for (size_t k = 0; k < it->call->n_out; k++)
        LW_TRY(give_sequence(it, k));
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    lwi_iterations it;
    lw_status status = lwi_iterations_open(&it, c, c->n_in, 0, 0);
    if (status == LW_OK) status = run_iterations(&it);
    lwi_iterations_close(&it);
    return status;
}

const lwi_op lwi_op_sequence_map = {.run = run};
