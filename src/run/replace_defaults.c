/* SPDX-License-Identifier: MIT
 * Inputs with default values. Files from old exporters list every weight as an input, so the passes
 * take defaults for constants. A run that replaces one is rare; it goes to a second context, of the
 * same model with no such assumption. */
#include "run/context.h"

bool lwi_replaces_default(const lw_context *c) {
    const lwi_graph *g = c->model->network.graph;
    for (size_t i = 0; i < g->n_inputs && !g->open_defaults; i++)
        if (c->inputs[i] && g->slots[g->inputs[i]].constant) return true;
    return false;
}

static lw_status open_context(lw_context *c) {
    lw_model *model = NULL;
    lw_context *open = NULL;
    LW_TRY(lwi_model_open_defaults(c->model, &model));
    const lw_status status = lw_context_new(model, &c->options, &open);
    lw_model_free(model);
    if (status == LW_OK) atomic_store(&c->open, open);
    return status;
}

lw_status lwi_run_replacing(lw_context *c, const lw_io *inputs, size_t n_inputs, lw_io *outputs,
                            size_t n_outputs) {
    if (c->plugin && !c->options.fallback)
        return lwi_fail(LW_UNSUPPORTED, "%s takes default values of inputs for constants",
                        c->plugin->table->name);
    if (!atomic_load(&c->open)) LW_TRY(open_context(c));
    return lw_context_run(atomic_load(&c->open), inputs, n_inputs, outputs, n_outputs);
}
