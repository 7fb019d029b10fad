/* SPDX-License-Identifier: MIT */
#include "any_input.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 64, SECONDS = 5 };

static lw_context *running;

static void stop_run(int signal) {
    (void)signal;
    if (running) lw_context_cancel(running);
}

static lw_status make_strings(const lw_io_info *info, const int64_t *dims, size_t n,
                              lw_value **value) {
    const char **texts = calloc(n + 1, sizeof *texts);
    if (!texts) return LW_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        texts[i] = "text";
    const lw_status status = lw_tensor_strings(info->rank, dims, texts, NULL, value);
    free(texts);
    return status;
}

/* Language models tell how large a block of their cache is. */
static int64_t cache_elements(const lw_model *model) {
    const char *key = NULL, *value = NULL;
    for (size_t i = 0; lw_model_metadata(model, i, &key, &value) == LW_OK; i++)
        if (!strcmp(key, "lampwick.cache.elements")) return strtoll(value, NULL, 10);
    return 2;
}

static lw_status make_input(const lw_model *model, const lw_io_info *info, lw_value **value) {
    int64_t dims[LW_MAX_RANK];
    size_t n = 1;
    if (info->kind != LW_KIND_TENSOR || info->rank > LW_MAX_RANK) return LW_UNSUPPORTED;
    for (int d = 0; d < info->rank; d++) {
        dims[d] = info->dims[d] < 0 ? 2 : info->dims[d];
        if (d == 1 && !strcmp(info->name, "cache")) dims[d] = cache_elements(model);
        if (dims[d] > 1 << 20 || n > 1 << 24) return LW_LIMIT;
        n *= (size_t)dims[d];
    }
    if (info->dtype == LW_STRING) return make_strings(info, dims, n, value);
    const lw_dtype dtype = info->dtype ? info->dtype : LW_FLOAT32;
    const size_t numbers = dtype == LW_INT32 ? 2 : 3; /* ids of language models' inputs */
    lw_status status = lw_tensor_new(dtype, info->rank < 0 ? 0 : info->rank, dims, value);
    for (size_t i = 0; status == LW_OK && i < lw_tensor_count(*value); i++)
        if (lw_tensor_set(*value, i, (double)(i % numbers)) != LW_OK) break;
    return status;
}

/* With outputs thrown away, and within SECONDS. */
static lw_status run_once(lw_context *context, const lw_model *model, const lw_io *inputs,
                          size_t n_in) {
    lw_io outputs[MOST] = {{0}};
    const size_t n_out = lw_model_output_count(model);
    lw_status status = n_out > MOST ? LW_LIMIT : LW_OK;
    for (size_t i = 0; i < n_out && status == LW_OK; i++) {
        lw_io_info info = {.size = sizeof info};
        status = lw_model_output(model, i, &info);
        outputs[i].name = info.name;
    }
    if (status != LW_OK) return status;
    running = context;
    signal(SIGALRM, stop_run);
    alarm(SECONDS);
    status = lw_context_run(context, inputs, n_in, outputs, n_out);
    alarm(0);
    running = NULL;
    for (size_t i = 0; i < n_out; i++)
        lw_value_free(outputs[i].value);
    return status;
}

static lw_status input_name(const lw_model *model, size_t i, lw_io_info *info, lw_io *input) {
    *info = (lw_io_info){.size = sizeof *info};
    const lw_status status = lw_model_input(model, i, info);
    input->name = info->name;
    return status;
}

lw_status run_on_anything(const lw_model *model, const lw_allocator *allocator) {
    return run_on_anything_with(model, allocator, NULL);
}

lw_status run_on_anything_with(const lw_model *model, const lw_allocator *allocator,
                               const char *plugin) {
    const lw_context_options options = {.size = sizeof options,
                                        .threads = 1,
                                        .allocator = allocator,
                                        .memory_limit = 256u << 20,
                                        .plugin = plugin,
                                        .fallback = plugin != NULL};
    lw_io inputs[MOST] = {{0}};
    const size_t n_in = lw_model_input_count(model);
    lw_context *context = NULL;
    if (n_in > MOST) return LW_LIMIT;
    lw_status status = lw_context_new(model, &options, &context);
    for (size_t i = 0; i < n_in && status == LW_OK; i++) {
        lw_io_info info;
        status = input_name(model, i, &info, &inputs[i]);
        if (status == LW_OK) status = make_input(model, &info, &inputs[i].value);
    }
    if (status == LW_OK) status = run_once(context, model, inputs, n_in);
    for (size_t i = 0; i < n_in; i++)
        lw_value_free(inputs[i].value);
    lw_context_free(context);
    return status;
}

lw_status run_on_values(const lw_model *model, lw_value *const *values, size_t n) {
    const lw_context_options options = {
        .size = sizeof options, .threads = 1, .memory_limit = 256u << 20};
    lw_io inputs[MOST] = {{0}};
    lw_context *context = NULL;
    lw_model *graph = NULL;
    lw_status status = n > MOST ? LW_LIMIT : LW_OK;
    for (size_t i = 0; i < n && status == LW_OK; i++) {
        lw_io_info info;
        inputs[i].value = values[i];
        status = input_name(model, i, &info, &inputs[i]);
    }
    if (status == LW_OK) status = lw_model_for(model, inputs, n, &graph);
    if (status == LW_OK) status = lw_context_new(graph, &options, &context);
    if (status == LW_OK) status = run_once(context, graph, inputs, n);
    lw_context_free(context);
    lw_model_free(graph);
    return status;
}
