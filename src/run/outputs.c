/* SPDX-License-Identifier: MIT
 * Where the outputs of a graph go: into the caller's tensors or new ones, and for a subgraph into
 * the pool. */
#include "run/device_values.h"

#include "run/type_text.h"

#include <string.h>

static const char *name_of(const lwi_plan *p, size_t i) {
    return p->graph->slots[p->graph->outputs[i]].name;
}

lw_status lwi_open_output(lwi_plan *p, lw_value **outputs, size_t i, const lw_value *like) {
    const lw_value *v = outputs[i];
    if (!v)
        return lwi_tensor_make(p->outer ? &p->context->in_pool : &lwi_malloc_allocator, like->dtype,
                               like->rank, like->dims, &outputs[i]);
    if (v->dtype == like->dtype && lwi_same_shape(v, like)) return LW_OK;
    char found[LWI_TYPE_TEXT], expected[LWI_TYPE_TEXT];
    lwi_type_text(v->kind, v->dtype, v->rank, v->dims, found);
    lwi_type_text(like->kind, like->dtype, like->rank, like->dims, expected);
    return lwi_fail(v->dtype == like->dtype ? LW_SHAPE : LW_TYPE,
                    "output '%s' is %s, but the tensor given for it is %s", name_of(p, i), expected,
                    found);
}

static lw_status give_to_graph_around(lwi_plan *p, lw_value **outputs, size_t i,
                                      const lw_value *v) {
    lwi_call call = {.host = &p->context->host, .state = p};
    if (!v)
        return lwi_fail(LW_INVALID, "subgraph '%s': output '%s' has no value", p->graph->name,
                        name_of(p, i));
    return lwi_keep(&call, v, &outputs[i]);
}

/* Output i lies elsewhere: it is a constant, an input, a view, or made by a late node. */
lw_status lwi_give_output(lwi_plan *p, lw_value **outputs, size_t i) {
    const lw_value *v = p->slots[p->graph->outputs[i]];
    if (p->outer && !outputs[i]) return give_to_graph_around(p, outputs, i, v);
    if (v && p->device) LW_TRY(lwi_device_bring(p->context, (lw_value *)v));
    if (!v) return lwi_fail(LW_INVALID, "output '%s' has no value in this run", name_of(p, i));
    if (!outputs[i]) return lwi_value_clone(&lwi_malloc_allocator, v, &outputs[i]);
    if (v->kind != LW_KIND_TENSOR || v->dtype == LW_STRING)
        return lwi_fail(LW_INVALID, "output '%s' cannot be filled in place: leave its value NULL",
                        name_of(p, i));
    LW_TRY(lwi_open_output(p, outputs, i, v));
    if (v->bytes && v->data != outputs[i]->data) memcpy(outputs[i]->data, v->data, v->bytes);
    return LW_OK;
}

lw_status lwi_place_in_output(lwi_plan *p, lw_value *value) {
    if (!p->outputs || p->outer || p->device || value->dtype == LW_STRING) return LW_OK;
    for (size_t i = 0; i < p->graph->n_outputs; i++) {
        if (!p->wanted[i] || p->slots[p->graph->outputs[i]] != value) continue;
        if (!p->outputs[i]) LW_TRY(lwi_pool_admit(&p->context->pool, value->bytes));
        LW_TRY(lwi_open_output(p, p->outputs, i, value));
        value->data = p->outputs[i]->data;
        break;
    }
    return LW_OK;
}
