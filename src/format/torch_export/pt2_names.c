/* SPDX-License-Identifier: MIT
 * Names of the program's values. */
#include "format/torch_export/pt2.h"

lw_status lwi_pt2_names_open(lwi_pt2 *p, const lwi_json_item *graph, lwi_pt2_names *names) {
    const lwi_json_item *types = lwi_json_get(graph, "tensor_values");
    *names = (lwi_pt2_names){.graph = graph};
    lwi_strmap_init(&names->index, &p->memory.allocator);
    if (!lwi_json_is(types, LWI_JSON_OBJECT))
        return lwi_fail(LW_CORRUPT, "a graph has no 'tensor_values'");
    return lwi_json_index_make(&p->memory, types, &names->types);
}

void lwi_pt2_names_close(lwi_pt2_names *names) { lwi_strmap_free(&names->index); }

static lw_status add(lwi_pt2 *p, const char *name, const struct lwi_pt2_name *item) {
    lwi_pt2_names *names = p->names;
    LW_TRY(lwi_arena_grow(&p->memory, &names->items, &names->capacity, names->n + 1,
                          sizeof *names->items));
    names->items[names->n] = *item;
    return lwi_strmap_set(&names->index, name, (int)names->n++);
}

lw_status lwi_pt2_define(lwi_pt2 *p, const char *name, const lwi_aten_value *value) {
    return add(p, name, &(struct lwi_pt2_name){.value = *value});
}

lw_status lwi_pt2_define_stored(lwi_pt2 *p, const char *name, const char *stored) {
    return add(p, name, &(struct lwi_pt2_name){.stored = stored});
}

lw_status lwi_pt2_find(lwi_pt2 *p, const char *name, lwi_aten_value *value) {
    const int i = lwi_strmap_get(&p->names->index, name);
    if (i < 0) return lwi_fail(LW_CORRUPT, "there is no value '%.80s'", name);
    struct lwi_pt2_name *item = &p->names->items[i];
    if (item->stored) LW_TRY(lwi_pt2_constant(p, item->stored, &item->value));
    item->stored = NULL;
    *value = item->value;
    return LW_OK;
}
