/* SPDX-License-Identifier: MIT
 * Topological order (Kahn 1962): of the nodes that are ready, the one that stood first in the
 * file. A subgraph's captures count as inputs of the node that holds it. */
#include "graph/graph.h"

#include "base/checked.h"

#include <string.h>

typedef struct sorter {
    const lwi_graph *graph;
    int *producer; /* [slots] node index, -1 */
    int *missing;  /* [nodes] inputs not yet produced */
    size_t *first; /* [nodes + 1] where a node's users start in users */
    int *users;
    int *heap; /* nodes that are ready, smallest index first */
    size_t n_heap;
    int reader; /* the node whose inputs are being looked at */
} sorter;

static void heap_push(sorter *s, int node) {
    size_t i = s->n_heap++;
    for (; i && s->heap[(i - 1) / 2] > node; i = (i - 1) / 2)
        s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = node;
}

static int heap_pop(sorter *s) {
    const int top = s->heap[0], last = s->heap[--s->n_heap];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= s->n_heap) break;
        if (child + 1 < s->n_heap && s->heap[child + 1] < s->heap[child]) child++;
        if (s->heap[child] >= last) break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = last;
    return top;
}

static void count_edge(void *arg, int value) {
    sorter *s = arg;
    const int p = s->producer[value];
    if (p < 0) return;
    s->missing[s->reader]++;
    s->first[p + 1]++;
}

static void add_edge(void *arg, int value) {
    sorter *s = arg;
    const int p = s->producer[value];
    if (p >= 0) s->users[s->first[p]++] = s->reader;
}

static void each_edge(sorter *s, void (*fn)(void *arg, int value)) {
    for (s->reader = 0; s->reader < (int)s->graph->n_nodes; s->reader++)
        lwi_node_each_read(&s->graph->nodes[s->reader], fn, s);
}

static lw_status find_producers(sorter *s) {
    const lwi_graph *g = s->graph;
    for (size_t i = 0; i < g->n_slots; i++)
        s->producer[i] = -1;
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t k = 0; k < g->nodes[i].n_outputs; k++) {
            const int id = g->nodes[i].outputs[k];
            if (id < 0) continue;
            if (s->producer[id] >= 0)
                return lwi_fail(LW_CORRUPT, "graph '%s': two nodes produce the value '%s'", g->name,
                                g->slots[id].name);
            s->producer[id] = (int)i;
        }
    return LW_OK;
}

static lw_status sort_nodes(sorter *s, lwi_graph *g, lwi_node *sorted, lwi_arena *scratch) {
    LW_TRY(find_producers(s));
    const int n = (int)g->n_nodes;
    each_edge(s, count_edge);
    for (int i = 0; i < n; i++)
        s->first[i + 1] += s->first[i];
    LW_TRY(lwi_arena_alloc(scratch, s->first[n] + 1, sizeof *s->users, &s->users));
    each_edge(s, add_edge);
    for (int i = n; i > 0; i--)
        s->first[i] = s->first[i - 1];
    s->first[0] = 0;
    for (int i = 0; i < n; i++)
        if (s->missing[i] == 0) heap_push(s, i);
    int done = 0;
    while (s->n_heap) {
        const int node = heap_pop(s);
        sorted[done++] = g->nodes[node];
        for (size_t u = s->first[node]; u < s->first[node + 1]; u++)
            if (--s->missing[s->users[u]] == 0) heap_push(s, s->users[u]);
    }
    if (done < n)
        return lwi_fail(LW_CORRUPT, "graph '%s': %d nodes depend on each other in a circle",
                        g->name, n - done);
    memcpy(g->nodes, sorted, (size_t)n * sizeof *sorted);
    return LW_OK;
}

lw_status lwi_graph_sort(lwi_graph *g) {
    if (g->n_nodes == 0) return LW_OK;
    lwi_arena scratch;
    lwi_arena_init(&scratch, &g->arena->allocator);
    sorter s = {.graph = g};
    lwi_node *sorted = NULL;
    lw_status status = lwi_arena_alloc(&scratch, g->n_slots, sizeof *s.producer, &s.producer);
    if (!status) status = lwi_arena_alloc(&scratch, g->n_nodes, sizeof *s.missing, &s.missing);
    if (!status) status = lwi_arena_alloc(&scratch, g->n_nodes + 1, sizeof *s.first, &s.first);
    if (!status) status = lwi_arena_alloc(&scratch, g->n_nodes, sizeof *s.heap, &s.heap);
    if (!status) status = lwi_arena_alloc(&scratch, g->n_nodes, sizeof *sorted, &sorted);
    if (!status) status = sort_nodes(&s, g, sorted, &scratch);
    lwi_arena_free(&scratch);
    return status;
}
