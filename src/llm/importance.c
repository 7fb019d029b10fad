/* SPDX-License-Identifier: MIT
 * How much each column of a model's weights matters: sums of the squares that it is multiplied with
 * over a text. */
#include "base/blocks.h"
#include "files/gguf_writer.h"
#include "llm/gguf_pairs.h"
#include "llm/llm_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 32, CHUNK = 512 };

static const char sum2[] = "in_sum2.", counts[] = "in_count.";

/* ---------------------------------------------------------------- observing */

size_t lwi_observe_outputs(const lw_batch *b, lw_io *outputs) {
    for (size_t i = 0; i < 2 * b->n_observed; i++)
        outputs[i] = (lw_io){b->observed[i / 2].outputs[i % 2], NULL};
    return 2 * b->n_observed;
}

static lw_status add(lw_batch *b, lwi_observed *o, int k, const lw_value *value) {
    const float *x = lw_tensor_data(value);
    const size_t n = lw_tensor_count(value);
    if (!o->sums[k]) LW_TRY(lwi_alloc_array(&b->allocator, n, sizeof(double), &o->sums[k]));
    o->n[k] = n;
    for (size_t i = 0; i < n; i++)
        o->sums[k][i] += (double)x[i];
    return LW_OK;
}

lw_status lwi_observe_take(lw_batch *b, lw_io *outputs) {
    lw_status status = LW_OK;
    for (size_t i = 0; i < 2 * b->n_observed; i++) {
        if (status == LW_OK) status = add(b, &b->observed[i / 2], (int)(i % 2), outputs[i].value);
        lw_value_free(outputs[i].value);
    }
    return status;
}

/* The weights of which the model tells. */
static lw_status find_weights(lw_batch *b, lwi_arena *arena) {
    const lw_model *model = b->llm->model;
    const size_t n = lw_model_output_count(model);
    LW_TRY(lwi_arena_alloc(arena, n, sizeof *b->observed, &b->observed));
    for (size_t i = 0; i < n; i++) {
        lw_io_info info = {.size = sizeof info};
        char name[160];
        LW_TRY(lw_model_output(model, i, &info));
        if (strncmp(info.name, sum2, strlen(sum2))) continue;
        lwi_observed *o = &b->observed[b->n_observed++];
        o->outputs[0] = info.name;
        o->weight = info.name + strlen(sum2);
        snprintf(name, sizeof name, "%s%s", counts, o->weight);
        LW_TRY(lwi_arena_string(arena, name, strlen(name), &o->outputs[1]));
    }
    return LW_OK;
}

static lw_status run_text(lw_session *s, const int32_t *tokens, size_t n, size_t chunk,
                          size_t *chunks, float *scores) {
    const size_t most = *chunks ? *chunks : SIZE_MAX;
    *chunks = 0;
    for (size_t at = 0; at < n && *chunks < most; at += chunk, ++*chunks) {
        LW_TRY(lw_session_rewind(s, 0));
        LW_TRY(lw_session_score(s, tokens + at, n - at < chunk ? n - at : chunk, scores));
    }
    return LW_OK;
}

/* ------------------------------------------------------------------ writing */

static lw_status put_tensor(lwi_arena *arena, const lwi_observed *o, int k, lwi_gguf_tensor *t) {
    char name[160];
    float *data = NULL;
    const size_t matrices = o->n[1];
    snprintf(name, sizeof name, "%s.%s", o->weight, k ? "counts" : "in_sum2");
    LW_TRY(lwi_arena_string(arena, name, strlen(name), &t->name));
    LW_TRY(lwi_arena_alloc(arena, o->n[k], sizeof *data, &data));
    for (size_t i = 0; i < o->n[k]; i++)
        data[i] = (float)o->sums[k][i];
    t->type = LWI_BLOCK_F32;
    t->rank = 2;
    t->dims[0] = (int64_t)matrices;
    t->dims[1] = (int64_t)(o->n[k] / matrices);
    t->data = (const uint8_t *)data;
    t->bytes = o->n[k] * sizeof *data;
    return LW_OK;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const lwi_observed *)a)->weight, ((const lwi_observed *)b)->weight);
}

static lw_status write_all(lwi_file_writer *w, const lwi_pairs *p, const lwi_gguf_tensor *tensors,
                           size_t n) {
    LW_TRY(lwi_gguf_write_head(w, p->items, p->n, tensors, n, ALIGNMENT));
    for (size_t i = 0; i < n; i++) {
        LW_TRY(lwi_file_writer_add(w, tensors[i].data, tensors[i].bytes));
        LW_TRY(lwi_file_writer_pad(w, ALIGNMENT));
    }
    return LW_OK;
}

static lw_status write_file(lw_batch *b, lwi_arena *arena, const char *name, size_t chunk,
                            size_t chunks, const char *to) {
    lwi_pairs p = {.arena = arena, .prefix = "imatrix"};
    const lw_string text = {name, strlen(name)};
    lwi_gguf_tensor *tensors = NULL;
    lwi_file_writer writer;
    size_t n = 0;
    LW_TRY(lwi_pairs_text(&p, "general.type", (lw_string){"imatrix", 7}));
    LW_TRY(lwi_pairs_texts(&p, ".datasets", &text, 1));
    LW_TRY(lwi_pairs_int(&p, ".chunk_count", LWI_GGUF_UINT32, (int64_t)chunks));
    LW_TRY(lwi_pairs_int(&p, ".chunk_size", LWI_GGUF_UINT32, (int64_t)chunk));
    LW_TRY(lwi_arena_alloc(arena, 2 * b->n_observed, sizeof *tensors, &tensors));
    qsort(b->observed, b->n_observed, sizeof *b->observed, by_name);
    for (size_t i = 0; i < b->n_observed; i++)
        for (int k = 0; k < 2 && b->observed[i].sums[0]; k++)
            LW_TRY(put_tensor(arena, &b->observed[i], k, &tensors[n++]));
    LW_TRY(lwi_file_writer_open(to, &writer));
    return lwi_file_writer_close(&writer, write_all(&writer, &p, tensors, n));
}

/* -------------------------------------------------------------------- whole */

typedef struct measurement {
    lwi_arena arena;
    lw_llm *llm;
    lw_batch *batch;
    lw_session *session;
    int32_t *tokens;
    float *scores;
    size_t n, chunk, chunks;
} measurement;

static lw_status open_all(measurement *m, const char *model, const lw_importance_options *o) {
    const lw_model_options options = {.size = sizeof options, .observe_weights = true};
    const lw_llm_options llm = {.size = sizeof llm, .model = &options};
    LW_TRY(lw_llm_load(model, &llm, &m->llm));
    if (!m->llm->tokenizer) return lwi_fail(LW_NOT_FOUND, "the model has no tokenizer");
    if (m->llm->encoder || m->llm->source_layers)
        return lwi_fail(LW_UNSUPPORTED, "'%s' makes no text of its own", m->llm->architecture);
    if (m->chunk > m->llm->context) m->chunk = m->llm->context;
    const lw_batch_options batch = {
        .size = sizeof batch, .context = o->context, .tokens = m->chunk};
    LW_TRY(lw_batch_new(m->llm, &batch, &m->batch));
    LW_TRY(find_weights(m->batch, &m->arena));
    const lw_session_options session = {.size = sizeof session, .batch = m->batch};
    return lw_session_new(m->llm, &session, &m->session);
}

static lw_status encode(measurement *m, const char *text, size_t size) {
    const lw_tokenizer *t = m->llm->tokenizer;
    LW_TRY(lw_tokenizer_encode(t, text, size, LW_ENCODE_ADD_SPECIAL, NULL, 0, &m->n));
    LW_TRY(lwi_arena_alloc(&m->arena, m->n, sizeof *m->tokens, &m->tokens));
    LW_TRY(lwi_arena_alloc(&m->arena, m->chunk, sizeof *m->scores, &m->scores));
    if (m->n < 2) return lwi_fail(LW_INVALID, "the text has %zu tokens", m->n);
    return lw_tokenizer_encode(t, text, size, LW_ENCODE_ADD_SPECIAL, m->tokens, m->n, &m->n);
}

static lw_status measure(measurement *m, const char *model, const char *text, size_t size,
                         const lw_importance_options *o, const char *to) {
    LW_TRY(open_all(m, model, o));
    LW_TRY(encode(m, text, size));
    LW_TRY(run_text(m->session, m->tokens, m->n, m->chunk, &m->chunks, m->scores));
    return write_file(m->batch, &m->arena, o->name ? o->name : "", m->chunk, m->chunks, to);
}

static void close_all(measurement *m) {
    lw_session_free(m->session);
    for (size_t i = 0; m->batch && i < m->batch->n_observed; i++)
        for (int k = 0; k < 2; k++)
            lwi_free(&m->batch->allocator, m->batch->observed[i].sums[k]);
    lw_batch_free(m->batch);
    lw_llm_free(m->llm);
    lwi_arena_free(&m->arena);
}

lw_status lw_llm_importance(const char *model, const char *text, size_t size,
                            const lw_importance_options *options, const char *to) {
    lw_importance_options o = {.size = sizeof o};
    if (!model || !to || (size && !text) || (options && options->size < sizeof o))
        return lwi_fail(LW_INVALID, "lw_llm_importance: an argument is NULL or size not set");
    if (options) o = *options;
    measurement m = {.chunk = o.chunk ? o.chunk : CHUNK, .chunks = o.chunks};
    lwi_arena_init(&m.arena, &lwi_malloc_allocator);
    const lw_status status = measure(&m, model, text, size, &o, to);
    close_all(&m);
    return status;
}
