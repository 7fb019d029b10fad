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
    for (int i = 0; i < 3; i++)
        lwi_free(&b->allocator, m->numbers[i]);
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
        LW_TRY(lw_context_keep_input(b->context, part->input));
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

/* The sessions whose texts are read in one run, one behind the other: the one that asked, and those
 * behind it in the batch that wait as it does, as long as they fit. */
typedef struct reading {
    lw_batch *b;
    lw_session *first;
    bool vectors;
    size_t most, tokens, sequences;
} reading;

static size_t text_of(const lw_session *s, const int32_t **tokens) {
    *tokens = s->vectors ? s->tokens : s->source.tokens;
    return s->vectors ? s->n : s->source.n;
}

static bool takes(const reading *r, const lw_session *s) {
    const int32_t *tokens = NULL;
    const size_t n = text_of(s, &tokens);
    if (s == r->first) return true;
    return s->vectors == r->vectors && !s->source.encoded && n && lwi_sequence_pending(s) &&
           n <= r->most && r->tokens <= r->most - n;
}

static lw_status add_text(reading *r, const lw_session *s) {
    lwi_source_memory *m = &r->b->memory;
    const int32_t *tokens = NULL;
    const size_t n = text_of(s, &tokens);
    for (int i = 0; i < 3; i++)
        LW_TRY(lwi_grow(&r->b->allocator, &m->numbers[i], &m->capacity[i], r->tokens + n,
                        sizeof(int32_t)));
    memcpy(m->numbers[0] + r->tokens, tokens, n * sizeof *tokens);
    for (size_t i = 0; i < n; i++) {
        m->numbers[1][r->tokens + i] = (int32_t)r->sequences;
        m->numbers[2][r->tokens + i] = (int32_t)i;
    }
    r->tokens += n;
    r->sequences++;
    return LW_OK;
}

/* taken: the sessions whose texts these are, as many as the batch has at most. */
static lw_status collect(reading *r, lw_session **taken) {
    lw_session *s = r->first;
    for (size_t i = 0; i < r->b->n_sessions; i++, s = s->next) {
        if (!takes(r, s)) continue;
        taken[r->sequences] = s;
        LW_TRY(add_text(r, s));
    }
    return LW_OK;
}

static lw_status run_encoder(const reading *r, lw_io *outputs, size_t n_outputs) {
    static const char *const names[3] = {"source", "source_sequences", "source_positions"};
    const size_t n = r->b->llm->source_positions ? 3 : 2;
    lw_io inputs[3] = {{NULL, NULL}, {NULL, NULL}, {NULL, NULL}};
    lw_status status = LW_OK;
    for (size_t i = 0; i < n && status == LW_OK; i++) {
        inputs[i].name = names[i];
        status = lw_tensor_wrap(LW_INT32, 1, &(int64_t){(int64_t)r->tokens},
                                r->b->memory.numbers[i], &inputs[i].value);
    }
    if (status == LW_OK) status = lw_context_run(r->b->context, inputs, n, outputs, n_outputs);
    for (size_t i = 0; i < n; i++)
        lw_value_free(inputs[i].value);
    return status;
}

/* Right into the rows of the memory behind those in use. */
static lw_status encode(const reading *r, lw_io *outputs) {
    const lwi_source_memory *m = &r->b->memory;
    const size_t n = 2 * r->b->llm->source_layers, width = r->b->llm->source_width;
    const int64_t dims[2] = {(int64_t)r->tokens, (int64_t)width};
    lw_status status = LW_OK;
    for (size_t i = 0; i < n; i++)
        outputs[i] = (lw_io){m->parts[i].output, NULL};
    for (size_t i = 0; i < n && status == LW_OK; i++)
        status = lw_tensor_wrap(LW_FLOAT32, 2, dims, m->parts[i].data + m->used * width,
                                &outputs[i].value);
    if (status == LW_OK) status = run_encoder(r, outputs, n);
    for (size_t i = 0; i < n; i++)
        lw_value_free(outputs[i].value);
    return status;
}

/* The first rows of the memory to the context's device, where it has one. */
static lw_status put_memory(const lw_batch *b, size_t rows) {
    const lwi_source_memory *m = &b->memory;
    const size_t row = b->llm->source_width * sizeof(float);
    for (size_t i = 0; i < 2 * b->llm->source_layers; i++)
        LW_TRY(lw_context_write_input(b->context, m->parts[i].input, m->room * row, 0,
                                      m->parts[i].data, rows * row));
    return LW_OK;
}

static lw_status encode_all(reading *r, lw_session **taken) {
    lw_batch *b = r->b;
    LW_TRY(collect(r, taken));
    LW_TRY(make_rows(b, r->tokens));
    LW_TRY(encode(r, b->inputs)); /* which are filled in later */
    LW_TRY(put_memory(b, b->memory.used + r->tokens));
    for (size_t i = 0; i < r->sequences; i++) {
        taken[i]->source.encoded = true;
        taken[i]->source.first = b->memory.used;
        b->memory.used += taken[i]->source.n;
    }
    return LW_OK;
}

static lw_status run_for_states(reading *r) {
    lw_batch *b = r->b;
    const size_t width = b->llm->width;
    const int64_t dims[2] = {(int64_t)r->tokens, (int64_t)width};
    lw_io states = {"states", NULL};
    LW_TRY(
        lwi_grow(&b->allocator, &b->states, &b->cap_states, r->tokens * width, sizeof *b->states));
    LW_TRY(lw_tensor_wrap(LW_FLOAT32, 2, dims, b->states, &states.value));
    const lw_status status = run_encoder(r, &states, 1);
    lw_value_free(states.value);
    return status;
}

static lw_status pool_all(reading *r, lw_session **taken) {
    LW_TRY(collect(r, taken));
    for (size_t i = 0; i < r->sequences; i++)
        LW_TRY(lwi_pooling_begin(taken[i]));
    LW_TRY(run_for_states(r));
    const float *state = r->b->states;
    for (size_t i = 0; i < r->sequences; i++) {
        lw_session *s = taken[i];
        for (size_t at = 0; at < s->n; at++, state += r->b->llm->width)
            if (lwi_pooling_wants(s, at)) lwi_pooling_take(s, at, state);
        s->done = s->n;
        lwi_pooling_advance(s);
    }
    return LW_OK;
}

static lw_status read_texts(lw_session *s, size_t most, size_t *tokens) {
    reading r = {.b = s->batch, .first = s, .vectors = s->vectors, .most = most};
    lw_session **taken = NULL;
    LW_TRY(lwi_alloc_array(&r.b->allocator, r.b->n_sessions, sizeof(lw_session *), &taken));
    const lw_status status = s->vectors ? pool_all(&r, taken) : encode_all(&r, taken);
    lwi_free(&r.b->allocator, taken);
    *tokens = r.tokens;
    return status;
}

lw_status lwi_source_encode(lw_session *s, size_t most) {
    size_t tokens = 0;
    if (s->llm->source_layers == 0 || s->source.encoded) return LW_OK;
    if (s->source.n == 0)
        return lwi_fail(LW_INVALID, "the session of '%s' has no source text", s->llm->architecture);
    return read_texts(s, most, &tokens);
}

lw_status lwi_source_pool(lw_session *s, size_t most, size_t *tokens) {
    return read_texts(s, most, tokens);
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
    const int32_t first[2] = {(int32_t)s->llm->source_start, s->llm->source_second};
    return lw_session_feed(s, first, first[1] < 0 ? 1 : 2);
}
