/* SPDX-License-Identifier: MIT
 * After which node each value is needed no more. */
#include "graph/graph.h"

typedef struct use {
    int *last;
    int node;
} use;

static void mark_use(void *arg, int value) {
    const use *u = arg;
    u->last[value] = u->node;
}

static lw_status subgraph_lifetimes(const lwi_graph *g) {
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t a = 0; a < g->nodes[i].n_attrs; a++)
            if (g->nodes[i].attrs[a].kind == LWI_ATTR_GRAPH ||
                g->nodes[i].attrs[a].kind == LWI_ATTR_PART)
                LW_TRY(lwi_graph_lifetimes(g->nodes[i].attrs[a].graph));
    return LW_OK;
}

lw_status lwi_graph_lifetimes(lwi_graph *g) {
    LW_TRY(lwi_arena_alloc(g->arena, g->n_slots, sizeof *g->last_use, &g->last_use));
    LW_TRY(lwi_arena_alloc(g->arena, g->n_nodes + 2, sizeof *g->dead_first, &g->dead_first));
    LW_TRY(lwi_arena_alloc(g->arena, g->n_slots, sizeof *g->dead, &g->dead));
    for (size_t s = 0; s < g->n_slots; s++)
        g->last_use[s] = -1;
    for (size_t i = 0; i < g->n_nodes; i++) {
        const lwi_node *node = &g->nodes[i];
        for (size_t k = 0; k < node->n_outputs; k++)
            if (node->outputs[k] >= 0) g->last_use[node->outputs[k]] = (int)i;
        lwi_node_each_read(node, mark_use, &(use){g->last_use, (int)i});
    }
    for (size_t i = 0; i < g->n_outputs; i++)
        g->last_use[g->outputs[i]] = (int)g->n_nodes;
    for (size_t s = 0; s < g->n_slots; s++)
        if (g->last_use[s] >= 0 && g->last_use[s] < (int)g->n_nodes)
            g->dead_first[g->last_use[s] + 2]++;
    for (size_t i = 0; i < g->n_nodes; i++)
        g->dead_first[i + 2] += g->dead_first[i + 1];
    for (size_t s = 0; s < g->n_slots; s++)
        if (g->last_use[s] >= 0 && g->last_use[s] < (int)g->n_nodes)
            g->dead[g->dead_first[g->last_use[s] + 1]++] = (int)s;
    return subgraph_lifetimes(g);
}
