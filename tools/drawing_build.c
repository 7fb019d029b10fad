/* SPDX-License-Identifier: MIT
 * Boxes and edges of a model: its inputs, nodes and outputs; initializers are named in the boxes
 * that use them. */
#include <stdlib.h>
#include <string.h>

#include "drawing.h"
#include "shape_text.h"
#include "text.h"

/* Which box makes a value. */
typedef struct maker {
    const char *name;
    size_t box;
} maker;

typedef struct makers {
    maker *items;
    size_t n;
} makers;

size_t lwi_drawing_add_box(lwi_drawing *d, lwi_box box) {
    if (d->n_boxes == d->box_capacity) {
        d->box_capacity = d->box_capacity ? d->box_capacity * 2 : 256;
        d->boxes = lwi_resize(d->boxes, d->box_capacity, sizeof *d->boxes);
    }
    d->boxes[d->n_boxes] = box;
    return d->n_boxes++;
}

void lwi_drawing_add_edge(lwi_drawing *d, size_t from, size_t to) {
    if (d->n_edges == d->edge_capacity) {
        d->edge_capacity = d->edge_capacity ? d->edge_capacity * 2 : 256;
        d->edges = lwi_resize(d->edges, d->edge_capacity, sizeof *d->edges);
    }
    d->edges[d->n_edges++] = (lwi_edge){from, to};
}

static void add_maker(makers *m, const char *name, size_t box) {
    if (!*name) return;
    m->items = lwi_resize(m->items, m->n + 1, sizeof *m->items);
    m->items[m->n++] = (maker){name, box};
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const maker *)a)->name, ((const maker *)b)->name);
}

static const maker *find_maker(const makers *m, const char *name) {
    const maker key = {name, 0};
    return m->n ? bsearch(&key, m->items, m->n, sizeof key, by_name) : NULL;
}

/* Letters are about 7.2 and 5.6 units wide at the sizes that drawing_svg.c uses. */
static void measure_box(lwi_box *box) {
    const double big = 7.2 * (double)strlen(box->label), small = 5.6 * (double)strlen(box->detail);
    box->width = (big > small ? big : small) + 20;
    box->height = *box->detail ? 38 : 26;
}

/* The shapes of a node's initializers: "64x3x7x7, 64". */
static char *weights_text(const lw_model *model, size_t node, size_t n_inputs) {
    char *text = lwi_text("%s", "");
    for (size_t i = 0; i < n_inputs && strlen(text) < 40; i++) {
        const char *name = lw_model_node_input(model, node, i);
        const lw_value *value = name && *name ? lw_model_initializer(model, name) : NULL;
        if (!value || lw_value_kind(value) != LW_KIND_TENSOR) continue;
        lwi_shape_text shape;
        char *longer = lwi_text("%s%s%s", text, *text ? " " : "", lwi_shape_of(value, &shape));
        free(text);
        text = longer;
    }
    return text;
}

static size_t add_node(lwi_drawing *d, const lw_model *model, size_t index,
                       const lw_node_info *info, const lwi_node_time *time, double total) {
    const char *output = lw_model_node_output(model, index, 0);
    lwi_box box = {.kind = LWI_BOX_NODE, .share = -1};
    box.label = lwi_text("%.60s%s", info->op_type, info->n_subgraphs ? " {...}" : "");
    box.detail = weights_text(model, index, info->n_inputs);
    if (time && total > 0) {
        box.share = time->seconds / total;
        free(box.detail);
        box.detail = lwi_text("%.3f ms, %.1f %%", time->seconds * 1e3, box.share * 100);
    }
    box.title = lwi_text("%.60s%s%.60s\n%.200s\n-> %.200s", info->domain, *info->domain ? "." : "",
                         info->op_type, info->name, output ? output : "");
    measure_box(&box);
    return lwi_drawing_add_box(d, box);
}

static size_t add_io(lwi_drawing *d, const lw_io_info *info, lwi_box_kind kind) {
    lwi_shape_text type;
    lwi_box box = {.kind = kind, .share = -1};
    box.label = lwi_text("%.60s", info->name);
    box.detail = lwi_text("%s", lwi_type_of_info(info, &type));
    box.title = lwi_text("%s %.200s", kind == LWI_BOX_INPUT ? "input" : "output", info->name);
    measure_box(&box);
    return lwi_drawing_add_box(d, box);
}

static void add_inputs(lwi_drawing *d, const lw_model *model, makers *m) {
    for (size_t i = 0; i < lw_model_input_count(model); i++) {
        const lw_io_info info = lwi_input_info(model, i);
        if (!info.has_default) add_maker(m, info.name, add_io(d, &info, LWI_BOX_INPUT));
    }
}

static void add_outputs(lwi_drawing *d, const lw_model *model, const makers *m) {
    for (size_t i = 0; i < lw_model_output_count(model); i++) {
        const lw_io_info info = lwi_output_info(model, i);
        const size_t box = add_io(d, &info, LWI_BOX_OUTPUT);
        const maker *from = find_maker(m, info.name);
        if (from) lwi_drawing_add_edge(d, from->box, box);
    }
}

void lwi_drawing_build(const lw_model *model, const lwi_node_time *nodes, lwi_drawing *d) {
    lw_model_info info = {.size = sizeof info};
    makers m = {0};
    double total = 0;
    *d = (lwi_drawing){0};
    if (lw_model_describe(model, &info)) return;
    for (size_t i = 0; nodes && i < info.nodes; i++)
        total += nodes[i].seconds;
    add_inputs(d, model, &m);
    const size_t first = d->n_boxes;
    for (size_t i = 0; i < info.nodes; i++) {
        lw_node_info node = {.size = sizeof node};
        if (lw_model_node(model, i, &node))
            node = (lw_node_info){.op_type = "?", .domain = "", .name = ""};
        const size_t box = add_node(d, model, i, &node, nodes ? &nodes[i] : NULL, total);
        for (size_t k = 0; k < node.n_outputs; k++)
            add_maker(&m, lw_model_node_output(model, i, k), box);
    }
    if (m.n) qsort(m.items, m.n, sizeof *m.items, by_name);
    for (size_t i = 0; i < info.nodes; i++) {
        lw_node_info node = {.size = sizeof node};
        if (lw_model_node(model, i, &node)) continue;
        for (size_t k = 0; k < node.n_inputs; k++) {
            const maker *from = find_maker(&m, lw_model_node_input(model, i, k));
            if (from && from->box != first + i) lwi_drawing_add_edge(d, from->box, first + i);
        }
    }
    add_outputs(d, model, &m);
    free(m.items);
}

void lwi_drawing_free(lwi_drawing *d) {
    for (size_t i = 0; i < d->n_boxes; i++) {
        free(d->boxes[i].label);
        free(d->boxes[i].detail);
        free(d->boxes[i].title);
    }
    free(d->boxes);
    free(d->edges);
}
