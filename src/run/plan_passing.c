/* SPDX-License-Identifier: MIT */
#include "run/plan_passing.h"

struct lwi_passing_value {
    void *data;     /* of the pool; NULL: none, or given back */
    size_t readers; /* of this slot; of a slot with data, those of its views too */
    int home;       /* the slot whose data it has */
};

void lwi_passing_init(lwi_passing *passing, const lwi_graph *graph, const lw_allocator *allocator) {
    *passing = (lwi_passing){.graph = graph};
    lwi_arena_init(&passing->small, allocator);
    lwi_pool_init(&passing->pool, allocator, 0);
}

void lwi_passing_free(lwi_passing *passing) {
    for (size_t s = 0; passing->values && s < passing->graph->n_slots; s++)
        if (passing->values[s].data) lwi_pool_put(&passing->pool, passing->values[s].data);
    lwi_pool_trim(&passing->pool);
    lwi_arena_free(&passing->small);
}

static void count_reader(void *values, int slot) { ((lwi_passing_value *)values)[slot].readers++; }

/* What the graph gives out is read by somebody who never is done. */
static lw_status count_readers(lwi_passing *p, const bool *needed) {
    const lwi_graph *g = p->graph;
    if (p->values) return LW_OK;
    LW_TRY(lwi_arena_alloc(&p->small, g->n_slots, sizeof *p->values, &p->values));
    for (size_t s = 0; s < g->n_slots; s++)
        p->values[s].home = (int)s;
    for (size_t i = 0; i < g->n_nodes; i++)
        if (needed[i]) lwi_node_each_read(&g->nodes[i], count_reader, p->values);
    for (size_t i = 0; i < g->n_outputs; i++)
        count_reader(p->values, g->outputs[i]);
    return LW_OK;
}

lw_status lwi_passing_alloc(lwi_passing *p, const bool *needed, int slot, size_t bytes,
                            void **data) {
    LW_TRY(count_readers(p, needed));
    LW_TRY(lwi_pool_share(&p->pool, bytes, data));
    p->values[slot].data = *data;
    return LW_OK;
}

void lwi_passing_share(lwi_passing *p, int from, int view) {
    if (!p->values) return;
    const int home = p->values[from].home;
    p->values[view].home = home;
    p->values[home].readers += p->values[view].readers;
}

static void end_reading(void *passing, int slot) {
    lwi_passing *p = passing;
    lwi_passing_value *home = &p->values[p->values[slot].home];
    if (--home->readers > 0 || !home->data) return;
    lwi_pool_put(&p->pool, home->data);
    home->data = NULL;
}

void lwi_passing_done(lwi_passing *p, const lwi_node *node) {
    if (p->values) lwi_node_each_read(node, end_reading, p);
}
