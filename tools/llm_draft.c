/* SPDX-License-Identifier: MIT */
#include "llm_draft.h"

lw_status lwi_draft_open(const lwi_draft_options *o, const lwi_llm_options *model, lwi_draft *d) {
    lw_context_options context;
    const lw_batch_options batch = lwi_llm_batch_options(model, &context);
    const lwi_llm_options own = {.engine = model->engine};
    lw_status status = LW_OK;
    if (o->path) status = lwi_llm_open(o->path, &own, &d->llm);
    if (status == LW_OK && d->llm) status = lw_batch_new(d->llm, &batch, &d->batch);
    d->speculation = (lw_speculation){.size = sizeof d->speculation,
                                      .draft = d->batch,
                                      .lookup = (size_t)o->lookup,
                                      .tokens = (size_t)o->tokens};
    return status;
}

void lwi_draft_close(lwi_draft *d) {
    lw_batch_free(d->batch);
    lw_llm_free(d->llm);
}
