/* SPDX-License-Identifier: MIT
 * A node in the words of lampwick/plugin.h. */
#include "run/vendor_plugin.h"

static void describe_value(const lwi_graph *g, const lwi_shapes *shapes, int id,
                           lw_plugin_tensor *t) {
    *t = (lw_plugin_tensor){.name = "", .rank = -1};
    if (id < 0) return;
    const lwi_slot *slot = &g->slots[id];
    const lwi_shape *s = lwi_shape_of(shapes, id);
    t->name = slot->name;
    t->dtype = s->dtype;
    t->rank = s->rank;
    t->dims = s->dims;
    if (!slot->constant || slot->constant->kind != LW_KIND_TENSOR) return;
    *t = (lw_plugin_tensor){slot->name,           slot->constant->dtype, slot->constant->rank,
                            slot->constant->dims, slot->constant->bytes, slot->constant->data};
}

static lw_status describe_values(lwi_arena *arena, const lwi_graph *g, const lwi_shapes *shapes,
                                 const int *ids, size_t n, const lw_plugin_tensor **described) {
    lw_plugin_tensor *tensors = NULL;
    LW_TRY(lwi_arena_alloc(arena, n, sizeof *tensors, &tensors));
    for (size_t i = 0; i < n; i++)
        describe_value(g, shapes, ids[i], &tensors[i]);
    *described = tensors;
    return LW_OK;
}

/* False: of a kind that plug-ins are not told of. */
static bool describe_attribute(const lwi_attr *a, lw_plugin_attribute *d) {
    *d = (lw_plugin_attribute){.name = a->name, .kind = (lw_plugin_attribute_kind)a->kind};
    switch (a->kind) {
    case LWI_ATTR_FLOAT:
        d->f = a->f;
        return true;
    case LWI_ATTR_INT:
        d->i = a->i;
        return true;
    case LWI_ATTR_STRING:
        d->s = a->s.data;
        return true;
    case LWI_ATTR_FLOATS:
        d->floats = a->floats;
        d->n = a->n;
        return true;
    case LWI_ATTR_INTS:
        d->ints = a->ints;
        d->n = a->n;
        return true;
    default:
        return false;
    }
}

lw_status lwi_plugin_describe(lwi_arena *arena, const lwi_graph *g, const lwi_shapes *shapes,
                              const lwi_node *node, lw_plugin_node *d) {
    lw_plugin_attribute *attributes = NULL;
    *d = (lw_plugin_node){.size = sizeof *d,
                          .name = node->name,
                          .op_type = node->op_type,
                          .domain = node->domain,
                          .n_inputs = node->n_inputs,
                          .n_outputs = node->n_outputs};
    LW_TRY(describe_values(arena, g, shapes, node->inputs, node->n_inputs, &d->inputs));
    LW_TRY(describe_values(arena, g, shapes, node->outputs, node->n_outputs, &d->outputs));
    LW_TRY(lwi_arena_alloc(arena, node->n_attrs, sizeof *attributes, &attributes));
    for (size_t i = 0; i < node->n_attrs; i++)
        d->n_attributes += describe_attribute(&node->attrs[i], &attributes[d->n_attributes]);
    d->attributes = attributes;
    return LW_OK;
}
