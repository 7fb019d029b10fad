/* SPDX-License-Identifier: MIT
 * Nodes, inputs and outputs of an architecture's graph. */
#include "arch/builder.h"

#include "ops/registry.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static size_t count_tensors(const lwi_checkpoint *from) {
    lwi_checkpoint_tensor tensor;
    size_t n = 0;
    while (from->tensor(from->state, n, &tensor))
        n++;
    return n;
}

lw_status lwi_build_open(lwi_graph_builder *b, lwi_network *network, const lwi_checkpoint *from) {
    *b = (lwi_graph_builder){.network = network, .from = from, .layer = -1};
    b->n_tensors = count_tensors(from);
    LW_TRY(lwi_arena_alloc(&network->arena, b->n_tensors, sizeof *b->used, &b->used));
    LW_TRY(lwi_graph_new(&network->arena, NULL, from->architecture, &network->graph));
    b->graph = network->graph;
    b->graph->open_defaults = false;
    return LW_OK;
}

static lw_status record_unused(lwi_graph_builder *b) {
    lwi_checkpoint_tensor tensor;
    for (size_t i = 0; i < b->n_tensors; i++)
        if (!b->used[i] && b->from->tensor(b->from->state, i, &tensor))
            LW_TRY(lwi_network_metadata(b->network, "lampwick.unused_tensor", tensor.name));
    return LW_OK;
}

lw_status lwi_build_close(lwi_graph_builder *b) {
    lwi_build_check_adapters(b);
    return b->status == LW_OK ? record_unused(b) : b->status;
}

void lwi_build_fail(lwi_graph_builder *b, lw_status status, const char *format, ...) {
    char sentence[256];
    va_list args;
    if (b->status != LW_OK) return;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    b->status = lwi_fail(status, "%s: %s", b->from->architecture, sentence);
}

/* Keeps the first failure. */
static bool failed(lwi_graph_builder *b, lw_status status) {
    if (b->status == LW_OK) b->status = status;
    return b->status != LW_OK;
}

/* -------------------------------------------------------------------- graph */

int lwi_build_input(lwi_graph_builder *b, const char *name, lw_dtype dtype, int rank,
                    const int64_t *dims, const char *const *dim_names) {
    lwi_graph *g = b->graph;
    size_t capacity = g->n_inputs;
    int id = -1;
    if (failed(b, LW_OK) || failed(b, lwi_graph_define(g, name, &id)) ||
        failed(b, lwi_arena_grow(g->arena, &g->inputs, &capacity, g->n_inputs + 1, sizeof(int))))
        return -1;
    void *sizes = NULL, *names = NULL;
    if (failed(b, lwi_arena_copy(g->arena, dims, (size_t)rank * sizeof *dims, &sizes)) ||
        failed(b, lwi_arena_copy(g->arena, dim_names, (size_t)rank * sizeof *dim_names, &names)))
        return -1;
    g->slots[id].type = (lwi_type){.kind = LW_KIND_TENSOR,
                                   .dtype = dtype,
                                   .declared = true,
                                   .rank = rank,
                                   .dims = sizes,
                                   .dim_names = names};
    g->inputs[g->n_inputs++] = id;
    return id;
}

/* "blk.3.ffn_down" or the operator's name, for messages and profiles. */
static lw_status name_node(lwi_graph_builder *b, lwi_node *node) {
    char text[96], layer[32] = "";
    if (b->layer >= 0) snprintf(layer, sizeof layer, "blk.%d.", b->layer);
    snprintf(text, sizeof text, "%s%s%s_%zu", b->stack ? b->stack : "", layer, node->op_type,
             b->graph->n_nodes);
    return lwi_arena_string(b->graph->arena, text, strlen(text), &node->name);
}

static lw_status append(lwi_graph_builder *b, const char *domain, const char *op_type, size_t n,
                        const int *inputs, size_t n_outputs, const int *outputs) {
    lwi_graph *g = b->graph;
    lwi_node node = {.overload = "", .op = lwi_op_find(domain, op_type), .n_outputs = n_outputs};
    LW_TRY(b->status);
    if (!node.op) return lwi_fail(LW_INTERNAL, "no operator %s", op_type);
    node.domain = node.op->domain;
    node.op_type = node.op->name;
    while (n > 0 && inputs[n - 1] < 0)
        n--;
    node.n_inputs = n;
    LW_TRY(name_node(b, &node));
    LW_TRY(lwi_arena_copy(g->arena, inputs, n * sizeof *inputs, &node.inputs));
    LW_TRY(lwi_arena_copy(g->arena, outputs, n_outputs * sizeof *outputs, &node.outputs));
    b->node = g->n_nodes;
    return lwi_graph_append(g, &node);
}

void lwi_build_output(lwi_graph_builder *b, int value, lw_dtype dtype, const char *name) {
    lwi_graph *g = b->graph;
    size_t capacity = g->n_outputs;
    int id = -1;
    if (failed(b, LW_OK) || failed(b, lwi_graph_define(g, name, &id)) ||
        failed(b, lwi_arena_grow(g->arena, &g->outputs, &capacity, g->n_outputs + 1, sizeof(int))))
        return;
    g->slots[id].type =
        (lwi_type){.kind = LW_KIND_TENSOR, .dtype = dtype, .declared = true, .rank = -1};
    g->outputs[g->n_outputs++] = id;
    failed(b, append(b, "", "Identity", 1, &value, 1, &id));
}

void lwi_build_outputs(lwi_graph_builder *b, const char *domain, const char *op_type, size_t n,
                       const int *inputs, size_t n_out, int *outputs) {
    for (size_t k = 0; k < n_out; k++) {
        outputs[k] = -1;
        if (!failed(b, LW_OK)) failed(b, lwi_graph_temporary(b->graph, op_type, &outputs[k]));
    }
    if (!failed(b, LW_OK)) failed(b, append(b, domain, op_type, n, inputs, n_out, outputs));
    for (size_t k = 0; k < n_out && b->status != LW_OK; k++)
        outputs[k] = -1;
}

int lwi_build(lwi_graph_builder *b, const char *op_type, size_t n, const int *inputs) {
    int id = -1;
    lwi_build_outputs(b, "", op_type, n, inputs, 1, &id);
    return id;
}

int lwi_build_fused(lwi_graph_builder *b, const char *op_type, size_t n, const int *inputs) {
    int id = -1;
    lwi_build_outputs(b, "lampwick", op_type, n, inputs, 1, &id);
    return id;
}

static void set_attr(lwi_graph_builder *b, const lwi_attr *attr) {
    if (!failed(b, LW_OK))
        failed(b, lwi_node_set_attr(b->graph->arena, &b->graph->nodes[b->node], attr));
}

void lwi_build_int(lwi_graph_builder *b, const char *name, int64_t value) {
    set_attr(b, &(lwi_attr){.name = name, .kind = LWI_ATTR_INT, .i = value});
}

void lwi_build_list(lwi_graph_builder *b, const char *name, size_t n, const int64_t *values) {
    void *copy = NULL;
    if (failed(b, LW_OK) ||
        failed(b, lwi_arena_copy(b->graph->arena, values, n * sizeof *values, &copy)))
        return;
    set_attr(b, &(lwi_attr){.name = name, .kind = LWI_ATTR_INTS, .n = n, .ints = copy});
}

void lwi_build_float(lwi_graph_builder *b, const char *name, double value) {
    set_attr(b, &(lwi_attr){.name = name, .kind = LWI_ATTR_FLOAT, .f = (float)value});
}

void lwi_build_text(lwi_graph_builder *b, const char *name, const char *value) {
    set_attr(b, &(lwi_attr){.name = name, .kind = LWI_ATTR_STRING, .s = {value, strlen(value)}});
}

/* ---------------------------------------------------------------- constants */

static int constant(lwi_graph_builder *b, lw_dtype dtype, int rank, const int64_t *dims,
                    const void *data, size_t bytes) {
    lw_value *value = NULL;
    void *copy = NULL;
    int id = -1;
    if (failed(b, LW_OK) || failed(b, lwi_arena_copy(b->graph->arena, data, bytes, &copy)) ||
        failed(b, lwi_network_tensor(b->network, dtype, rank, dims, copy, &value)) ||
        failed(b, lwi_graph_constant(b->graph, "constant", value, &id)))
        return -1;
    return id;
}

int lwi_build_floats(lwi_graph_builder *b, int rank, const int64_t *dims, const float *data) {
    size_t count = 0;
    if (failed(b, lwi_shape_count(rank, dims, &count))) return -1;
    return constant(b, LW_FLOAT32, rank, dims, data, count * sizeof *data);
}

int lwi_build_scalar(lwi_graph_builder *b, double number) {
    const float x = (float)number;
    return constant(b, LW_FLOAT32, 0, NULL, &x, sizeof x);
}

int lwi_build_ints(lwi_graph_builder *b, size_t n, const int64_t *values) {
    const int64_t dim = (int64_t)n;
    return constant(b, LW_INT64, 1, &dim, values, n * sizeof *values);
}

/* --------------------------------------------------------------- arithmetic */

int lwi_build_add(lwi_graph_builder *b, int x, int y) {
    return lwi_build(b, "Add", 2, (int[]){x, y});
}

int lwi_build_mul(lwi_graph_builder *b, int x, int y) {
    return lwi_build(b, "Mul", 2, (int[]){x, y});
}

int lwi_build_scale(lwi_graph_builder *b, int x, double factor) {
    return factor == 1 ? x : lwi_build_mul(b, x, lwi_build_scalar(b, factor));
}

int lwi_build_reshape(lwi_graph_builder *b, int x, size_t rank, const int64_t *dims) {
    return lwi_build(b, "Reshape", 2, (int[]){x, lwi_build_ints(b, rank, dims)});
}

int lwi_build_part(lwi_graph_builder *b, int x, int64_t first, int64_t n) {
    const int from = lwi_build_ints(b, 1, &first), to = lwi_build_ints(b, 1, &(int64_t){first + n});
    return lwi_build(b, "Slice", 4, (int[]){x, from, to, lwi_build_ints(b, 1, &(int64_t){-1})});
}

int lwi_build_top(lwi_graph_builder *b, int x, int64_t k) {
    int ids[2] = {-1, -1};
    const int count = lwi_build_ints(b, 1, &k);
    lwi_build_outputs(b, "", "TopK", 2, (int[]){x, count}, 2, ids);
    return ids[1];
}

int lwi_build_softcap(lwi_graph_builder *b, int x, double cap) {
    if (!(cap > 0)) return x;
    const int bent = lwi_build(b, "Tanh", 1, &(int){lwi_build_scale(b, x, 1 / cap)});
    return lwi_build_scale(b, bent, cap);
}

/* ----------------------------------------------------------------- metadata */

void lwi_build_note(lwi_graph_builder *b, const char *key, int64_t value) {
    char text[32];
    const char *copy = NULL;
    snprintf(text, sizeof text, "%lld", (long long)value);
    if (failed(b, LW_OK) ||
        failed(b, lwi_arena_string(&b->network->arena, text, strlen(text), &copy)))
        return;
    failed(b, lwi_network_metadata(b->network, key, copy));
}
