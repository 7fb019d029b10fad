/* SPDX-License-Identifier: MIT
 * Sessions of models with an encoder and a decoder: the text that the encoder reads. */
#include "base/checked.h"
#include "llm/llm_session.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------- memory */

void lwi_source_memory_free(lw_batch *b) {
    lwi_source_memory *m = &b->memory;
    for (size_t i = 0; m->parts && i < 2 * b->llm->source_layers; i++) {
        lw_value_free(m->parts[i].value);
        lwi_free(&b->allocator, m->parts[i].data);
    }
    lwi_free(&b->allocator, m->parts);
    m->parts = NULL;
}

static lw_status make_parts(lw_batch *b) {
    lwi_source_memory *m = &b->memory;
    const size_t n = 2 * b->llm->source_layers;
    if (m->parts) return LW_OK;
    LW_TRY(lwi_alloc_array(&b->allocator, n, sizeof *m->parts, &m->parts));
    for (size_t i = 0; i < n; i++) {
        lwi_memory_rows *part = m->parts + i;
        const char *kind = i % 2 ? "values" : "keys";
        snprintf(part->input, sizeof part->input, "memory_%s.%zu", kind, i / 2);
        snprintf(part->output, sizeof part->output, "cross_%s.%zu", kind, i / 2);
    }
    return LW_OK;
}

/* The session whose rows are the next from `at` on; NULL: there is none. */
static lw_session *next_source(const lw_batch *b, size_t at) {
    lw_session *found = NULL, *s = b->sessions;
    for (size_t i = 0; i < b->n_sessions; i++, s = s->next)
        if (s->source.encoded && s->source.first >= at &&
            (!found || s->source.first < found->source.first))
            found = s;
    return found;
}

/* Rows of sources that are gone are filled with those behind them. */
static void close_gaps(lw_batch *b) {
    lwi_source_memory *m = &b->memory;
    const size_t width = b->llm->source_width;
    size_t used = 0;
    for (lw_session *s = next_source(b, 0); s; s = next_source(b, used)) {
        const size_t first = s->source.first;
        for (size_t i = 0; first > used && i < 2 * b->llm->source_layers; i++)
            memmove(m->parts[i].data + used * width, m->parts[i].data + first * width,
                    s->source.n * width * sizeof(float));
        s->source.first = used;
        used += s->source.n;
    }
    m->used = used;
}

/* Room for n more rows. It grows in steps, as each size is a plan of its own for the graph. */
static lw_status make_rows(lw_batch *b, size_t n) {
    lwi_source_memory *m = &b->memory;
    const size_t width = b->llm->source_width;
    size_t room = m->room ? m->room : 64;
    LW_TRY(make_parts(b));
    if (n > m->room - m->used) close_gaps(b);
    while (room - m->used < n && room <= INT32_MAX / 2)
        room *= 2;
    if (room - m->used < n) return lwi_fail(LW_LIMIT, "a source of %zu tokens is too long", n);
    const int64_t dims[2] = {(int64_t)room, (int64_t)width};
    for (size_t i = 0; room > m->room && i < 2 * b->llm->source_layers; i++) {
        lwi_memory_rows *part = m->parts + i;
        size_t capacity = m->room * width, count = 0;
        if (!lwi_mul_size(room, width, &count))
            return lwi_fail(LW_LIMIT, "a source of %zu tokens is too long", n);
        LW_TRY(lwi_grow(&b->allocator, &part->data, &capacity, count, sizeof *part->data));
        lw_value_free(part->value);
        part->value = NULL;
        LW_TRY(lw_tensor_wrap(LW_FLOAT32, 2, dims, part->data, &part->value));
    }
    m->room = room;
    return LW_OK;
}

size_t lwi_source_inputs(const lw_batch *b, lw_io *inputs) {
    const size_t n = 2 * b->llm->source_layers;
    for (size_t i = 0; i < n; i++)
        inputs[i] = (lw_io){b->memory.parts[i].input, b->memory.parts[i].value};
    return n;
}

/* ------------------------------------------------------------------- encoder */

static lw_status run_encoder(const lw_session *s, int32_t *tokens, size_t n, lw_io *outputs,
                             size_t n_outputs) {
    lw_io source = {"source", NULL};
    LW_TRY(lw_tensor_wrap(LW_INT32, 1, &(int64_t){(int64_t)n}, tokens, &source.value));
    const lw_status status = lw_context_run(s->batch->context, &source, 1, outputs, n_outputs);
    lw_value_free(source.value);
    return status;
}

/* Right into the rows of the memory behind those in use. */
static lw_status encode(const lw_session *s, lw_io *outputs) {
    const lwi_source_memory *m = &s->batch->memory;
    const size_t n = 2 * s->llm->source_layers, width = s->llm->source_width;
    const int64_t dims[3] = {1, (int64_t)s->source.n, (int64_t)width};
    lw_status status = LW_OK;
    for (size_t i = 0; i < n; i++)
        outputs[i] = (lw_io){m->parts[i].output, NULL};
    for (size_t i = 0; i < n && status == LW_OK; i++)
        status = lw_tensor_wrap(LW_FLOAT32, 3, dims, m->parts[i].data + m->used * width,
                                &outputs[i].value);
    if (status == LW_OK) status = run_encoder(s, s->source.tokens, s->source.n, outputs, n);
    for (size_t i = 0; i < n; i++)
        lw_value_free(outputs[i].value);
    return status;
}

lw_status lwi_source_encode(lw_session *s) {
    lw_batch *b = s->batch;
    lwi_source *source = &s->source;
    if (s->llm->source_layers == 0 || source->encoded) return LW_OK;
    if (source->n == 0)
        return lwi_fail(LW_INVALID, "the session of '%s' has no source text", s->llm->architecture);
    LW_TRY(make_rows(b, source->n));
    LW_TRY(encode(s, b->inputs)); /* which are filled in later */
    source->encoded = true;
    source->first = b->memory.used;
    b->memory.used += source->n;
    return LW_OK;
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
    s->source.encoded = false;
    return lw_session_feed(s, &(int32_t){(int32_t)s->llm->source_start}, 1);
}
