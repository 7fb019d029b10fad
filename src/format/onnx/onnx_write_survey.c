/* SPDX-License-Identifier: MIT
 * What has to be known before the first byte is written: which nodes and values are, under which
 * names, and for which opsets. A name is used once in a whole model, subgraphs included. */
#include "format/onnx/onnx_writer.h"
#include "ops/registry.h"

#include <stdio.h>
#include <string.h>

/* A dimension of 0 needs no data. */
static bool has_data(const lw_value *v) {
    return v->kind == LW_KIND_TENSOR && v->dtype && v->fixed != LWI_VARIES &&
           (v->data || v->count == 0);
}

const lw_value *lwi_onnx_constant_of(const lwi_onnx_frame *f, int slot) {
    if (f->graph->slots[slot].constant) return f->graph->slots[slot].constant;
    return f->known && has_data(&f->known[slot]) ? &f->known[slot] : NULL;
}

/* ------------------------------------------------------------------- names */

static lw_status unique_name(lwi_onnx_writer *w, lwi_strmap *taken, const char *wanted,
                             const char **name) {
    char made[160];
    *name = wanted;
    while (lwi_strmap_get(taken, *name) >= 0) {
        snprintf(made, sizeof made, "%.120s~%zu", wanted, ++w->n_made);
        *name = made;
    }
    LW_TRY(lwi_arena_string(&w->arena, *name, strlen(*name), name));
    return lwi_strmap_set(taken, *name, 0);
}

static lw_status name_value(lwi_onnx_writer *w, const lwi_slot *slot, const char **name) {
    return unique_name(w, &w->taken, *slot->name ? slot->name : "value", name);
}

/* ONNX Runtime refuses two nodes of one name, which the newest form of one may have given rise to.
 */
static lw_status name_node(lwi_onnx_writer *w, const lwi_node *node, const char **name) {
    *name = "";
    return *node->name ? unique_name(w, &w->taken_nodes, node->name, name) : LW_OK;
}

static lw_status name_values(lwi_onnx_writer *w, lwi_onnx_frame *f, const lwi_onnx_frame *outer) {
    const lwi_graph *g = f->graph;
    for (size_t i = 0; i < g->n_captures; i++)
        f->names[g->captures[i].inner] = outer->names[g->captures[i].outer];
    for (size_t i = 0; i < g->n_inputs + g->n_outputs; i++) { /* first: they keep their names */
        const int id = i < g->n_inputs ? g->inputs[i] : g->outputs[i - g->n_inputs];
        if (!f->names[id]) LW_TRY(name_value(w, &g->slots[id], &f->names[id]));
    }
    for (size_t i = 0; i < g->n_slots; i++)
        if (!f->names[i]) LW_TRY(name_value(w, &g->slots[i], &f->names[i]));
    return LW_OK;
}

/* An output of a subgraph must be made there; and no value can be two outputs. */
static bool needs_copy(const lwi_onnx_frame *f, size_t output) {
    const lwi_graph *g = f->graph;
    const int id = g->outputs[output];
    for (size_t i = 0; i < output; i++)
        if (g->outputs[i] == id) return true;
    if (!g->parent) return false;
    for (size_t i = 0; i < g->n_captures; i++)
        if (g->captures[i].inner == id) return true;
    return lwi_onnx_constant_of(f, id) != NULL;
}

static lw_status name_copies(lwi_onnx_writer *w, lwi_onnx_frame *f) {
    const lwi_graph *g = f->graph;
    for (size_t i = 0; i < g->n_outputs; i++)
        if (needs_copy(f, i)) LW_TRY(name_value(w, &g->slots[g->outputs[i]], &f->copies[i]));
    return LW_OK;
}

/* ------------------------------------------------------------------ opsets */

static lw_status need_opset(lwi_onnx_writer *w, const char *domain, int64_t version) {
    for (size_t i = 0; i < w->n_opsets; i++)
        if (!strcmp(w->opsets[i].domain, domain)) {
            if (w->opsets[i].version < version) w->opsets[i].version = version;
            return LW_OK;
        }
    LW_TRY(
        lwi_arena_grow(&w->arena, &w->opsets, &w->cap_opsets, w->n_opsets + 1, sizeof *w->opsets));
    w->opsets[w->n_opsets++] = (lwi_opset){domain, version};
    return LW_OK;
}

static lw_status check_node(const lwi_node *n) {
    if (n->op && strcmp(n->domain, "lampwick") != 0) return LW_OK;
    return lwi_fail(LW_UNSUPPORTED, "node '%s': the operator %s%s%s has no form in ONNX", n->name,
                    n->domain, *n->domain ? "." : "", n->op_type);
}

/* ------------------------------------------------------------------ graphs */

static bool is_written(const lwi_onnx_frame *f, const lwi_node *n) {
    for (size_t k = 0; k < n->n_outputs; k++)
        if (n->outputs[k] >= 0 && !lwi_onnx_constant_of(f, n->outputs[k])) return true;
    return false;
}

static void mark(void *marks, int value) { ((bool *)marks)[value] = true; }

static lw_status survey_node(lwi_onnx_writer *w, size_t frame, size_t index) {
    const lwi_onnx_frame f = w->frames[frame];
    const lwi_node *n = &f.graph->nodes[index];
    f.written[index] = is_written(&f, n);
    if (!f.written[index]) return LW_OK;
    LW_TRY(check_node(n));
    LW_TRY(name_node(w, n, &f.node_names[index]));
    LW_TRY(need_opset(w, n->domain, lwi_onnx_form_version(&f, n)));
    lwi_node_each_read(n, mark, f.used);
    for (size_t a = 0; a < n->n_attrs; a++)
        if (n->attrs[a].kind == LWI_ATTR_GRAPH) LW_TRY(lwi_onnx_survey(w, n->attrs[a].graph, &f));
    return LW_OK;
}

static lw_status open_frame(lwi_onnx_writer *w, const lwi_graph *g, size_t *index) {
    LW_TRY(
        lwi_arena_grow(&w->arena, &w->frames, &w->cap_frames, w->n_frames + 1, sizeof *w->frames));
    lwi_onnx_frame *f = &w->frames[ *index = w->n_frames++];
    *f = (lwi_onnx_frame){.graph = g, .known = *index ? NULL : w->source->known};
    LW_TRY(lwi_arena_alloc(&w->arena, g->n_slots, sizeof *f->names, &f->names));
    LW_TRY(lwi_arena_alloc(&w->arena, g->n_slots, sizeof *f->used, &f->used));
    LW_TRY(lwi_arena_alloc(&w->arena, g->n_outputs, sizeof *f->copies, &f->copies));
    LW_TRY(lwi_arena_alloc(&w->arena, g->n_nodes, sizeof *f->node_names, &f->node_names));
    return lwi_arena_alloc(&w->arena, g->n_nodes, sizeof *f->written, &f->written);
}

lw_status lwi_onnx_survey(lwi_onnx_writer *w, const lwi_graph *g, const lwi_onnx_frame *outer) {
    size_t index = 0;
    LW_TRY(open_frame(w, g, &index));
    LW_TRY(name_values(w, &w->frames[index], outer));
    LW_TRY(name_copies(w, &w->frames[index]));
    for (size_t i = 0; i < g->n_outputs; i++)
        w->frames[index].used[g->outputs[i]] = true;
    for (size_t i = 0; i < g->n_nodes; i++)
        LW_TRY(survey_node(w, index, i));
    return index ? LW_OK : need_opset(w, "", 13);
}
