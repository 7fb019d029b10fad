/* SPDX-License-Identifier: MIT */
#include "ops/probe.h"

#include "ops/known.h"

#include <string.h>

static lw_status probe_memory(void *prober, size_t bytes, void **block) {
    return lwi_arena_alloc(&((lwi_prober *)prober)->memory, bytes, 1, block);
}

void lwi_prober_init(lwi_prober *p, const lwi_graph *graph) {
    *p = (lwi_prober){.graph = graph};
    lwi_arena_init(&p->memory, &graph->arena->allocator);
    p->host = (lwi_host){
        .memory = probe_memory, .bytes = probe_memory, .allocator = graph->arena->allocator};
}

void lwi_prober_free(lwi_prober *p) { lwi_arena_free(&p->memory); }

static lw_status reserve(lwi_prober *p, int id) {
    return (size_t)id < p->cap ? LW_OK
                               : lwi_arena_grow(&p->memory, &p->values, &p->cap, (size_t)id + 1,
                                                sizeof(lw_value *));
}

lw_status lwi_probe_set(lwi_prober *p, int id, const lw_value *value) {
    LW_TRY(reserve(p, id));
    p->values[id] = (lw_value *)value;
    return LW_OK;
}

lw_status lwi_probe_give(lwi_prober *p, int id, lw_dtype dtype, int rank, const int64_t *dims) {
    lw_value *v = NULL;
    LW_TRY(lwi_arena_alloc(&p->memory, 1, sizeof *v, &v));
    LW_TRY(lwi_tensor_init(v, dtype, rank, dims, NULL));
    return lwi_probe_set(p, id, v);
}

/* false: an input is not known. */
static bool gather(lwi_prober *p, const lwi_node *node, size_t *n_in) {
    *n_in = 0;
    for (size_t i = 0; i < node->n_inputs; i++) {
        const int id = node->inputs[i];
        p->in[i] = id < 0 ? NULL : lwi_probed(p, id);
        if (id < 0) continue;
        if (!p->in[i]) return false;
        *n_in = i + 1;
    }
    return true;
}

static lw_status make_outputs(lwi_prober *p, const lwi_node *node) {
    for (size_t k = 0; k < node->n_outputs; k++) {
        p->declared[k] = false;
        p->out[k] = NULL;
        if (node->outputs[k] < 0) continue;
        LW_TRY(lwi_arena_alloc(&p->memory, 1, sizeof **p->out, &p->out[k]));
        memset(p->out[k], 0, sizeof *p->out[k]);
        atomic_init(&p->out[k]->refs, 1);
        p->out[k]->embedded = true;
        p->out[k]->allocator = p->host.allocator;
    }
    return LW_OK;
}

static lw_status make_room(lwi_prober *p, const lwi_node *node) {
    const size_t n_in = node->n_inputs + 1, n_out = node->n_outputs + 1;
    LW_TRY(lwi_arena_grow(&p->memory, &p->in, &p->cap_in, n_in, sizeof *p->in));
    LW_TRY(lwi_arena_grow(&p->memory, &p->out, &p->cap_out, n_out, sizeof *p->out));
    return lwi_arena_grow(&p->memory, &p->declared, &p->cap_declared, n_out, sizeof *p->declared);
}

lw_status lwi_probe_node(lwi_prober *p, const lwi_node *node, lw_status *inferred) {
    *inferred = LW_OK;
    LW_TRY(make_room(p, node));
    lwi_call call = {.node = node,
                     .in = p->in,
                     .out = p->out,
                     .n_out = node->n_outputs,
                     .declared = p->declared,
                     .host = &p->host,
                     .state = p};
    if (!node->op || !gather(p, node, &call.n_in)) return LW_OK;
    LW_TRY(make_outputs(p, node));
    *inferred = lwi_call_infer(&call);
    if (*inferred == LW_NO_MEMORY) return LW_NO_MEMORY;
    if (*inferred != LW_OK && *inferred != LWI_LATER) return LW_OK;
    const bool all = (*inferred == LW_OK || !node->op->op->infer) && lwi_know(&call, &p->memory);
    for (size_t k = 0; k < node->n_outputs; k++)
        if (p->out[k] && (all || p->declared[k]))
            LW_TRY(lwi_probe_set(p, node->outputs[k],
                                 p->out[k]->kind == LW_KIND_TENSOR ? p->out[k] : NULL));
    return LW_OK;
}
