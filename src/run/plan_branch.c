/* SPDX-License-Identifier: MIT
 * If with a condition that is known when the plan is made: the branch is planned with the graph
 * around it, so that what it makes has shapes and places there. */
#include "run/plan_device.h"

#include "ops/registry.h"

static lw_status gather_givens(lwi_planner *p, const lwi_graph *g, const lw_value **givens) {
    for (size_t i = 0; i < g->n_inputs; i++)
        givens[i] = NULL;
    for (size_t i = 0; i < g->n_captures; i++) {
        const int id = g->captures[i].outer;
        if (p->plan->values[id].fixed == LWI_FIXED_PASSING) LW_TRY(lwi_plan_settle(p, id));
        givens[g->n_inputs + i] =
            p->plan->places[id] == LWI_PLACE_NONE ? NULL : &p->plan->values[id];
    }
    return LW_OK;
}

static const lw_value *result(const lwi_plan *branch, size_t k) {
    const int id = branch->graph->outputs[k];
    return branch->places[id] == LWI_PLACE_NONE ? NULL : &branch->values[id];
}

static bool all_known(const lwi_plan *branch, size_t n) {
    for (size_t k = 0; k < n; k++)
        if (branch->places[branch->graph->outputs[k]] != LWI_PLACE_KNOWN) return false;
    return true;
}

static bool are_tensors(const lwi_plan *branch, size_t n) {
    for (size_t k = 0; k < n; k++) {
        const lw_value *v = result(branch, k);
        if (!v || v->kind != LW_KIND_TENSOR || v->dtype == LW_STRING) return false;
    }
    return true;
}

static lw_status declare(lwi_planner *p, const lwi_call *c, const lwi_plan *branch, bool known) {
    for (size_t k = 0; k < c->n_out; k++) {
        const int id = c->node->outputs[k];
        const lw_value *v = result(branch, k);
        if (id < 0) continue;
        LW_TRY(lwi_tensor_init(c->out[k], v->dtype, v->rank, v->dims, NULL));
        p->plan->places[id] = known ? LWI_PLACE_KNOWN : LWI_PLACE_ARENA;
        if (!known) continue;
        c->out[k]->data = v->data;
        c->out[k]->fixed = v->fixed;
        c->out[k]->origin = v->origin;
    }
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    lwi_plan *branch = c->prepared;
    const lwi_graph *g = branch->graph;
    const lw_value **givens = NULL;
    lw_value **outputs = NULL;
    if (branch->device) return lwi_device_run_branch(c, branch);
    LW_TRY(lwi_scratch(c, g->n_inputs + g->n_captures, sizeof *givens, &givens));
    LW_TRY(lwi_scratch(c, g->n_outputs, sizeof *outputs, &outputs));
    for (size_t i = 0; i < g->n_inputs; i++)
        givens[i] = NULL;
    for (size_t i = 0; i < g->n_captures; i++)
        givens[g->n_inputs + i] = branch->outer->slots[g->captures[i].outer];
    for (size_t k = 0; k < g->n_outputs; k++)
        outputs[k] = k < c->n_out ? c->out[k] : NULL;
    const lw_status status = lwi_execute(branch, givens, outputs);
    for (size_t k = 0; k < c->n_out; k++)
        if (!c->out[k]) lwi_value_release(outputs[k]);
    return status;
}

lw_status lwi_plan_branch(lwi_planner *p, lwi_call *c, uint8_t *work) {
    const lwi_graph *g = c->node->op->op->branch(c);
    const lw_value **givens = NULL;
    lwi_plan *branch = NULL;
    if (!g || g->parent != p->graph) return LW_OK;
    const size_t n = g->n_inputs + g->n_captures;
    LW_TRY(lwi_arena_alloc(&p->passing.small, n, sizeof *givens, &givens));
    LW_TRY(gather_givens(p, g, givens));
    LW_TRY(lwi_subgraph_plan(p->plan, g, givens, c->n_out, &branch));
    if (!are_tensors(branch, c->n_out)) return LW_OK;
    const bool known = all_known(branch, c->n_out);
    LW_TRY(declare(p, c, branch, known));
    *work = known ? LWI_WORK_NONE : LWI_WORK_READY;
    if (known) return LW_OK;
    lwi_node_each_read(c->node, lwi_plan_mark, p->raw);
    lwi_step *step = &p->plan->steps[p->plan->n_steps++];
    step->call = *c;
    step->call.host = &p->context->host;
    step->call.prepared = branch;
    step->run = run;
    return lwi_plan_shows(p, step);
}
