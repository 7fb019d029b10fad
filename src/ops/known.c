/* SPDX-License-Identifier: MIT */
#include "ops/known.h"

#include "graph/align.h"
#include "ops/registry.h"

/* Values up to this size are computed when all they depend on is known. */
enum { LARGEST_KNOWN = 1 << 14 };

static lw_status known_output(void *memory, lw_value *value) {
    if (value->bytes > LARGEST_KNOWN) return LWI_LATER;
    return lwi_arena_alloc(memory, value->bytes, 1, &value->data);
}

static lw_status known_bytes(void *memory, size_t n, void **block) {
    return lwi_arena_alloc(memory, n, 1, block);
}

static lw_status known_memory(void *memory, size_t bytes, void **block) {
    if (bytes > 16 * LARGEST_KNOWN) return LWI_LATER;
    return known_bytes(memory, bytes, block);
}

static bool has_subgraph(const lwi_node *node) {
    for (size_t a = 0; a < node->n_attrs; a++)
        if (node->attrs[a].kind == LWI_ATTR_GRAPH) return true;
    return false;
}

/* All inputs, or all that matters of them, are there now. */
static bool can_know(const lwi_call *call) {
    const unsigned flags = call->node->op->op->flags;
    if (flags & LWI_RANDOM || has_subgraph(call->node)) return false;
    if (flags & LWI_DIMS_ONLY) return true;
    for (size_t i = 0; i < call->n_in; i++) {
        const lw_value *v = call->in[i];
        if (v && (v->kind != LW_KIND_TENSOR || (!v->data && v->count) || v->bytes > LARGEST_KNOWN))
            return false;
        if (v && v->data && !lwi_is_aligned(v)) return false; /* as it lies in the file */
    }
    return true;
}

static bool small_outputs(const lwi_call *call) {
    for (size_t k = 0; k < call->n_out; k++)
        if (call->out[k] && call->out[k]->bytes > LARGEST_KNOWN) return false;
    return true;
}

static bool is_plain(const lwi_call *call) {
    for (size_t k = 0; k < call->n_out; k++)
        if (call->out[k] && (call->out[k]->kind != LW_KIND_TENSOR || call->out[k]->storage))
            return false;
    return true;
}

bool lwi_know(lwi_call *call, lwi_arena *memory) {
    if (!can_know(call) || !small_outputs(call)) return false;
    const lwi_host host = {.memory = known_memory,
                           .output = known_output,
                           .bytes = known_bytes,
                           .allocator = memory->allocator};
    lwi_call known = *call;
    known.host = &host;
    known.state = memory;
    if (lwi_call_run(&known, NULL) == LW_OK && is_plain(call)) return true;
    for (size_t k = 0; k < call->n_out; k++)
        if (call->out[k]) lwi_value_clear(call->out[k]);
    return false;
}
