/* SPDX-License-Identifier: MIT
 * Runs of a speech model's graph. */
#include "speech/transcriber.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 64 };

static const char *const names[LWI_SPEECH_NUMBERS] = {"tokens", "positions", "sequences", "outputs",
                                                      "blocks"};

/* Tensors that the graph reads or fills. */
static lw_status add_memory(lw_transcriber *t, size_t i) {
    lwi_speech_graph *g = &t->graph;
    const lw_speech *s = t->speech;
    const char *kind = i % 2 ? "values" : "keys";
    const int64_t dims[3] = {1, (int64_t)s->frames, (int64_t)s->width};
    char name[NAME];
    lw_io *in = g->inputs + g->n_inputs, *out = g->encoded + g->n_encoded;
    snprintf(name, sizeof name, "memory_%s.%zu", kind, i / 2);
    LW_TRY(lwi_arena_string(&t->arena, name, strlen(name), &in->name));
    snprintf(name, sizeof name, "cross_%s.%zu", kind, i / 2);
    LW_TRY(lwi_arena_string(&t->arena, name, strlen(name), &out->name));
    LW_TRY(lw_tensor_new(LW_FLOAT32, 3, dims, &g->memory[i]));
    in->value = out->value = g->memory[i];
    g->n_inputs++;
    g->n_encoded++;
    return LW_OK;
}

/* On a device, the cache and what the encoder has made stay there. */
static lw_status keep_inputs(const lwi_speech_graph *g) {
    for (size_t i = LWI_SPEECH_NUMBERS + 1; i < g->n_inputs; i++)
        LW_TRY(lw_context_keep_input(g->context, g->inputs[i].name));
    return lw_context_keep_input(g->context, "cache");
}

static lw_status put_memory(const lwi_speech_graph *g) {
    const lw_io *inputs = g->inputs + LWI_SPEECH_NUMBERS + 1;
    for (size_t i = 0; i < g->n_encoded; i++) {
        const size_t bytes = lw_tensor_count(g->memory[i]) * sizeof(float);
        LW_TRY(lw_context_write_input(g->context, inputs[i].name, bytes, 0,
                                      lw_tensor_data(g->memory[i]), bytes));
    }
    return LW_OK;
}

lw_status lwi_speech_graph_init(lw_transcriber *t) {
    lwi_speech_graph *g = &t->graph;
    const lw_speech *s = t->speech;
    const size_t n = LWI_SPEECH_NUMBERS + 1 + 2 * s->layers;
    const size_t most = s->context > t->group ? s->context : t->group;
    LW_TRY(lwi_speech_cache_init(t));
    for (int i = 0; i < LWI_SPEECH_NUMBERS; i++)
        LW_TRY(lwi_arena_alloc(&t->arena, i == LWI_SPEECH_BLOCKS ? g->pool : most,
                               sizeof *g->numbers[i], &g->numbers[i]));
    LW_TRY(lwi_arena_alloc(&t->arena, 2 * s->bands, s->frames * sizeof(float), &g->features));
    LW_TRY(lwi_arena_alloc(&t->arena, 2 * s->layers, sizeof *g->memory, &g->memory));
    LW_TRY(lwi_arena_alloc(&t->arena, n, sizeof *g->inputs, &g->inputs));
    LW_TRY(lwi_arena_alloc(&t->arena, 1 + s->layers, sizeof *g->outputs, &g->outputs));
    LW_TRY(lwi_arena_alloc(&t->arena, 2 * s->layers, sizeof *g->encoded, &g->encoded));
    g->n_inputs = LWI_SPEECH_NUMBERS + 1;
    for (size_t i = 0; i < 2 * s->layers; i++)
        LW_TRY(add_memory(t, i));
    LW_TRY(lw_context_new(s->model, t->options.context, &g->context));
    return keep_inputs(g);
}

void lwi_speech_graph_free(lwi_speech_graph *g) {
    for (size_t i = 0; i < g->n_encoded; i++)
        lw_value_free(g->memory[i]);
    lw_context_free(g->context);
}

lw_status lwi_speech_encode(lw_transcriber *t) {
    lwi_speech_graph *g = &t->graph;
    const int64_t dims[3] = {1, (int64_t)t->speech->bands, 2 * (int64_t)t->speech->frames};
    lw_io features = {"features", NULL};
    LW_TRY(lw_tensor_wrap(LW_FLOAT32, 3, dims, g->features, &features.value));
    const lw_status status = lw_context_run(g->context, &features, 1, g->encoded, g->n_encoded);
    lw_value_free(features.value);
    LW_TRY(status);
    return put_memory(g);
}

static lw_status wrap_inputs(lw_transcriber *t, size_t n, size_t n_outputs) {
    lwi_speech_graph *g = &t->graph;
    const int64_t table[2] = {(int64_t)t->group, (int64_t)g->blocks};
    const int64_t cache[2] = {(int64_t)g->pool, (int64_t)t->speech->cache_elements};
    for (int i = 0; i <= LWI_SPEECH_NUMBERS; i++)
        g->inputs[i] = (lw_io){i < LWI_SPEECH_NUMBERS ? names[i] : "cache", NULL};
    for (int i = 0; i < LWI_SPEECH_BLOCKS; i++) {
        const int64_t size = (int64_t)(i == LWI_SPEECH_OUTPUTS ? n_outputs : n);
        LW_TRY(lw_tensor_wrap(LW_INT32, 1, &size, g->numbers[i], &g->inputs[i].value));
    }
    LW_TRY(lw_tensor_wrap(LW_INT32, 2, table, g->numbers[LWI_SPEECH_BLOCKS],
                          &g->inputs[LWI_SPEECH_BLOCKS].value));
    return lw_tensor_wrap(LW_FLOAT32, 2, cache, g->cache, &g->inputs[LWI_SPEECH_NUMBERS].value);
}

/* The logits, and beside them n_more other outputs. */
static lw_status run_decoder(lw_transcriber *t, size_t n, size_t n_outputs, float *logits,
                             const lw_io *more, size_t n_more) {
    lwi_speech_graph *g = &t->graph;
    const int64_t dims[2] = {(int64_t)n_outputs, (int64_t)t->speech->vocabulary};
    lw_value *value = NULL;
    lw_status status = wrap_inputs(t, n, n_outputs);
    if (status == LW_OK) status = lw_tensor_wrap(LW_FLOAT32, 2, dims, logits, &value);
    g->outputs[0] = (lw_io){"logits", value};
    for (size_t i = 0; i < n_more; i++)
        g->outputs[1 + i] = more[i];
    if (status == LW_OK)
        status = lw_context_run(g->context, g->inputs, g->n_inputs, g->outputs, 1 + n_more);
    lw_value_free(value);
    for (int i = 0; i <= LWI_SPEECH_NUMBERS; i++)
        lw_value_free(g->inputs[i].value);
    return status;
}

lw_status lwi_speech_decode(lw_transcriber *t, const int32_t *tokens, size_t at, size_t n,
                            const int32_t *outputs, size_t n_outputs, float *logits,
                            const lw_io *more, size_t n_more) {
    int32_t **numbers = t->graph.numbers;
    if (n > t->speech->context || at > t->speech->context - n)
        return lwi_fail(LW_LIMIT, "the model's context of %zu tokens is full", t->speech->context);
    lwi_speech_reserve(t, 0, at, n);
    for (size_t i = 0; i < n; i++) {
        numbers[LWI_SPEECH_TOKENS][i] = tokens[i];
        numbers[LWI_SPEECH_POSITIONS][i] = (int32_t)(at + i);
        numbers[LWI_SPEECH_SEQUENCES][i] = 0;
    }
    memcpy(numbers[LWI_SPEECH_OUTPUTS], outputs, n_outputs * sizeof *outputs);
    return run_decoder(t, n, n_outputs, logits, more, n_more);
}

lw_status lwi_speech_step(lw_transcriber *t, const size_t *rows, const int32_t *tokens, size_t n,
                          size_t at, float *logits) {
    int32_t **numbers = t->graph.numbers;
    if (at >= t->speech->context)
        return lwi_fail(LW_LIMIT, "the model's context of %zu tokens is full", t->speech->context);
    for (size_t i = 0; i < n; i++) {
        lwi_speech_reserve(t, rows[i], at, 1);
        numbers[LWI_SPEECH_TOKENS][i] = tokens[i];
        numbers[LWI_SPEECH_POSITIONS][i] = (int32_t)at;
        numbers[LWI_SPEECH_SEQUENCES][i] = (int32_t)rows[i];
        numbers[LWI_SPEECH_OUTPUTS][i] = (int32_t)i;
    }
    return run_decoder(t, n, n, logits, NULL, 0);
}
