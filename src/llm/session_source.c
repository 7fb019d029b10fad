/* SPDX-License-Identifier: MIT
 * Sessions of models with an encoder and a decoder: the text that the encoder reads. */
#include "llm/llm_session.h"

#include <stdio.h>
#include <string.h>

void lwi_source_forget(lw_session *s) {
    for (size_t i = 0; s->source.memory && i < 2 * s->llm->source_layers; i++)
        lw_value_free(s->source.memory[i].value);
    lwi_free(&s->allocator, s->source.memory);
    s->source.memory = NULL;
}

size_t lwi_source_inputs(const lw_session *s, lw_io *inputs) {
    const size_t n = 2 * s->llm->source_layers;
    for (size_t i = 0; i < n; i++)
        inputs[i] = (lw_io){s->source.memory[i].input, s->source.memory[i].value};
    return n;
}

static lw_status run_encoder(const lw_session *s, int32_t *tokens, size_t n, lw_io *outputs,
                             size_t n_outputs) {
    lw_io source = {"source", NULL};
    LW_TRY(lw_tensor_wrap(LW_INT32, 1, &(int64_t){(int64_t)n}, tokens, &source.value));
    const lw_status status = lw_context_run(s->batch->context, &source, 1, outputs, n_outputs);
    lw_value_free(source.value);
    return status;
}

static lw_status make_memory(lw_session *s, lw_io *outputs) {
    const size_t n = 2 * s->llm->source_layers;
    const int64_t dims[3] = {1, (int64_t)s->source.n, (int64_t)s->llm->source_width};
    LW_TRY(lwi_alloc_array(&s->allocator, n, sizeof *s->source.memory, &s->source.memory));
    for (size_t i = 0; i < n; i++) {
        lwi_source_memory *m = s->source.memory + i;
        const char *kind = i % 2 ? "values" : "keys";
        snprintf(m->input, sizeof m->input, "memory_%s.%zu", kind, i / 2);
        snprintf(m->output, sizeof m->output, "cross_%s.%zu", kind, i / 2);
        LW_TRY(lw_tensor_new(LW_FLOAT32, 3, dims, &m->value));
        outputs[i] = (lw_io){m->output, m->value};
    }
    return LW_OK;
}

lw_status lwi_source_encode(lw_session *s) {
    lwi_source *source = &s->source;
    lw_io *outputs = s->batch->inputs; /* which are filled in later */
    if (s->llm->source_layers == 0 || source->memory) return LW_OK;
    if (source->n == 0)
        return lwi_fail(LW_INVALID, "the session of '%s' has no source text", s->llm->architecture);
    lw_status status = make_memory(s, outputs);
    if (status == LW_OK)
        status = run_encoder(s, source->tokens, source->n, outputs, 2 * s->llm->source_layers);
    if (status != LW_OK) lwi_source_forget(s);
    return status;
}

lw_status lwi_source_pool(lw_session *s) {
    lw_batch *b = s->batch;
    const size_t width = s->llm->width;
    const int64_t dims[2] = {(int64_t)s->n, (int64_t)width};
    lw_io states = {"states", NULL};
    LW_TRY(lwi_pooling_begin(s));
    LW_TRY(lwi_grow(&b->allocator, &b->states, &b->cap_states, s->n * width, sizeof *b->states));
    LW_TRY(lw_tensor_wrap(LW_FLOAT32, 2, dims, b->states, &states.value));
    const lw_status status = run_encoder(s, s->tokens, s->n, &states, 1);
    lw_value_free(states.value);
    LW_TRY(status);
    for (size_t at = 0; at < s->n; at++)
        if (lwi_pooling_wants(s, at)) lwi_pooling_take(s, at, b->states + at * width);
    s->done = s->n;
    lwi_pooling_advance(s);
    return LW_OK;
}

lw_status lw_session_source(lw_session *s, const int32_t *tokens, size_t n) {
    if (!s || !tokens || n == 0)
        return lwi_fail(LW_INVALID, "lw_session_source: session or tokens are missing");
    if (s->llm->source_layers == 0 || s->vectors)
        return lwi_fail(LW_UNSUPPORTED, "a session of '%s' %s", s->llm->architecture,
                        s->vectors ? "for vectors has no source: feed it the text"
                                   : "reads no source: the model has no encoder");
    LW_TRY(lwi_session_check_tokens(s, tokens, n));
    LW_TRY(lwi_grow(&s->allocator, &s->source.tokens, &s->source.capacity, n, sizeof *tokens));
    LW_TRY(lw_session_rewind(s, 0));
    memcpy(s->source.tokens, tokens, n * sizeof *tokens);
    s->source.n = n;
    lwi_source_forget(s);
    return lw_session_feed(s, &(int32_t){(int32_t)s->llm->source_start}, 1);
}
