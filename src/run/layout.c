/* SPDX-License-Identifier: MIT
 * Where each value of a plan lies in the arena. Nodes are visited in the order they run; a value
 * takes the smallest free gap that is large enough, and gives it back after its last use. */
#include "run/plan.h"

#include "ops/registry.h"

#include <string.h>

typedef struct gap {
    size_t offset, bytes;
} gap;

typedef struct layouter {
    lwi_plan *plan;
    const lwi_graph *graph;
    gap *gaps; /* sorted by offset, never touching */
    size_t n_gaps;
    size_t end;   /* of all that was ever used */
    bool *placed; /* [slots] */
} layouter;

static size_t rounded(const lw_value *v) {
    const size_t bytes = v->bytes ? v->bytes : 1;
    return (bytes + LWI_ALIGN - 1) & ~(size_t)(LWI_ALIGN - 1);
}

static void remove_gap(layouter *l, size_t i) {
    memmove(&l->gaps[i], &l->gaps[i + 1], (l->n_gaps - i - 1) * sizeof *l->gaps);
    l->n_gaps--;
}

static size_t take(layouter *l, size_t bytes) {
    size_t best = l->n_gaps;
    for (size_t i = 0; i < l->n_gaps; i++)
        if (l->gaps[i].bytes >= bytes &&
            (best == l->n_gaps || l->gaps[i].bytes < l->gaps[best].bytes))
            best = i;
    if (best < l->n_gaps) {
        const size_t offset = l->gaps[best].offset;
        l->gaps[best].offset += bytes;
        l->gaps[best].bytes -= bytes;
        if (l->gaps[best].bytes == 0) remove_gap(l, best);
        return offset;
    }
    /* None is large enough: the one at the very end grows, or a new place begins there. */
    size_t offset = l->end;
    if (l->n_gaps && l->gaps[l->n_gaps - 1].offset + l->gaps[l->n_gaps - 1].bytes == l->end)
        offset = l->gaps[--l->n_gaps].offset;
    l->end = offset + bytes;
    return offset;
}

static void give_back(layouter *l, size_t offset, size_t bytes) {
    size_t i = 0;
    while (i < l->n_gaps && l->gaps[i].offset < offset)
        i++;
    memmove(&l->gaps[i + 1], &l->gaps[i], (l->n_gaps - i) * sizeof *l->gaps);
    l->gaps[i] = (gap){offset, bytes};
    l->n_gaps++;
    if (i + 1 < l->n_gaps && offset + bytes == l->gaps[i + 1].offset) {
        l->gaps[i].bytes += l->gaps[i + 1].bytes;
        remove_gap(l, i + 1);
    }
    if (i > 0 && l->gaps[i - 1].offset + l->gaps[i - 1].bytes == offset) {
        l->gaps[i - 1].bytes += l->gaps[i].bytes;
        remove_gap(l, i);
    }
}

/* Its inputs are read when the node runs that does its work. */
static void outlive(lwi_plan *p, const lwi_node *node, int until) {
    for (size_t k = 0; k < node->n_inputs; k++) {
        const int root = node->inputs[k] < 0 ? -1 : p->roots[node->inputs[k]];
        if (root >= 0 && p->deaths[root] < until) p->deaths[root] = until;
    }
}

/* The memory of a value is needed until the last use of the value and of all views of it. Late
 * nodes that make views do so without the plan's knowledge: what they read stays. */
static void find_deaths(layouter *l) {
    const lwi_graph *g = l->graph;
    lwi_plan *p = l->plan;
    for (size_t s = 0; s < g->n_slots; s++)
        p->deaths[s] = -1;
    for (size_t s = 0; s < g->n_slots; s++) {
        const int root = p->roots[s];
        if (g->last_use[s] > p->deaths[root]) p->deaths[root] = g->last_use[s];
    }
    for (size_t i = 0; i < g->n_nodes; i++) {
        const lwi_node *node = &g->nodes[i];
        if (p->work[i] == LWI_WORK_JOINED) outlive(p, node, p->with[i]);
        if (p->work[i] != LWI_WORK_LATE || !(node->op->op->flags & LWI_VIEW)) continue;
        if (node->inputs[0] >= 0) p->deaths[p->roots[node->inputs[0]]] = (int)g->n_nodes;
    }
}

/* Input i begins where its memory does, and no other input is a part of that. */
static bool is_read_alike(const lwi_plan *p, const lwi_node *node, size_t i) {
    const int id = node->inputs[i];
    for (size_t k = 0; k < node->n_inputs; k++) {
        const int other = node->inputs[k];
        if (other < 0 || p->roots[other] != p->roots[id]) continue;
        if (p->within[other] != 0 || p->values[other].bytes != p->values[id].bytes) return false;
    }
    return true;
}

/* The input on whose memory output 0 can lie, -1: none. */
static int find_in_place(const layouter *l, size_t index) {
    const lwi_node *node = &l->graph->nodes[index];
    const lwi_plan *p = l->plan;
    if (!(node->op->op->flags & LWI_INPLACE)) return -1;
    const int out = node->outputs[0];
    for (size_t i = 0; i < node->n_inputs && i < 2; i++) {
        if (node->inputs[i] < 0) continue;
        const int root = p->roots[node->inputs[i]];
        if (p->places[root] == LWI_PLACE_ARENA && p->deaths[root] == (int)index &&
            p->values[node->inputs[i]].bytes == p->values[out].bytes &&
            rounded(&p->values[root]) == rounded(&p->values[out]) && is_read_alike(p, node, i))
            return root;
    }
    return -1;
}

static void place_node(layouter *l, size_t index) {
    const lwi_node *node = &l->graph->nodes[index];
    lwi_plan *p = l->plan;
    for (size_t k = 0; k < node->n_outputs; k++) {
        const int id = node->outputs[k], root = id < 0 ? -1 : p->roots[id];
        /* A part of a Concat takes memory for all of it. */
        if (id < 0 || p->places[root] != LWI_PLACE_ARENA || l->placed[root]) continue;
        const int under = k == 0 && root == id ? find_in_place(l, index) : -1;
        l->placed[root] = true;
        if (under >= 0) {
            p->offsets[id] = p->offsets[under];
            p->deaths[under] = -1; /* given back with the output instead */
        } else {
            p->offsets[root] = take(l, rounded(&p->values[root]));
        }
    }
}

lw_status lwi_plan_layout(lwi_plan *plan) {
    const lwi_graph *graph = plan->graph;
    layouter l = {.plan = plan, .graph = graph};
    size_t *first = NULL;
    int *ending = NULL;
    LW_TRY(lwi_arena_alloc(&plan->memory, graph->n_slots + 1, sizeof *l.gaps, &l.gaps));
    LW_TRY(lwi_arena_alloc(&plan->memory, graph->n_nodes + 3, sizeof *first, &first));
    LW_TRY(lwi_arena_alloc(&plan->memory, graph->n_slots, sizeof *ending, &ending));
    LW_TRY(lwi_arena_alloc(&plan->memory, graph->n_slots, sizeof *l.placed, &l.placed));
    find_deaths(&l);
    /* values by the node they die after */
    for (size_t s = 0; s < graph->n_slots; s++)
        if (plan->places[s] == LWI_PLACE_ARENA) first[plan->deaths[s] + 2]++;
    for (size_t i = 0; i < graph->n_nodes + 2; i++)
        first[i + 1] += first[i];
    for (size_t s = 0; s < graph->n_slots; s++)
        if (plan->places[s] == LWI_PLACE_ARENA) ending[first[plan->deaths[s] + 1]++] = (int)s;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        if (plan->work[i] == LWI_WORK_READY || plan->work[i] == LWI_WORK_JOINED) place_node(&l, i);
        for (size_t e = first[i]; e < first[i + 1]; e++) {
            const int id = ending[e];
            if (plan->deaths[id] == (int)i)
                give_back(&l, plan->offsets[id], rounded(&plan->values[id]));
        }
    }
    plan->arena_bytes = l.end;
    return LW_OK;
}
