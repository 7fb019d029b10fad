/* SPDX-License-Identifier: MIT */
#include "graph/network.h"

#include <string.h>

void lwi_network_init(lwi_network *n, const lw_allocator *allocator, bool collect) {
    *n = (lwi_network){
        .format = "", .producer = "", .producer_version = "", .doc = "", .collect = collect};
    lwi_arena_init(&n->arena, allocator);
}

static void free_graph(lwi_graph *g) {
    for (size_t i = 0; i < g->n_slots; i++)
        if (g->slots[i].constant) lwi_value_release(g->slots[i].constant);
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t a = 0; a < g->nodes[i].n_attrs; a++) {
            const lwi_attr *attr = &g->nodes[i].attrs[a];
            if (attr->kind == LWI_ATTR_GRAPH || attr->kind == LWI_ATTR_PART)
                free_graph(attr->graph);
        }
}

void lwi_network_free(lwi_network *n) {
    if (n->graph) {
        lwi_graph_seal(n->graph);
        free_graph(n->graph);
    }
    if (n->maker) n->maker->free(n->maker);
    for (size_t i = 0; i < n->n_files; i++)
        lwi_file_unmap(&n->files[i]);
    lwi_arena_free(&n->arena);
    n->graph = NULL;
    n->n_files = 0;
    if (n->release) n->release(n->released);
    n->release = NULL;
}

lw_status lwi_network_issue(lwi_network *n, lw_status status) {
    enum { MOST_ISSUES = 1000 };
    if (status == LW_OK || !n->collect || status != LW_UNSUPPORTED) return status;
    if (n->n_issues >= MOST_ISSUES) return LW_OK;
    const char *text = lw_last_error();
    for (size_t i = 0; i < n->n_issues; i++)
        if (!strcmp(n->issues[i], text)) return LW_OK;
    LW_TRY(
        lwi_arena_grow(&n->arena, &n->issues, &n->cap_issues, n->n_issues + 1, sizeof *n->issues));
    LW_TRY(lwi_arena_string(&n->arena, text, strlen(text), &n->issues[n->n_issues]));
    n->n_issues++;
    return LW_OK;
}

lw_status lwi_network_opset(lwi_network *n, const char *domain, int64_t version) {
    LW_TRY(
        lwi_arena_grow(&n->arena, &n->opsets, &n->cap_opsets, n->n_opsets + 1, sizeof *n->opsets));
    n->opsets[n->n_opsets++] = (lwi_opset){domain, version};
    return LW_OK;
}

lw_status lwi_network_metadata(lwi_network *n, const char *key, const char *value) {
    LW_TRY(lwi_arena_grow(&n->arena, &n->metadata, &n->cap_metadata, n->n_metadata + 1,
                          sizeof *n->metadata));
    n->metadata[n->n_metadata++] = (lwi_metadata){key, value};
    return LW_OK;
}

lw_status lwi_network_keep_file(lwi_network *n, lwi_file *file) {
    const lw_status status =
        lwi_arena_grow(&n->arena, &n->files, &n->cap_files, n->n_files + 1, sizeof *n->files);
    if (status != LW_OK) {
        lwi_file_unmap(file);
        return status;
    }
    n->files[n->n_files++] = *file;
    return LW_OK;
}

lw_status lwi_network_tensor(lwi_network *n, lw_dtype dtype, int rank, const int64_t *dims,
                             const void *data, lw_value **value) {
    lw_value *v = NULL;
    LW_TRY(lwi_arena_alloc(&n->arena, 1, sizeof *v, &v));
    LW_TRY(lwi_tensor_init(v, dtype, rank, dims, (void *)data));
    v->allocator = n->arena.allocator;
    v->fixed = LWI_FIXED_MODEL;
    *value = v;
    return LW_OK;
}

/* Only pages of a file may be given back: other memory would lose its contents. */
static bool in_file(const lwi_network *n, const void *data) {
    for (size_t i = 0; i < n->n_files; i++) {
        const uint8_t *begin = n->files[i].data, *p = data;
        if (p >= begin && p < begin + n->files[i].size) return true;
    }
    return false;
}

void lwi_network_forget(const lwi_network *n, const void *data, size_t size) {
    if (in_file(n, data)) lwi_file_forget(data, size);
}
