/* SPDX-License-Identifier: MIT
 * What runs where. */
#include "ops/registry.h"
#include "run/context.h"
#include "run/plan_device.h"

#include <string.h>

/* With a plug-in: who runs the nodes of the graph as it was loaded. */
static void explain_parts(const lwi_vendor_plugin *v,
                          void (*fn)(void *user, const lw_node_plan *plan), void *user) {
    for (size_t i = 0; i < v->n_notes; i++) {
        const lwi_node_note *n = &v->notes[i];
        const lw_node_plan plan = {.size = sizeof plan,
                                   .node = i,
                                   .device = *n->part ? v->table->name : "cpu",
                                   .kernel = n->part,
                                   .reason = n->reason,
                                   .name = n->name,
                                   .op_type = n->op_type};
        fn(user, &plan);
    }
}

/* Late nodes: as in the last run. */
static const char *kernel_of(const lwi_step *s) {
    if (s->device && s->device->late) return s->device->late;
    if (s->device && s->device->launches) return s->device->n ? s->device->launches[0].kernel : "";
    if (!s->run) return "known in the run";
    return s->run == s->call.node->op->op->run ? "reference" : "kernel";
}

static const char *reason_of(const lwi_step *s) {
    if (!s->device || s->device->late) return "";
    return s->device->shows ? s->device->why : s->device->reason;
}

typedef struct listener {
    void (*fn)(void *user, const lw_node_plan *plan);
    void *user;
    const lwi_node *outer; /* of the main graph, in which the graph stands; NULL: that is it */
    size_t index;          /* of that node */
} listener;

static void explain_node(const listener *l, const lwi_graph *g, size_t node, const char *device,
                         const char *kernel, const char *reason) {
    const lw_node_plan plan = {.size = sizeof plan,
                               .node = l->outer ? l->index : node,
                               .device = device,
                               .kernel = kernel,
                               .reason = reason,
                               .name = g->nodes[node].name,
                               .op_type = g->nodes[node].op_type};
    l->fn(l->user, &plan);
}

/* Nodes from `at` on, before `end`, that a later step does too. */
static void explain_joined(const listener *l, const lwi_plan *p, size_t at, size_t end) {
    for (; at < end; at++)
        if (p->work[at] == LWI_WORK_JOINED)
            explain_node(l, p->graph, at, "cpu", "joined to the next", "");
}

static void explain_plan(const listener *l, const lwi_plan *p);

/* Bodies as they were run last. */
static void explain_bodies(const listener *l, const lwi_plan *p, const lwi_node *node) {
    listener inner = *l;
    if (!inner.outer) inner.index = (size_t)(node - p->graph->nodes);
    if (!inner.outer) inner.outer = node;
    for (size_t a = 0; a < node->n_attrs; a++)
        for (size_t i = 0; i < p->n_subgraphs; i++)
            if (node->attrs[a].kind == LWI_ATTR_GRAPH && p->subgraphs[i].n_plans &&
                p->subgraphs[i].graph == node->attrs[a].graph)
                explain_plan(&inner, p->subgraphs[i].plans[0]);
}

static void explain_plan(const listener *l, const lwi_plan *p) {
    const char *name = p->context->device ? p->context->device->name : "";
    for (size_t i = 0, at = 0; i < p->n_steps; i++) {
        const lwi_step *s = &p->steps[i];
        const bool there = s->device && (s->device->launches || s->device->late);
        const size_t node = (size_t)(s->call.node - p->graph->nodes);
        explain_joined(l, p, at, node);
        explain_node(l, p->graph, node, there ? name : "cpu", kernel_of(s), reason_of(s));
        explain_bodies(l, p, s->call.node);
        at = node + 1;
    }
}

lw_status lw_context_explain(const lw_context *c, void (*fn)(void *user, const lw_node_plan *plan),
                             void *user) {
    if (!c || !fn) return lwi_fail(LW_INVALID, "lw_context_explain: context or fn is NULL");
    while (c->model->network.maker && atomic_load(&c->open)) /* its newest variant */
        c = atomic_load(&c->open);
    if (c->n_plans == 0) return lwi_fail(LW_INVALID, "there is no plan before the first run");
    if (c->plugin) {
        explain_parts(c->plugin, fn, user);
        return LW_OK;
    }
    explain_plan(&(listener){fn, user, NULL, 0}, c->plans[0]);
    return LW_OK;
}

lw_status lw_device(size_t index, lw_device_info *info) {
    static _Thread_local lwi_device_facts facts;
    if (!info || info->size < sizeof *info)
        return lwi_fail(LW_INVALID, "lw_device: info is NULL, or its size is not set");
    if (!lwi_device_find(index, &facts)) return lwi_fail(LW_RANGE, "there is no device %zu", index);
    *info = (lw_device_info){.size = sizeof *info,
                             .name = facts.name,
                             .description = facts.description,
                             .driver = facts.driver,
                             .capability = facts.capability,
                             .memory = facts.memory,
                             .units = facts.units,
                             .usable = facts.usable,
                             .reason = facts.reason};
    return LW_OK;
}
