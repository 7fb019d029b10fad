/* SPDX-License-Identifier: MIT
 * lampwick.Part: a part of the graph that a plug-in runs (run/plan_part.c). This runs it on the
 * processor, where the plug-in could not after all. */
#include "ops/op.h"

static lw_status run(lwi_call *c) {
    const lwi_attr *part = lwi_node_attr(c->node, "part");
    lw_value **outputs = NULL;
    if (!part) return lwi_call_fail(c, LW_INTERNAL, "it has no graph");
    LW_TRY(lwi_scratch(c, c->n_out, sizeof *outputs, &outputs));
    LW_TRY(lwi_run_subgraph(c, part->graph, c->in, c->n_in, outputs, c->n_out));
    lw_status status = LW_OK;
    for (size_t i = 0; i < c->n_out; i++) {
        if (status == LW_OK) status = lwi_out_value(c, i, outputs[i]);
        lwi_value_release(outputs[i]);
    }
    return status;
}

/* Random: so that no pass runs it, or takes two for one. */
const lwi_op lwi_op_part = {.run = run, .flags = LWI_RANDOM};
