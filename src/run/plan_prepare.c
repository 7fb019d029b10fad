/* SPDX-License-Identifier: MIT
 * Lets the kernels of a plan prepare: what they make lives in the plan, packed constants in the
 * model. */
#include "run/context.h"

#include "ops/call.h"

static lw_status keep(void *state, size_t bytes, void **block) {
    return lwi_arena_alloc(&((lwi_plan *)state)->memory, bytes, 1, block);
}

/* What was computed with the plan is packed into the plan. */
static lw_status packed_in_plan(lwi_plan *plan, const lw_value *value, const lwi_packing *packing,
                                const void **packed) {
    char *block = NULL;
    LW_TRY(lwi_arena_alloc(&plan->memory, packing->bytes + LWI_ALIGN, 1, &block));
    block += -(uintptr_t)block % LWI_ALIGN;
    LW_TRY(lwi_weights_pack(&plan->context->allocator, value, packing, block));
    *packed = block;
    return LW_OK;
}

static lw_status packed(void *state, const lw_value *value, const lwi_packing *packing,
                        const void **made) {
    lwi_plan *plan = state;
    if (value->fixed == LWI_FIXED_PLAN) return packed_in_plan(plan, value, packing, made);
    return lwi_context_packed(plan->context, value, packing, made);
}

static lwi_host preparing(const lwi_call *call) {
    lwi_host host = *call->host;
    host.waits = ((const lwi_plan *)call->state)->waits;
    host.keep = keep;
    host.packed = packed;
    return host;
}

lw_status lwi_plan_prepare(lwi_call *call, const lwi_kernel *kernel) {
    const lwi_host *run = call->host, host = preparing(call);
    call->host = &host;
    const lw_status status = lwi_call_prepare(call, kernel);
    call->host = run;
    return status;
}

lw_status lwi_plan_prepare_pair(lwi_cpu_pair_fn *fn, const lwi_cpu_step *first,
                                const lwi_cpu_step *second, lwi_cpu_step *both) {
    const lwi_host host = preparing(&second->call);
    lwi_cpu_step last = *second;
    last.call.host = &host;
    LW_TRY(fn(first, &last, both));
    both->call.host = second->call.host;
    return LW_OK;
}
