/* SPDX-License-Identifier: MIT
 * Where each value of a plan lies in the arena. Nodes are visited in the order they run; a value
 * takes the smallest free gap that is large enough, and gives it back after its last use. Where
 * that needs more memory than is ever in use at a time, values are placed once more, the largest
 * first. */
#include "run/plan.h"

#include "ops/registry.h"

#include <stdlib.h>
#include <string.h>

typedef struct gap {
    size_t offset, bytes;
} gap;

/* Memory of a value, or of several that are made one where the other lies. */
typedef struct block {
    size_t offset, bytes;
    int birth, death; /* nodes, both included */
} block;

typedef struct layouter {
    lwi_plan *plan;
    const lwi_graph *graph;
    gap *gaps; /* sorted by offset, never touching */
    size_t n_gaps;
    size_t end;        /* of all that was ever used */
    size_t used, most; /* bytes in use: now, at any time */
    int *block_of;     /* [slots] 1 + index, of those that are placed */
    block *blocks;
    size_t n_blocks;
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

/* Input i begins where its memory does, and no other input is a part of that; nor is it the third
 * or a later one too, which Sum and its like read when the output is written already. */
static bool is_read_alike(const lwi_plan *p, const lwi_node *node, size_t i) {
    const int id = node->inputs[i];
    for (size_t k = 0; k < node->n_inputs; k++) {
        const int other = node->inputs[k];
        if (other < 0 || p->roots[other] != p->roots[id]) continue;
        if (k >= 2 || p->within[other] != 0 || p->values[other].bytes != p->values[id].bytes)
            return false;
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

static size_t take_block(layouter *l, int root, int node) {
    const size_t bytes = rounded(&l->plan->values[root]);
    block *b = &l->blocks[l->n_blocks++];
    *b = (block){take(l, bytes), bytes, node, (int)l->graph->n_nodes};
    l->block_of[root] = (int)l->n_blocks;
    l->used += bytes;
    if (l->used > l->most) l->most = l->used;
    return b->offset;
}

static void end_block(layouter *l, int root, int node) {
    block *b = &l->blocks[l->block_of[root] - 1];
    b->death = node;
    l->used -= b->bytes;
    give_back(l, b->offset, b->bytes);
}

static void place_node(layouter *l, size_t index) {
    const lwi_node *node = &l->graph->nodes[index];
    lwi_plan *p = l->plan;
    for (size_t k = 0; k < node->n_outputs; k++) {
        const int id = node->outputs[k], root = id < 0 ? -1 : p->roots[id];
        /* A part of a Concat takes memory for all of it. */
        if (id < 0 || p->places[root] != LWI_PLACE_ARENA || l->block_of[root]) continue;
        const int under = k == 0 && root == id ? find_in_place(l, index) : -1;
        if (under >= 0) {
            p->offsets[id] = p->offsets[under];
            p->deaths[under] = -1; /* given back with the output instead */
            l->block_of[id] = l->block_of[under];
        } else {
            p->offsets[root] = take_block(l, root, (int)index);
        }
    }
}

/* Visits the nodes. */
static lw_status walk(layouter *l) {
    const lwi_graph *graph = l->graph;
    lwi_plan *plan = l->plan;
    size_t *first = NULL;
    int *ending = NULL;
    LW_TRY(lwi_arena_alloc(&plan->memory, graph->n_nodes + 3, sizeof *first, &first));
    LW_TRY(lwi_arena_alloc(&plan->memory, graph->n_slots, sizeof *ending, &ending));
    find_deaths(l);
    /* values by the node they die after */
    for (size_t s = 0; s < graph->n_slots; s++)
        if (plan->places[s] == LWI_PLACE_ARENA) first[plan->deaths[s] + 2]++;
    for (size_t i = 0; i < graph->n_nodes + 2; i++)
        first[i + 1] += first[i];
    for (size_t s = 0; s < graph->n_slots; s++)
        if (plan->places[s] == LWI_PLACE_ARENA) ending[first[plan->deaths[s] + 1]++] = (int)s;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        if (plan->work[i] == LWI_WORK_READY || plan->work[i] == LWI_WORK_JOINED) place_node(l, i);
        for (size_t e = first[i]; e < first[i + 1]; e++) {
            const int id = ending[e];
            if (plan->deaths[id] == (int)i) end_block(l, id, (int)i);
        }
    }
    plan->arena_bytes = l->end;
    return LW_OK;
}

/* ----------------------------------------------------------- largest first */

/* Arenas from this size on are placed again, if they could be smaller by a sixteenth and have not
 * so many blocks that it takes long. */
enum { LARGE = 1 << 20, MANY_BLOCKS = 1 << 11 };

static bool is_wasteful(const layouter *l) {
    return l->end >= LARGE && l->n_blocks <= MANY_BLOCKS && l->end - l->most > l->most / 16;
}

static int compare(const void *a, const void *b) {
    const block *const *x = a, *const *y = b;
    if ((*x)->bytes != (*y)->bytes) return (*x)->bytes > (*y)->bytes ? -1 : 1;
    return *x < *y ? -1 : *x > *y; /* in the order in which they are made */
}

/* The smallest gap between those of the placed blocks, sorted by offset, that are there at the same
 * time. */
static size_t find_gap(block *const *placed, size_t n, const block *b) {
    size_t best = SIZE_MAX, smallest = SIZE_MAX, end = 0;
    for (size_t i = 0; i < n; i++) {
        const block *other = placed[i];
        if (other->death < b->birth || other->birth > b->death) continue;
        if (other->offset >= end + b->bytes && other->offset - end < smallest) {
            smallest = other->offset - end;
            best = end;
        }
        if (other->offset + other->bytes > end) end = other->offset + other->bytes;
    }
    return best < SIZE_MAX ? best : end;
}

static void insert(block **placed, size_t n, block *b) {
    for (; n > 0 && placed[n - 1]->offset > b->offset; n--)
        placed[n] = placed[n - 1];
    placed[n] = b;
}

static lw_status place_again(layouter *l) {
    lwi_plan *plan = l->plan;
    block **order = NULL, **placed = NULL;
    size_t end = 0;
    LW_TRY(lwi_arena_alloc(&plan->memory, l->n_blocks, sizeof(block *), &order));
    LW_TRY(lwi_arena_alloc(&plan->memory, l->n_blocks, sizeof(block *), &placed));
    for (size_t i = 0; i < l->n_blocks; i++)
        order[i] = &l->blocks[i];
    qsort(order, l->n_blocks, sizeof(block *), compare);
    for (size_t i = 0; i < l->n_blocks; i++) {
        block *b = order[i];
        b->offset = find_gap(placed, i, b);
        insert(placed, i, b);
        if (b->offset + b->bytes > end) end = b->offset + b->bytes;
    }
    if (end >= plan->arena_bytes) return LW_OK;
    plan->arena_bytes = end;
    for (size_t s = 0; s < l->graph->n_slots; s++)
        if (l->block_of[s]) plan->offsets[s] = l->blocks[l->block_of[s] - 1].offset;
    return LW_OK;
}

lw_status lwi_plan_layout(lwi_plan *plan) {
    const size_t slots = plan->graph->n_slots;
    layouter l = {.plan = plan, .graph = plan->graph};
    LW_TRY(lwi_arena_alloc(&plan->memory, slots + 1, sizeof *l.gaps, &l.gaps));
    LW_TRY(lwi_arena_alloc(&plan->memory, slots, sizeof *l.block_of, &l.block_of));
    LW_TRY(lwi_arena_alloc(&plan->memory, slots, sizeof *l.blocks, &l.blocks));
    LW_TRY(walk(&l));
    return is_wasteful(&l) ? place_again(&l) : LW_OK;
}
