/* SPDX-License-Identifier: MIT
 * Steps that are run as one: chains, of a step and the one that reads what it makes, so that what
 * lies between them needs no memory; and neighbours that read the same value. */
#include "run/planner.h"

typedef struct chains {
    lwi_planner *planner;
    int *readers;  /* [slots] how many nodes read it */
    size_t *maker; /* [slots] the step that makes it, plus one; 0: none */
} chains;

static void count_reader(void *readers, int value) { ((int *)readers)[value]++; }

static void count_readers(const chains *c) {
    const lwi_graph *g = c->planner->graph;
    for (size_t i = 0; i < g->n_nodes; i++)
        if (c->planner->plan->work[i] != LWI_WORK_NONE)
            lwi_node_each_read(&g->nodes[i], count_reader, c->readers);
}

/* The step that makes input 0 of another, which is its only reader, and has no other outputs. */
static lwi_step *find_maker(const chains *c, const lwi_step *step) {
    const lwi_plan *plan = c->planner->plan;
    const int id = step->call.n_in ? step->call.node->inputs[0] : -1;
    if (id < 0 || c->readers[id] != 1 || plan->places[id] != LWI_PLACE_ARENA ||
        plan->roots[id] != id || c->maker[id] == 0)
        return NULL;
    return &plan->steps[c->maker[id] - 1];
}

static bool is_plain(const lwi_step *s) {
    return s->run && !s->converted && !s->device && s->call.n_out == 1;
}

/* The second step does both, if the backend can run them so. */
static lw_status join(const chains *c, lwi_cpu_pair_fn *fn, lwi_step *first, lwi_step *second) {
    lwi_plan *plan = c->planner->plan;
    const lwi_node *nodes = c->planner->graph->nodes;
    const lwi_cpu_step a = {first->run, first->call}, b = {second->run, second->call};
    lwi_cpu_step both = {0};
    LW_TRY(lwi_plan_prepare_pair(fn, &a, &b, &both));
    if (!both.run) return LW_OK;
    const size_t before = (size_t)(first->call.node - nodes);
    const int after = (int)(second->call.node - nodes);
    for (size_t i = 0; i < c->planner->graph->n_nodes; i++)
        if (plan->work[i] == LWI_WORK_JOINED && plan->with[i] == (int)before) plan->with[i] = after;
    plan->work[before] = LWI_WORK_JOINED;
    plan->with[before] = after;
    c->maker[first->call.node->outputs[0]] = 0;
    second->run = both.run;
    second->call = both.call;
    first->call.node = NULL;
    return LW_OK;
}

static lw_status chain(const chains *c, lwi_step *first, lwi_step *second) {
    const int between = second->call.node->inputs[0];
    LW_TRY(join(c, lwi_cpu_chain, first, second));
    if (!first->call.node) c->planner->plan->places[between] = LWI_PLACE_NONE;
    return LW_OK;
}

/* The step before, if it reads the same input 0. */
static lwi_step *find_neighbour(lwi_step *step) {
    lwi_step *before = step - 1;
    const bool same = before->call.node && before->call.n_in && step->call.n_in &&
                      before->call.in[0] == step->call.in[0];
    return same && is_plain(before) && is_plain(step) ? before : NULL;
}

/* Steps that others do are left out. */
static void close_up(lwi_plan *plan) {
    size_t n = 0;
    for (size_t i = 0; i < plan->n_steps; i++)
        if (plan->steps[i].call.node) plan->steps[n++] = plan->steps[i];
    plan->n_steps = n;
}

lw_status lwi_plan_chain(lwi_planner *p) {
    lwi_plan *plan = p->plan;
    chains c = {.planner = p};
    if (p->context->device) return LW_OK;
    LW_TRY(lwi_arena_alloc(&p->passing.small, p->graph->n_slots, sizeof *c.readers, &c.readers));
    LW_TRY(lwi_arena_alloc(&p->passing.small, p->graph->n_slots, sizeof *c.maker, &c.maker));
    count_readers(&c);
    for (size_t i = 0; i < plan->n_steps; i++) {
        lwi_step *step = &plan->steps[i], *maker = find_maker(&c, step);
        lwi_step *neighbour = i ? find_neighbour(step) : NULL;
        if (neighbour) LW_TRY(join(&c, lwi_cpu_beside, neighbour, step));
        else if (maker && is_plain(step) && is_plain(maker)) LW_TRY(chain(&c, maker, step));
        for (size_t k = 0; k < step->call.n_out; k++)
            if (step->call.node->outputs[k] >= 0) c.maker[step->call.node->outputs[k]] = i + 1;
    }
    close_up(plan);
    return LW_OK;
}
