/* SPDX-License-Identifier: MIT
 * What the program's free sizes may be. torch.export says that they are 2 at least where it was
 * told nothing, and PyTorch does not mind smaller ones then. */
#include "format/torch_export/pt2.h"

#include <string.h>

enum { UNTOLD = 2 };

lw_status lwi_pt2_ranges(lwi_pt2 *p) {
    const lwi_json_item *list = lwi_json_get(p->program, "range_constraints");
    lwi_graph *g = p->a.b.graph;
    lwi_size_range *ranges = NULL;
    if (!lwi_json_is(list, LWI_JSON_OBJECT)) return LW_OK;
    LW_TRY(lwi_arena_alloc(&p->network->arena, list->size, sizeof *ranges, &ranges));
    for (size_t i = 0; i < list->size; i++) {
        const lwi_json_item *range = &list->items[i];
        const int64_t least = lwi_json_int(range, "min_val", 0);
        const char *name = NULL;
        LW_TRY(lwi_arena_string(&p->network->arena, range->key, strlen(range->key), &name));
        ranges[i] = (lwi_size_range){.name = name,
                                     .least = least > UNTOLD ? least : 0,
                                     .most = lwi_json_int(range, "max_val", INT64_MAX)};
    }
    g->ranges = ranges;
    g->n_ranges = list->size;
    return LW_OK;
}
