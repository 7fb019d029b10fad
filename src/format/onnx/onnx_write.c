/* SPDX-License-Identifier: MIT
 * ModelProto, GraphProto, NodeProto and AttributeProto. */
#include "format/onnx/onnx_write.h"

#include "format/onnx/onnx_writer.h"

#include <string.h>

/* -------------------------------------------------------------- attributes */

static void put_strings(lwi_wire_out *out, const lwi_attr *a) {
    for (size_t i = 0; i < a->n; i++)
        lwi_wire_put_bytes(out, 9, a->strings[i].data, a->strings[i].size);
}

static void put_value(lwi_onnx_writer *w, const lwi_attr *a) {
    enum { F = 2, I = 3, S = 4, T = 5, G = 6, FLOATS = 7, INTS = 8, TENSORS = 10, TP = 14 };
    switch (a->kind) {
    case LWI_ATTR_FLOAT:
        lwi_wire_put_float(&w->wire, F, a->f);
        break;
    case LWI_ATTR_INT:
        lwi_wire_put_int(&w->wire, I, a->i);
        break;
    case LWI_ATTR_STRING:
        lwi_wire_put_bytes(&w->wire, S, a->s.data, a->s.size);
        break;
    case LWI_ATTR_TENSOR:
        lwi_onnx_put_tensor(w, T, NULL, a->tensor, false);
        break;
    case LWI_ATTR_GRAPH:
        lwi_onnx_put_graph(w, G);
        break;
    case LWI_ATTR_FLOATS:
        lwi_wire_put_floats(&w->wire, FLOATS, a->floats, a->n);
        break;
    case LWI_ATTR_INTS:
        lwi_wire_put_ints(&w->wire, INTS, a->ints, a->n);
        break;
    case LWI_ATTR_STRINGS:
        put_strings(&w->wire, a);
        break;
    case LWI_ATTR_TENSORS:
        for (size_t i = 0; i < a->n; i++)
            lwi_onnx_put_tensor(w, TENSORS, NULL, a->tensors[i], false);
        break;
    case LWI_ATTR_TYPE:
        lwi_onnx_put_type(w, TP, &a->type);
        break;
    default:
        break;
    }
}

static void put_attribute(lwi_onnx_writer *w, const lwi_attr *a) {
    enum { ATTRIBUTE = 5, NAME = 1, TYPE = 20 };
    const size_t message = lwi_wire_begin(&w->wire, ATTRIBUTE);
    lwi_wire_put_text(&w->wire, NAME, a->name);
    put_value(w, a);
    lwi_wire_put_int(&w->wire, TYPE, a->kind);
    lwi_wire_end(&w->wire, message);
}

/* -------------------------------------------------------------------- nodes */

enum { NODE = 1, NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, OP_TYPE = 4, NODE_DOMAIN = 7 };

static void put_names(lwi_onnx_writer *w, const lwi_onnx_frame *f, uint32_t id, const int *ids,
                      size_t n) {
    while (n > 0 && ids[n - 1] < 0)
        n--;
    for (size_t i = 0; i < n; i++)
        lwi_wire_put_text(&w->wire, id, ids[i] < 0 ? "" : f->names[ids[i]]);
}

static void put_node(lwi_onnx_writer *w, const lwi_onnx_frame *f, size_t index) {
    const lwi_node *n = &f->graph->nodes[index];
    const size_t message = lwi_wire_begin(&w->wire, NODE);
    put_names(w, f, NODE_INPUT, n->inputs, n->n_inputs);
    put_names(w, f, NODE_OUTPUT, n->outputs, n->n_outputs);
    if (*f->node_names[index]) lwi_wire_put_text(&w->wire, NODE_NAME, f->node_names[index]);
    lwi_wire_put_text(&w->wire, OP_TYPE, n->op_type);
    for (size_t i = 0; i < n->n_attrs; i++)
        put_attribute(w, &n->attrs[i]);
    if (*n->domain) lwi_wire_put_text(&w->wire, NODE_DOMAIN, n->domain);
    lwi_wire_end(&w->wire, message);
}

static void put_copy(lwi_onnx_writer *w, const char *from, const char *to) {
    const size_t message = lwi_wire_begin(&w->wire, NODE);
    lwi_wire_put_text(&w->wire, NODE_INPUT, from);
    lwi_wire_put_text(&w->wire, NODE_OUTPUT, to);
    lwi_wire_put_text(&w->wire, OP_TYPE, "Identity");
    lwi_wire_end(&w->wire, message);
}

/* ------------------------------------------------------------------- graphs */

enum { GRAPH_NAME = 2, INITIALIZER = 5, INPUT = 11, OUTPUT = 12, INFO_NAME = 1, INFO_TYPE = 2 };

/* What is known of a tensor goes before what was declared. */
static bool type_of(const lwi_onnx_frame *f, int slot, lwi_type *type) {
    const lw_value *v = f->known ? &f->known[slot] : NULL;
    *type = f->graph->slots[slot].type;
    if (!v || v->kind != LW_KIND_TENSOR || !v->dtype) return type->declared;
    *type = (lwi_type){.dtype = v->dtype, .rank = v->rank, .dims = v->dims};
    return true;
}

static void put_info(lwi_onnx_writer *w, const lwi_onnx_frame *f, uint32_t id, int slot,
                     const char *name) {
    lwi_type type;
    const size_t message = lwi_wire_begin(&w->wire, id);
    lwi_wire_put_text(&w->wire, INFO_NAME, name);
    if (type_of(f, slot, &type)) lwi_onnx_put_type(w, INFO_TYPE, &type);
    lwi_wire_end(&w->wire, message);
}

static bool is_input(const lwi_graph *g, int slot) {
    for (size_t i = 0; i < g->n_inputs; i++)
        if (g->inputs[i] == slot) return true;
    return false;
}

/* The default of an input stays one even if nobody reads it. */
static void put_initializers(lwi_onnx_writer *w, const lwi_onnx_frame *f) {
    for (size_t i = 0; i < f->graph->n_slots; i++) {
        const lw_value *v = lwi_onnx_constant_of(f, (int)i);
        if (v && (f->used[i] || is_input(f->graph, (int)i)))
            lwi_onnx_put_tensor(w, INITIALIZER, f->names[i], v, true);
    }
}

/* Inputs that are known by now are initializers. */
static bool stays_input(const lwi_onnx_frame *f, int slot) {
    return f->graph->slots[slot].constant || !lwi_onnx_constant_of(f, slot);
}

void lwi_onnx_put_graph(lwi_onnx_writer *w, uint32_t id) {
    const lwi_onnx_frame *f = &w->frames[w->next_frame++];
    const lwi_graph *g = f->graph;
    const size_t message = lwi_wire_begin(&w->wire, id);
    for (size_t i = 0; i < g->n_nodes; i++)
        if (f->written[i]) put_node(w, f, i);
    for (size_t i = 0; i < g->n_outputs; i++)
        if (f->copies[i]) put_copy(w, f->names[g->outputs[i]], f->copies[i]);
    lwi_wire_put_text(&w->wire, GRAPH_NAME, *g->name ? g->name : "graph");
    put_initializers(w, f);
    for (size_t i = 0; i < g->n_inputs; i++)
        if (stays_input(f, g->inputs[i]))
            put_info(w, f, INPUT, g->inputs[i], f->names[g->inputs[i]]);
    for (size_t i = 0; i < g->n_outputs; i++)
        put_info(w, f, OUTPUT, g->outputs[i],
                 f->copies[i] ? f->copies[i] : f->names[g->outputs[i]]);
    lwi_wire_end(&w->wire, message);
}

/* -------------------------------------------------------------------- model */

/* https://onnx.ai/onnx/repo-docs/Versioning.html: the IR version that came with an opset. */
static int64_t ir_version(int64_t opset) {
    static const struct {
        int64_t opset, ir;
    } SINCE[] = {{28, 14}, {25, 13}, {24, 12}, {23, 11}, {21, 10}, {19, 9}, {15, 8}};
    for (size_t i = 0; i < sizeof SINCE / sizeof *SINCE; i++)
        if (opset >= SINCE[i].opset) return SINCE[i].ir;
    return 7;
}

static void put_opsets(lwi_onnx_writer *w) {
    for (size_t i = 0; i < w->n_opsets; i++) {
        const size_t message = lwi_wire_begin(&w->wire, 8);
        lwi_wire_put_text(&w->wire, 1, w->opsets[i].domain);
        lwi_wire_put_int(&w->wire, 2, w->opsets[i].version);
        lwi_wire_end(&w->wire, message);
    }
}

static void put_texts(lwi_onnx_writer *w, const lwi_network *n) {
    if (n->model_version) lwi_wire_put_int(&w->wire, 5, n->model_version);
    if (*n->doc) lwi_wire_put_text(&w->wire, 6, n->doc);
    for (size_t i = 0; i < n->n_metadata; i++) {
        const size_t message = lwi_wire_begin(&w->wire, 14);
        lwi_wire_put_text(&w->wire, 1, n->metadata[i].key);
        lwi_wire_put_text(&w->wire, 2, n->metadata[i].value);
        lwi_wire_end(&w->wire, message);
    }
}

static void put_model(lwi_onnx_writer *w) {
    int64_t opset = 0;
    for (size_t i = 0; i < w->n_opsets; i++)
        if (!*w->opsets[i].domain) opset = w->opsets[i].version;
    w->next_frame = 0;
    w->weight_bytes = 0;
    lwi_wire_put_int(&w->wire, 1, ir_version(opset));
    lwi_wire_put_text(&w->wire, 2, "lampwick");
    lwi_wire_put_text(&w->wire, 3, lw_version());
    if (w->source->network) put_texts(w, w->source->network);
    lwi_onnx_put_graph(w, 7);
    put_opsets(w);
}

static lw_status count(lwi_onnx_writer *w) {
    lwi_wire_out_free(&w->wire);
    lwi_wire_count_open(&w->wire, w->source->allocator);
    put_model(w);
    return w->wire.status;
}

static lw_status open_writer(lwi_onnx_writer *w, const lwi_onnx_source *source) {
    *w = (lwi_onnx_writer){.source = source};
    lwi_arena_init(&w->arena, source->allocator);
    lwi_strmap_init(&w->taken, source->allocator);
    lwi_strmap_init(&w->taken_nodes, source->allocator);
    lwi_wire_count_open(&w->wire, source->allocator);
    return lwi_onnx_survey(w, source->graph, NULL);
}

static void close_writer(lwi_onnx_writer *w) {
    lwi_wire_out_free(&w->wire);
    lwi_strmap_free(&w->taken);
    lwi_strmap_free(&w->taken_nodes);
    lwi_arena_free(&w->arena);
}

/* ----------------------------------------------------------- where it goes */

/* What a protocol buffer may have. */
enum { MOST_BYTES = INT32_MAX };

static lw_status to_buffer(void *buffer, const void *data, size_t size) {
    return lwi_buffer_put(buffer, data, size);
}

static lw_status to_file(void *file, const void *data, size_t size) {
    return lwi_file_writer_add(file, data, size);
}

lw_status lwi_onnx_write_buffer(const lwi_onnx_source *source, lwi_buffer *buffer) {
    lwi_onnx_writer w;
    lw_status status = open_writer(&w, source);
    if (status == LW_OK) status = count(&w);
    if (status == LW_OK && w.wire.total > MOST_BYTES)
        status = lwi_fail(LW_LIMIT, "the graph needs more than 2 GB as one ONNX model");
    if (status == LW_OK) {
        lwi_wire_put_open(&w.wire, to_buffer, buffer);
        put_model(&w);
        status = lwi_wire_put_close(&w.wire);
    }
    close_writer(&w);
    return status;
}

static lw_status write_model(lwi_onnx_writer *w, const char *path) {
    lwi_file_writer file;
    LW_TRY(lwi_file_writer_open(path, &file));
    lwi_wire_put_open(&w->wire, to_file, &file);
    put_model(w);
    return lwi_file_writer_close(&file, lwi_wire_put_close(&w->wire));
}

/* The model stands there only when its weights do. */
static lw_status write_both(lwi_onnx_writer *w, const char *path, const char *weights_path) {
    lwi_file_writer weights, file;
    LW_TRY(lwi_file_writer_open(weights_path, &weights));
    const lw_status opened = lwi_file_writer_open(path, &file);
    if (opened != LW_OK) return lwi_file_writer_close(&weights, opened);
    w->weights = &weights;
    lwi_wire_put_open(&w->wire, to_file, &file);
    put_model(w);
    const lw_status written = lwi_wire_put_close(&w->wire);
    return lwi_file_writer_close(&file, lwi_file_writer_close(&weights, written));
}

static lw_status write_beside(lwi_onnx_writer *w, const char *path) {
    char *weights_path = NULL;
    const size_t n = strlen(path);
    LW_TRY(lwi_arena_alloc(&w->arena, n + sizeof ".data", 1, &weights_path));
    memcpy(weights_path, path, n);
    memcpy(weights_path + n, ".data", sizeof ".data");
    const char *slash = strrchr(weights_path, '/');
    w->location = slash ? slash + 1 : weights_path;
    w->beside = true;
    LW_TRY(count(w));
    if (w->wire.total > MOST_BYTES)
        return lwi_fail(LW_LIMIT, "the graph alone, without weights, needs more than 2 GB");
    return write_both(w, path, weights_path);
}

static lw_status write_file(lwi_onnx_writer *w, const char *path, bool beside) {
    LW_TRY(count(w));
    return beside || w->wire.total > MOST_BYTES ? write_beside(w, path) : write_model(w, path);
}

lw_status lwi_onnx_write_file(const lwi_onnx_source *source, const char *path, bool beside) {
    lwi_onnx_writer w;
    lw_status status = open_writer(&w, source);
    if (status == LW_OK) status = write_file(&w, path, beside);
    close_writer(&w);
    return status;
}
