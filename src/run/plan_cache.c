/* SPDX-License-Identifier: MIT
 * The plans that a context remembers: exact keys, the last one used first. */
#include "run/context.h"

static void bring_to_front(lw_context *c, size_t i) {
    lwi_plan *plan = c->plans[i];
    for (; i > 0; i--)
        c->plans[i] = c->plans[i - 1];
    c->plans[0] = plan;
}

lwi_plan *lwi_context_find_plan(lw_context *c, const lw_value *const *inputs, const bool *wanted) {
    for (size_t i = 0; i < c->n_plans; i++)
        if (lwi_plan_fits(c->plans[i], inputs, wanted)) {
            if (i > 0) bring_to_front(c, i);
            return c->plans[0];
        }
    return NULL;
}

bool lwi_context_waits(const lw_context *c) {
    return !c->has_run && !c->device && !c->plugin && lwi_model_packs_late(c->model);
}

lw_status lwi_context_plan(lw_context *c, const lw_value *const *inputs, const bool *wanted,
                           bool waits, lwi_plan **plan) {
    lwi_plan *made = NULL;
    if (waits && lwi_context_waits(c)) LW_TRY(lwi_plan_make_first(c, inputs, wanted, &made));
    else LW_TRY(lwi_plan_make(c, c->model->network.graph, NULL, inputs, false, wanted, &made));
    c->allocations++;
    if (c->n_plans == c->max_plans) lwi_plan_free(c->plans[--c->n_plans]);
    c->plans[c->n_plans++] = made;
    bring_to_front(c, c->n_plans - 1);
    *plan = made;
    return LW_OK;
}

/* What the run before this one packed lies in the pool. */
lw_status lwi_context_pack_plan(lw_context *c, lwi_plan **plan) {
    size_t i = 0;
    while (c->plans[i] != *plan)
        i++;
    lwi_plan_free(*plan);
    for (c->n_plans--; i < c->n_plans; i++)
        c->plans[i] = c->plans[i + 1];
    lwi_pool_trim(&c->pool);
    return lwi_context_plan(c, c->inputs, c->wanted, false, plan);
}

void lwi_context_forget_plans(lw_context *c) {
    for (size_t i = 0; i < c->n_plans; i++)
        lwi_plan_free(c->plans[i]);
    c->n_plans = 0;
}

lw_status lwi_context_reserve(lw_context *c, size_t depth, size_t bytes) {
    LW_TRY(lwi_grow(&c->allocator, &c->arenas, &c->cap_arenas, depth + 1, sizeof *c->arenas));
    lwi_region *arena = &c->arenas[depth];
    if (bytes <= arena->bytes) return LW_OK;
    if (c->memory_limit && bytes > c->memory_limit)
        return lwi_fail(LW_LIMIT, "the plan needs %zu bytes, the memory limit is %zu", bytes,
                        c->memory_limit);
    lwi_free(&c->allocator, arena->block);
    *arena = (lwi_region){NULL, 0};
    LW_TRY(lwi_alloc(&c->allocator, bytes, &arena->block));
    arena->bytes = bytes;
    c->allocations++;
    return LW_OK;
}
