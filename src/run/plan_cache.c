/* SPDX-License-Identifier: MIT
 * The plans that a context remembers: exact keys, the least recently used is forgotten. */
#include "run/context.h"

static lwi_plan *find(lw_context *c, const lw_value *const *inputs, const bool *wanted) {
    for (size_t i = 0; i < c->n_plans; i++)
        if (lwi_plan_fits(c->plans[i], c->model, inputs, wanted)) return c->plans[i];
    return NULL;
}

static void keep(lw_context *c, lwi_plan *plan) {
    size_t at = c->n_plans;
    if (c->n_plans == c->max_plans) {
        at = 0;
        for (size_t i = 1; i < c->n_plans; i++)
            if (c->plans[i]->used < c->plans[at]->used) at = i;
        lwi_plan_free(c->plans[at]);
    } else {
        c->n_plans++;
    }
    c->plans[at] = plan;
}

lw_status lwi_context_plan(lw_context *c, const lw_value *const *inputs, const bool *wanted,
                           lwi_plan **plan) {
    lwi_plan *p = find(c, inputs, wanted);
    if (!p) {
        lwi_frame frame = {.context = c, .graph = c->model->network.graph};
        lwi_host host = c->host;
        host.allocator = c->allocator;
        const size_t scratch = c->n_scratch;
        const lw_status status = lwi_plan_make(c->model, &host, &frame, inputs, wanted, &p);
        lwi_host_release_scratch(c, scratch);
        LW_TRY(status);
        c->allocations++;
        keep(c, p);
    }
    p->used = ++c->runs;
    *plan = p;
    return LW_OK;
}

void lwi_context_forget_plans(lw_context *c) {
    for (size_t i = 0; i < c->n_plans; i++)
        lwi_plan_free(c->plans[i]);
    c->n_plans = 0;
}

lw_status lwi_context_reserve(lw_context *c, size_t bytes) {
    if (bytes <= c->arena_bytes) return LW_OK;
    if (c->memory_limit && bytes > c->memory_limit)
        return lwi_fail(LW_LIMIT, "the plan needs %zu bytes, the memory limit is %zu", bytes,
                        c->memory_limit);
    lwi_free(&c->allocator, c->arena);
    c->arena = NULL;
    c->arena_bytes = 0;
    LW_TRY(lwi_alloc(&c->allocator, bytes, &c->arena));
    c->arena_bytes = bytes;
    c->allocations++;
    return LW_OK;
}
