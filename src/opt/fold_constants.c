/* SPDX-License-Identifier: MIT
 * Constant folding: nodes whose inputs are all constants are computed once, at load. Only small
 * tensors take part, so that loading stays cheap; a node that fails is left for the run to report.
 * DequantizeLinear waits until passes have seen the codes; what is left of it then (fold_codes) is
 * computed whatever its size, because it would be computed again in each run. */
#include "ops/call.h"
#include "opt/passes.h"

#include <string.h>

/* Results above this size are not worth keeping: they are cheap to compute and dear to store. */
enum { LARGEST_RESULT = 1 << 14, LARGEST_INPUT = 1 << 12, MOST_VALUES = 64 };

typedef struct folder {
    lwi_network *network;
    lwi_graph *graph;
    lwi_arena scratch; /* of one node */
    size_t largest;    /* result */
} folder;

static lw_status fold_memory(void *state, size_t bytes, void **block) {
    return lwi_arena_alloc(&((folder *)state)->scratch, bytes, 1, block);
}

static lw_status fold_output(void *state, lw_value *value) {
    folder *f = state;
    if (value->bytes > f->largest) return LWI_LATER;
    return lwi_arena_alloc(&f->network->arena, value->bytes, 1, &value->data);
}

static lw_status fold_bytes(void *state, size_t n, void **block) {
    return lwi_arena_alloc(&((folder *)state)->network->arena, n, 1, block);
}

static lwi_host fold_host(folder *f) {
    return (lwi_host){.memory = fold_memory,
                      .output = fold_output,
                      .bytes = fold_bytes,
                      .allocator = f->network->arena.allocator};
}

static bool is_default_input(const lwi_graph *g, int id) {
    for (size_t i = 0; g->open_defaults && i < g->n_inputs; i++)
        if (g->inputs[i] == id) return true;
    return false;
}

static bool is_dequantize(const lwi_node *node) {
    return !strcmp(node->op->name, "DequantizeLinear");
}

static bool is_candidate(const lwi_graph *g, const lwi_node *node, size_t largest) {
    if (!node->op || node->op->op->flags & LWI_RANDOM || node->n_inputs == 0) return false;
    if (node->n_inputs > MOST_VALUES || node->n_outputs > MOST_VALUES) return false;
    for (size_t a = 0; a < node->n_attrs; a++)
        if (node->attrs[a].kind == LWI_ATTR_GRAPH) return false;
    for (size_t i = 0; i < node->n_inputs; i++) {
        const int id = node->inputs[i];
        if (id < 0) continue;
        const lw_value *v = g->slots[id].constant;
        if (!v || v->bytes > largest || is_default_input(g, id)) return false;
    }
    return true;
}

static lw_status keep_result(folder *f, const lw_value *v, int id) {
    lw_value *constant = NULL;
    LW_TRY(lwi_network_tensor(f->network, v->dtype, v->rank, v->dims, v->data, &constant));
    f->graph->slots[id].constant = constant;
    return LW_OK;
}

/* Large tensors lie anywhere in the file. (Small ones do not: views of them are kept.) */
static lw_status align_input(folder *f, lw_value *copy, const lw_value **in) {
    const lw_value *v = *in;
    void *data = NULL;
    if (v->kind != LW_KIND_TENSOR || v->bytes <= LARGEST_INPUT || (uintptr_t)v->data % 8 == 0)
        return LW_OK;
    LW_TRY(lwi_arena_copy(&f->scratch, v->data, v->bytes, &data));
    LW_TRY(lwi_tensor_init(copy, v->dtype, v->rank, v->dims, data));
    *in = copy;
    return LW_OK;
}

/* *folded tells whether the node's outputs are constants now. */
static lw_status fold_node(folder *f, const lwi_node *node, bool *folded) {
    const lw_value *in[MOST_VALUES];
    lw_value copies[MOST_VALUES], values[MOST_VALUES], *out[MOST_VALUES];
    bool declared[MOST_VALUES] = {false};
    const lwi_host host = fold_host(f);
    lwi_call call = {.node = node,
                     .in = in,
                     .out = out,
                     .n_out = node->n_outputs,
                     .declared = declared,
                     .host = &host,
                     .state = f};
    memset(values, 0, sizeof values);
    lwi_arena_reset(&f->scratch);
    for (size_t i = 0; i < node->n_inputs; i++) {
        in[i] = node->inputs[i] < 0 ? NULL : f->graph->slots[node->inputs[i]].constant;
        if (in[i]) call.n_in = i + 1;
        if (in[i]) LW_TRY(align_input(f, &copies[i], &in[i]));
    }
    for (size_t i = 0; i < node->n_outputs; i++) {
        values[i].embedded = true;
        values[i].allocator = f->network->arena.allocator;
        out[i] = node->outputs[i] < 0 ? NULL : &values[i];
    }
    const lw_status status = lwi_call_run(&call, NULL);
    bool tensors = status == LW_OK;
    for (size_t i = 0; i < node->n_outputs; i++) {
        if (values[i].kind != LW_KIND_TENSOR || values[i].storage) tensors = false;
        if (values[i].storage || values[i].items) lwi_value_clear(&values[i]);
    }
    for (size_t i = 0; i < node->n_outputs && tensors; i++)
        if (out[i]) LW_TRY(keep_result(f, out[i], node->outputs[i]));
    *folded = tensors;
    return status == LW_NO_MEMORY ? status : LW_OK;
}

/* Constants of the enclosing graph become constants of the subgraph. */
static void adopt_constants(lwi_graph *g) {
    size_t n = 0;
    for (size_t i = 0; i < g->n_captures; i++) {
        const lwi_capture c = g->captures[i];
        lw_value *v = g->parent->slots[c.outer].constant;
        if (v && v->embedded && !is_default_input(g->parent, c.outer))
            g->slots[c.inner].constant = v;
        else g->captures[n++] = c;
    }
    g->n_captures = n;
}

static lw_status fold(lwi_rewrite *r, bool codes) {
    lwi_graph *g = r->graph;
    folder f = {.network = r->network, .graph = g, .largest = codes ? SIZE_MAX : LARGEST_RESULT};
    lw_status status = LW_OK;
    lwi_arena_init(&f.scratch, &r->network->arena.allocator);
    for (size_t i = 0; i < g->n_nodes && status == LW_OK; i++) {
        bool folded = false;
        lwi_node *node = lwi_rewrite_node(r, i);
        if (node && is_dequantize(node) == codes && lwi_is_read(r, node->outputs[0]) &&
            is_candidate(g, node, codes ? SIZE_MAX : LARGEST_INPUT))
            status = fold_node(&f, node, &folded);
        if (!folded) continue;
        lwi_rewrite_remove(r, &g->nodes[i]);
        r->count++;
    }
    lwi_arena_free(&f.scratch);
    return status;
}

lw_status lwi_pass_fold_constants(lwi_rewrite *r) {
    if (r->graph->parent) adopt_constants(r->graph);
    return fold(r, false);
}

lw_status lwi_pass_fold_codes(lwi_rewrite *r) { return fold(r, true); }
