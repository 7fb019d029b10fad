/* SPDX-License-Identifier: MIT
 * If (ONNX 25): one of two subgraphs. */
#include "ops/op.h"

static lw_status run(lwi_call *c) {
    int64_t condition = 0;
    LW_TRY(lwi_bring(c, 0));
    LW_TRY(lwi_in_int(c, 0, &condition));
    const lwi_graph *branch = lwi_attr_graph(c->node, condition ? "then_branch" : "else_branch");
    if (!branch) return lwi_call_fail(c, LW_CORRUPT, "a branch is missing");
    if (branch->n_outputs < c->n_out)
        return lwi_call_fail(c, LW_CORRUPT,
                             "the branch '%s' has %zu outputs, expected at least %zu", branch->name,
                             branch->n_outputs, c->n_out);
    lw_value **outputs = NULL;
    LW_TRY(lwi_scratch(c, c->n_out, sizeof *outputs, &outputs));
    LW_TRY(lwi_run_subgraph(c, branch, NULL, 0, outputs, c->n_out));
    lw_status status = LW_OK;
    for (size_t i = 0; i < c->n_out; i++) {
        if (status == LW_OK) status = lwi_out_value(c, i, outputs[i]);
        lwi_value_release(outputs[i]);
    }
    return status;
}

static const lwi_graph *find_branch(const lwi_call *c) {
    int64_t condition = 0;
    if (lwi_in_int(c, 0, &condition) != LW_OK) return NULL;
    const lwi_graph *branch = lwi_attr_graph(c->node, condition ? "then_branch" : "else_branch");
    return branch && branch->n_outputs >= c->n_out ? branch : NULL;
}

const lwi_op lwi_op_if = {.branch = find_branch, .run = run, .flags = LWI_BRINGS};
