/* SPDX-License-Identifier: MIT
 * The public functions that look at a model. */
#include "backend/cpu/cpu_backend.h"
#include "ops/registry.h"
#include "run/model.h"

#include <string.h>

static lw_status check_info(const char *function, const void *info, size_t have, size_t need) {
    if (!info) return lwi_fail(LW_INVALID, "%s: info is NULL", function);
    if (have < need)
        return lwi_fail(LW_INVALID, "%s: info->size is %zu, expected %zu", function, have, need);
    return LW_OK;
}

static lw_status check_index(const char *function, size_t index, size_t count) {
    if (index < count) return LW_OK;
    return lwi_fail(LW_RANGE, "%s: index %zu, but there are %zu", function, index, count);
}

/* --------------------------------------------------------- inputs, outputs */

size_t lw_model_input_count(const lw_model *m) { return m ? m->network.graph->n_inputs : 0; }
size_t lw_model_output_count(const lw_model *m) { return m ? m->network.graph->n_outputs : 0; }

static void describe_slot(const lwi_slot *slot, lw_io_info *info) {
    const lwi_type *t = &slot->type;
    info->name = slot->name;
    info->kind = t->kind;
    info->element = t->element;
    info->dtype = t->dtype;
    info->key = t->key;
    info->rank = t->rank;
    info->dims = t->dims;
    info->dim_names = t->dim_names;
    info->has_default = slot->constant != NULL;
}

lw_status lw_model_input(const lw_model *m, size_t index, lw_io_info *info) {
    LW_TRY(check_info(__func__, info, info ? info->size : 0, sizeof *info));
    LW_TRY(check_index(__func__, index, lw_model_input_count(m)));
    describe_slot(&m->network.graph->slots[m->network.graph->inputs[index]], info);
    return LW_OK;
}

lw_status lw_model_output(const lw_model *m, size_t index, lw_io_info *info) {
    LW_TRY(check_info(__func__, info, info ? info->size : 0, sizeof *info));
    LW_TRY(check_index(__func__, index, lw_model_output_count(m)));
    describe_slot(&m->network.graph->slots[m->network.graph->outputs[index]], info);
    info->has_default = false;
    return LW_OK;
}

/* ------------------------------------------------------------------- model */

static uint64_t count_parameters(const lwi_graph *g) {
    uint64_t n = 0;
    for (size_t i = 0; i < g->n_slots; i++)
        if (g->slots[i].constant) n += g->slots[i].constant->count;
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t a = 0; a < g->nodes[i].n_attrs; a++)
            if (g->nodes[i].attrs[a].kind == LWI_ATTR_GRAPH)
                n += count_parameters(g->nodes[i].attrs[a].graph);
    return n;
}

lw_status lw_model_describe(const lw_model *m, lw_model_info *info) {
    LW_TRY(check_info(__func__, info, info ? info->size : 0, sizeof *info));
    if (!m) return lwi_fail(LW_INVALID, "lw_model_describe: model is NULL");
    const lwi_network *n = &m->network;
    *info = (lw_model_info){.size = info->size,
                            .format = n->format,
                            .producer = n->producer,
                            .producer_version = n->producer_version,
                            .doc = n->doc,
                            .graph_name = n->graph->name,
                            .ir_version = n->ir_version,
                            .model_version = n->model_version,
                            .file_bytes = m->file_bytes,
                            .parameters = count_parameters(n->graph),
                            .nodes = n->graph->n_nodes,
                            .opsets = n->n_opsets,
                            .metadata = n->n_metadata,
                            .issues = n->n_issues};
    return LW_OK;
}

lw_status lw_model_opset(const lw_model *m, size_t index, const char **domain, int64_t *version) {
    LW_TRY(check_index(__func__, index, m ? m->network.n_opsets : 0));
    *domain = m->network.opsets[index].domain;
    *version = m->network.opsets[index].version;
    return LW_OK;
}

lw_status lw_model_metadata(const lw_model *m, size_t index, const char **key, const char **value) {
    LW_TRY(check_index(__func__, index, m ? m->network.n_metadata : 0));
    *key = m->network.metadata[index].key;
    *value = m->network.metadata[index].value;
    return LW_OK;
}

const char *lw_model_issue(const lw_model *m, size_t index) {
    return m && index < m->network.n_issues ? m->network.issues[index] : NULL;
}

const lw_value *lw_model_initializer(const lw_model *m, const char *name) {
    if (!m || !name || lwi_model_align(m) != LW_OK) return NULL;
    const lwi_graph *g = m->network.graph;
    const lw_value *settled = NULL;
    for (size_t i = 0; i < g->n_slots; i++)
        if (g->slots[i].constant && !strcmp(g->slots[i].name, name))
            return lwi_model_settled(m, g->slots[i].constant, &settled) == LW_OK ? settled : NULL;
    return NULL;
}

/* ------------------------------------------------------------------- nodes */

static size_t count_subgraphs(const lwi_node *node) {
    size_t n = 0;
    for (size_t a = 0; a < node->n_attrs; a++)
        n += node->attrs[a].kind == LWI_ATTR_GRAPH;
    return n;
}

lw_status lw_model_node(const lw_model *m, size_t index, lw_node_info *info) {
    LW_TRY(check_info(__func__, info, info ? info->size : 0, sizeof *info));
    LW_TRY(check_index(__func__, index, m ? m->network.graph->n_nodes : 0));
    const lwi_node *node = &m->network.graph->nodes[index];
    *info = (lw_node_info){.size = info->size,
                           .name = node->name,
                           .op_type = node->op_type,
                           .domain = node->domain,
                           .n_inputs = node->n_inputs,
                           .n_outputs = node->n_outputs,
                           .n_subgraphs = count_subgraphs(node)};
    return LW_OK;
}

static const char *value_name(const lw_model *m, int id) {
    return id < 0 ? "" : m->network.graph->slots[id].name;
}

const char *lw_model_node_input(const lw_model *m, size_t node, size_t index) {
    if (!m || node >= m->network.graph->n_nodes) return NULL;
    const lwi_node *n = &m->network.graph->nodes[node];
    return index < n->n_inputs ? value_name(m, n->inputs[index]) : NULL;
}

const char *lw_model_node_output(const lw_model *m, size_t node, size_t index) {
    if (!m || node >= m->network.graph->n_nodes) return NULL;
    const lwi_node *n = &m->network.graph->nodes[node];
    return index < n->n_outputs ? value_name(m, n->outputs[index]) : NULL;
}

/* Operators of one graph, counted by walking again for each kind: models have few kinds. */
typedef struct op_count {
    const char *domain, *op_type;
    size_t count;
} op_count;
enum { MOST_KINDS = 1024 };

static size_t count_ops(const lwi_graph *g, op_count *counts, size_t n) {
    for (size_t i = 0; i < g->n_nodes; i++) {
        const lwi_node *node = &g->nodes[i];
        size_t k = 0;
        while (k < n && (strcmp(counts[k].op_type, node->op_type) != 0 ||
                         strcmp(counts[k].domain, node->domain) != 0))
            k++;
        if (k == n && n < MOST_KINDS) counts[n++] = (op_count){node->domain, node->op_type, 0};
        if (k < MOST_KINDS) counts[k].count++;
        for (size_t a = 0; a < node->n_attrs; a++)
            if (node->attrs[a].kind == LWI_ATTR_GRAPH)
                n = count_ops(node->attrs[a].graph, counts, n);
    }
    return n;
}

void lw_model_count_ops(const lw_model *m,
                        void (*fn)(void *user, const char *domain, const char *op_type,
                                   size_t count),
                        void *user) {
    op_count *counts = NULL;
    if (!m || lwi_alloc_array(&m->allocator, MOST_KINDS, sizeof *counts, &counts) != LW_OK) return;
    const size_t n = count_ops(m->network.graph, counts, 0);
    for (size_t k = 0; k < n; k++)
        fn(user, counts[k].domain, counts[k].op_type, counts[k].count);
    lwi_free(&m->allocator, counts);
}

/* --------------------------------------------------------------- operators */

size_t lw_op_count(void) { return lwi_op_entry_count(); }

lw_status lw_op(size_t index, lw_op_info *info) {
    LW_TRY(check_info(__func__, info, info ? info->size : 0, sizeof *info));
    LW_TRY(check_index(__func__, index, lwi_op_entry_count()));
    const lwi_op_entry *entry = lwi_op_entry_at(index);
    const lwi_schema *s = lwi_schema_find(entry->domain, entry->name);
    const lwi_param *p = !s ? NULL : s->n_in ? s->in : s->n_out ? s->out : NULL;
    *info = (lw_op_info){.size = info->size,
                         .domain = entry->domain,
                         .name = entry->name,
                         .version = s ? s->version : 1,
                         .types = p ? p->types : 0,
                         .kernels = lwi_cpu_knows(entry->op) ? "reference cpu" : "reference"};
    return LW_OK;
}

/* ------------------------------------------------------------------ passes */

size_t lw_pass_count(void) { return LWI_PASS_COUNT; }

lw_status lw_pass(size_t index, lw_pass_info *info) {
    LW_TRY(check_info(__func__, info, info ? info->size : 0, sizeof *info));
    LW_TRY(check_index(__func__, index, LWI_PASS_COUNT));
    info->name = lwi_pass_name(index);
    info->about = lwi_pass_about(index);
    return LW_OK;
}

size_t lw_model_pass_rewrites(const lw_model *m, size_t pass) {
    return m && pass < LWI_PASS_COUNT ? m->pass_counts[pass] : 0;
}
