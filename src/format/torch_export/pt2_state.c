/* SPDX-License-Identifier: MIT
 * Buffers and inputs that the program writes to. A graph keeps nothing from run to run, so that a
 * buffer becomes an input, whose default is what the file holds, and the output NAME.next.
 *
 * Functional programs name what is written in their signature; in others, operators write in place,
 * also through views. */
#include "format/torch_export/pt2.h"

#include <string.h>

static bool writes(const char *target, char name[96], char overload[64]) {
    if (!lwi_pt2_operator(target, name, overload)) return false;
    const size_t n = strlen(name);
    return n > 1 && name[n - 1] == '_' && name[n - 2] != '_';
}

/* The placeholder that the node's first argument is, or is a view of; NULL: none. */
static const char *base_of(const lwi_json_item *node, const lwi_json_item *inputs,
                           const lwi_strmap *bases) {
    const lwi_json_item *args = lwi_json_get(node, "inputs");
    if (!lwi_json_is(args, LWI_JSON_ARRAY) || !args->size) return NULL;
    const char *name = lwi_pt2_name_of(lwi_json_get(&args->items[0], "arg"));
    const int place = name ? lwi_strmap_get(bases, name) : -1;
    return place < 0 ? NULL : lwi_pt2_name_of(&inputs->items[place]);
}

static lw_status look_at(lwi_pt2 *p, const lwi_json_item *node, const lwi_json_item *inputs,
                         lwi_strmap *bases) {
    char name[96], overload[64];
    const lwi_json_item *outputs = lwi_json_get(node, "outputs");
    const char *target = lwi_json_text(node, "target", ""), *base = base_of(node, inputs, bases);
    if (!base) return LW_OK;
    const bool written = writes(target, name, overload);
    if (written) LW_TRY(lwi_strmap_set(&p->written, base, 1));
    const bool alias = written || (lwi_pt2_operator(target, name, overload) &&
                                   lwi_aten_is_view(&p->a, name, overload));
    for (size_t i = 0; alias && lwi_json_is(outputs, LWI_JSON_ARRAY) && i < outputs->size; i++) {
        const char *output = lwi_pt2_name_of(&outputs->items[i]);
        const lwi_json_item *list = lwi_json_get(&outputs->items[i], "as_tensors");
        if (output) LW_TRY(lwi_strmap_set(bases, output, lwi_strmap_get(bases, base)));
        for (size_t k = 0; lwi_json_is(list, LWI_JSON_ARRAY) && k < list->size; k++) {
            const char *part = lwi_json_text(&list->items[k], "name", NULL);
            if (part) LW_TRY(lwi_strmap_set(bases, part, lwi_strmap_get(bases, base)));
        }
    }
    return LW_OK;
}

static lw_status look_through(lwi_pt2 *p, const lwi_json_item *inputs, const lwi_json_item *nodes,
                              lwi_strmap *bases) {
    for (size_t i = 0; i < inputs->size; i++) {
        const char *name = lwi_pt2_name_of(&inputs->items[i]);
        if (name) LW_TRY(lwi_strmap_set(bases, name, (int)i));
    }
    for (size_t i = 0; i < nodes->size; i++)
        LW_TRY(look_at(p, &nodes->items[i], inputs, bases));
    return LW_OK;
}

lw_status lwi_pt2_find_written(lwi_pt2 *p) {
    const lwi_json_item *inputs = lwi_json_get(p->names->graph, "inputs");
    const lwi_json_item *nodes = lwi_json_get(p->names->graph, "nodes");
    lwi_strmap bases;
    if (!lwi_json_is(inputs, LWI_JSON_ARRAY) || !lwi_json_is(nodes, LWI_JSON_ARRAY))
        return lwi_fail(LW_CORRUPT, "the graph has no 'inputs' or 'nodes'");
    lwi_strmap_init(&bases, &p->memory.allocator);
    const lw_status status = look_through(p, inputs, nodes, &bases);
    lwi_strmap_free(&bases);
    return status;
}
