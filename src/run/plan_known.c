/* SPDX-License-Identifier: MIT
 * Nodes that are computed when a plan is made, because all they depend on is known then: Shape and
 * what is made from it, above all. */
#include "run/context.h"

#include "ops/known.h"

static void fix_outputs(const lwi_call *c) {
    for (size_t k = 0; k < c->n_out; k++)
        if (c->out[k]) c->out[k]->fixed = LWI_FIXED_PLAN;
}

/* A constant in another shape is a constant, of any size. */
static bool know_view(const lwi_call *c) {
    const lw_value *in = c->in[0];
    lw_value *out = c->out[0];
    if (!(c->node->op->op->flags & LWI_VIEW) || !c->declared[0] || !out) return false;
    if (in->fixed == LWI_VARIES || !in->data || in->bytes != out->bytes) return false;
    out->data = in->data;
    out->fixed = in->fixed;
    return true;
}

bool lwi_plan_know(lwi_plan *plan, lwi_call *call) {
    if (know_view(call)) return true;
    if (!lwi_know(call, &plan->memory)) return false;
    fix_outputs(call);
    return true;
}
