/* SPDX-License-Identifier: MIT */
#include "opt/passes.h"

#include <string.h>

typedef struct pass {
    const char *name, *about;
    lw_status (*run)(lwi_rewrite *r);
} pass;

static const pass PASSES[] = {
#define LWI_PASS(name, about) {#name, about, lwi_pass_##name},
#include "opt/passes.def"
#undef LWI_PASS
};
_Static_assert(LWI_PASS_COUNT <= 64, "a set of passes is 64 bits");

const char *lwi_pass_name(size_t i) { return i < LWI_PASS_COUNT ? PASSES[i].name : NULL; }

const char *lwi_pass_about(size_t i) { return i < LWI_PASS_COUNT ? PASSES[i].about : NULL; }

static bool is_name(const char *name, const char *text, size_t n) {
    return strlen(name) == n && !memcmp(name, text, n);
}

lw_status lwi_pass_set(const char *names, uint64_t *set) {
    uint64_t found = 0;
    for (const char *p = names ? names : ""; *p;) {
        const size_t n = strcspn(p, ",");
        bool known = n == 0;
        for (size_t i = 0; i < LWI_PASS_COUNT; i++) {
            if (!is_name(PASSES[i].name, p, n) && !is_name("all", p, n)) continue;
            found |= UINT64_C(1) << i;
            known = true;
        }
        if (!known)
            return lwi_fail(LW_INVALID,
                            "there is no pass '%.*s': lampwick info --passes lists them",
                            n < 64 ? (int)n : 64, p);
        p += n + (p[n] == ',');
    }
    *set = found;
    return LW_OK;
}

typedef struct pipeline {
    lwi_network *network;
    uint64_t skip;
    size_t *counts;
} pipeline;

static lw_status run_pass(pipeline *p, size_t i, lwi_graph *graph, lwi_shapes *shapes) {
    lwi_rewrite r;
    lw_status status = lwi_rewrite_open(&r, p->network, graph, shapes);
    if (status == LW_OK) status = PASSES[i].run(&r);
    p->counts[i] += r.count;
    return lwi_rewrite_close(&r, status);
}

static lw_status run_subgraphs(pipeline *p, const lwi_graph *graph, const lwi_shapes *shapes);

static lw_status run_graph(pipeline *p, lwi_graph *graph, const lwi_shapes *parent) {
    lwi_shapes shapes = {.n = 0};
    lwi_arena_init(&shapes.memory, &graph->arena->allocator);
    lw_status status = LW_OK;
    bool found = false;
    for (size_t i = 0; i < LWI_PASS_COUNT && status == LW_OK; i++) {
        if (p->skip >> i & 1) continue;
        /* Folding comes first: it makes more shapes known, and needs none. */
        if (!found && i != LWI_PASS_fold_constants) {
            status = lwi_shapes_find(&shapes, graph, parent);
            found = true;
        }
        if (status == LW_OK) status = run_pass(p, i, graph, &shapes);
    }
    if (status == LW_OK) status = run_subgraphs(p, graph, &shapes);
    lwi_shapes_free(&shapes);
    return status;
}

static lw_status run_subgraphs(pipeline *p, const lwi_graph *graph, const lwi_shapes *shapes) {
    for (size_t i = 0; i < graph->n_nodes; i++)
        for (size_t a = 0; a < graph->nodes[i].n_attrs; a++)
            if (graph->nodes[i].attrs[a].kind == LWI_ATTR_GRAPH)
                LW_TRY(run_graph(p, graph->nodes[i].attrs[a].graph, shapes));
    return LW_OK;
}

lw_status lwi_run_passes(lwi_network *network, uint64_t skip, size_t counts[LWI_PASS_COUNT]) {
    pipeline p = {.network = network, .skip = skip, .counts = counts};
    return run_graph(&p, network->graph, NULL);
}
