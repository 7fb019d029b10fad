/* SPDX-License-Identifier: MIT */
#include "run/rehearse.h"

#include "base/cpu.h"
#include "ops/registry.h"

#include <string.h>

/* Arenas up to this size are touched, so that the first run does not have to wait for pages. */
static const size_t LARGEST_TOUCHED = (size_t)1 << 28;
/* Inputs that are made for a rehearsal. */
static const size_t LARGEST_INPUTS = (size_t)1 << 24;
/* When it ends, after the node under way: loading is to stay quick, and what a longer run gains is
 * small beside its time. */
static const uint64_t LONGEST_NS = 1000000;
/* Short runs take place again within this time, without anyone looking on: of a run of microseconds
 * much is what the processor has not seen of the program yet. */
static const uint64_t SHORT_NS = 200000;
enum { AGAIN = 6 };

static bool is_random(const lwi_graph *g) {
    for (size_t i = 0; i < g->n_nodes; i++) {
        const lwi_node *node = &g->nodes[i];
        if (node->op->op->flags & LWI_RANDOM) return true;
        for (size_t a = 0; a < node->n_attrs; a++)
            if (node->attrs[a].kind == LWI_ATTR_GRAPH && is_random(node->attrs[a].graph))
                return true;
    }
    return false;
}

bool lwi_can_rehearse(const lwi_plan *plan, const lw_value *const *inputs) {
    size_t bytes = 0;
    for (size_t i = 0; i < plan->graph->n_inputs; i++)
        bytes += inputs[i] ? inputs[i]->bytes : 0;
    return bytes <= LARGEST_INPUTS && plan->arena_bytes <= LARGEST_TOUCHED &&
           !is_random(plan->graph);
}

lw_status lwi_touch_arena(lwi_plan *plan) {
    lw_context *c = plan->context;
    if (plan->arena_bytes > LARGEST_TOUCHED) return LW_OK;
    LW_TRY(lwi_context_reserve(c, plan->depth, plan->arena_bytes));
    if (plan->arena_bytes) memset(c->arenas[plan->depth].block, 0, plan->arena_bytes);
    return LW_OK;
}

typedef struct end {
    lw_context *context;
    uint64_t at;
} end;

static void stop_in_time(void *user, size_t node, uint64_t start, uint64_t now) {
    end *e = user;
    (void)node, (void)start;
    if (now > e->at) atomic_store(&e->context->cancel, true);
}

static lw_status run_once(lwi_plan *plan, const lw_value *const *inputs) {
    lw_context *c = plan->context;
    const size_t n = plan->graph->n_outputs;
    for (size_t i = 0; i < n; i++)
        c->outputs[i] = NULL;
    LW_TRY(lwi_execute(plan, inputs, c->outputs));
    for (size_t i = 0; i < n; i++)
        lw_value_free(c->outputs[i]);
    lwi_arena_reset(&c->strings);
    return LW_OK;
}

bool lwi_once_more(int n, uint64_t start) { return n < AGAIN && lwi_clock() - start < SHORT_NS; }

/* The first run is also slow for what is done once; the second one tells whether runs are brief. */
static void run_again(lwi_plan *plan, const lw_value *const *inputs) {
    const uint64_t start = lwi_clock();
    lw_status status = run_once(plan, inputs);
    plan->brief = status == LW_OK && lwi_clock() - start < SHORT_NS;
    for (int i = 1; status == LW_OK && lwi_once_more(i, start); i++)
        status = run_once(plan, inputs);
}

void lwi_rehearse(lwi_plan *plan, const lw_value *const *inputs) {
    lw_context *c = plan->context;
    const lw_profile_fn profile = c->profile;
    void *user = c->profile_user;
    const uint64_t start = lwi_clock();
    end e = {c, start + LONGEST_NS};
    lw_context_profile(c, stop_in_time, &e);
    const lw_status status = run_once(plan, inputs);
    lw_context_profile(c, NULL, NULL);
    if (status == LW_OK && !c->device && lwi_clock() < e.at) run_again(plan, inputs);
    lw_context_profile(c, profile, user);
    atomic_store(&c->cancel, false);
    lwi_arena_reset(&c->strings);
    /* With other inputs, late nodes and subgraphs may go other ways. */
    plan->rehearsed = plan->n_late == 0 && plan->n_subgraphs == 0;
}
