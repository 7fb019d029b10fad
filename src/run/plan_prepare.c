/* SPDX-License-Identifier: MIT
 * Lets the kernels of a plan prepare: what they make lives in the plan, packed constants in the
 * model. */
#include "run/plan.h"

#include "ops/call.h"

typedef struct preparing {
    const lwi_host *host; /* of the run */
    void *state;
    lwi_plan *plan;
    const lw_model *model;
} preparing;

static lw_status memory(void *state, size_t bytes, void **block) {
    const preparing *p = state;
    return p->host->memory(p->state, bytes, block);
}

static lw_status keep(void *state, size_t bytes, void **block) {
    return lwi_arena_alloc(&((preparing *)state)->plan->memory, bytes, 1, block);
}

static void parallel(void *state, size_t n, void (*task)(void *arg, size_t i), void *arg) {
    const preparing *p = state;
    p->host->parallel(p->state, n, task, arg);
}

static int threads(void *state) {
    const preparing *p = state;
    return p->host->threads(p->state);
}

/* What was computed with the plan is packed into the plan. */
static lw_status packed_in_plan(preparing *p, const lw_value *value, const lwi_packing *packing,
                                const void **packed) {
    char *block = NULL;
    LW_TRY(lwi_arena_alloc(&p->plan->memory, packing->bytes + LWI_ALIGN, 1, &block));
    block += -(uintptr_t)block % LWI_ALIGN;
    LW_TRY(lwi_weights_pack(&p->host->allocator, value, packing, block));
    *packed = block;
    return LW_OK;
}

static lw_status packed(void *state, const lw_value *value, const lwi_packing *packing,
                        const void **made) {
    preparing *p = state;
    if (value->fixed == LWI_FIXED_PLAN) return packed_in_plan(p, value, packing, made);
    return lwi_model_packed(p->model, value, packing, made);
}

lw_status lwi_plan_prepare(lwi_plan *plan, const lw_model *model, lwi_call *call,
                           const lwi_kernel *kernel) {
    preparing p = {.host = call->host, .state = call->state, .plan = plan, .model = model};
    const lwi_host host = {.memory = memory,
                           .keep = keep,
                           .packed = packed,
                           .parallel = parallel,
                           .threads = threads,
                           .allocator = p.host->allocator};
    call->host = &host;
    call->state = &p;
    const lw_status status = lwi_call_prepare(call, kernel);
    call->host = p.host;
    call->state = p.state;
    return status;
}
