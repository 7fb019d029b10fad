/* SPDX-License-Identifier: MIT */
#include "graph/align.h"

bool lwi_is_aligned(const lw_value *v) {
    size_t align =
        v->dtype == LW_STRING || v->dtype == LW_COMPLEX128 ? 8 : lwi_dtype_size(v->dtype);
    if (v->dtype == LW_COMPLEX64) align = 4;
    return !v->data || (uintptr_t)v->data % align == 0;
}

static lw_status align_tensor(lwi_network *n, lw_value *v, size_t max) {
    if (!v || v->kind != LW_KIND_TENSOR || v->bytes > max || lwi_is_aligned(v)) return LW_OK;
    void *copy = NULL;
    LW_TRY(lwi_arena_copy(&n->arena, v->data, v->bytes, &copy));
    lwi_network_forget(n, v->data, v->bytes);
    v->data = copy;
    return LW_OK;
}

lw_status lwi_align_tensors(lwi_network *n, lwi_graph *g, size_t max, size_t max_floats) {
    for (size_t i = 0; i < g->n_slots; i++) {
        lw_value *v = g->slots[i].constant;
        LW_TRY(align_tensor(n, v, v && lwi_dtype_is_float(v->dtype) ? max_floats : max));
    }
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t a = 0; a < g->nodes[i].n_attrs; a++) {
            const lwi_attr *attr = &g->nodes[i].attrs[a];
            if (attr->kind == LWI_ATTR_TENSOR) LW_TRY(align_tensor(n, attr->tensor, max));
            if (attr->kind == LWI_ATTR_TENSORS)
                for (size_t k = 0; k < attr->n; k++)
                    LW_TRY(align_tensor(n, attr->tensors[k], max));
            if (attr->kind == LWI_ATTR_GRAPH)
                LW_TRY(lwi_align_tensors(n, attr->graph, max, max_floats));
        }
    return LW_OK;
}
