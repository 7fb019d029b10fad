/* SPDX-License-Identifier: MIT
 *
 * lampwick behind bench/engine.h. Outputs that are plain tensors are written again and again into
 * the tensors of the first run, as a program that cares for speed would do. */
#include "engine.h"

#include <dlfcn.h>
#include <lampwick.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTIONS(X)                                                                               \
    X(lw_last_error)                                                                               \
    X(lw_model_load)                                                                               \
    X(lw_context_new)                                                                              \
    X(lw_context_free)                                                                             \
    X(lw_model_free)                                                                               \
    X(lw_context_prepare)                                                                          \
    X(lw_context_run)                                                                              \
    X(lw_model_output_count)                                                                       \
    X(lw_model_output)                                                                             \
    X(lw_tensor_wrap)                                                                              \
    X(lw_tensor_strings)                                                                           \
    X(lw_map_take)                                                                                 \
    X(lw_value_free)                                                                               \
    X(lw_value_copy)                                                                               \
    X(lw_value_kind)                                                                               \
    X(lw_tensor_dtype)                                                                             \
    X(lw_tensor_rank)                                                                              \
    X(lw_tensor_dims)                                                                              \
    X(lw_tensor_bytes)                                                                             \
    X(lw_tensor_data)

/* The library's functions, under their own names. */
static struct {
#define MEMBER(name) __typeof__(&name) name;
    FUNCTIONS(MEMBER)
#undef MEMBER
} lw;

static int n_threads;
static lw_model *model;
static lw_context *context;
static lw_io io_in[BENCH_MAX_IO], io_out[BENCH_MAX_IO];
static size_t n_in, n_out;
static bool kept[BENCH_MAX_IO]; /* the output's tensor is written again in the next run */

static bool failed(const char *what) {
    fprintf(stderr, "lampwick: %s: %s\n", what, lw.lw_last_error());
    return false;
}

static bool open_library(const char *library, int threads) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return false;
    }
#define FIND(name)                                                                                 \
    *(void **)&lw.name = dlsym(handle, #name);                                                     \
    if (lw.name == NULL) {                                                                         \
        fprintf(stderr, "%s: no %s\n", library, #name);                                            \
        return false;                                                                              \
    }
    FUNCTIONS(FIND)
#undef FIND
    n_threads = threads;
    return true;
}

static bool make_tensor(const bench_tensor *t, lw_value **value) {
    if (t->dtype == BENCH_STRING)
        return lw.lw_tensor_strings(t->rank, t->dims, t->data, NULL, value) == LW_OK;
    return lw.lw_tensor_wrap((lw_dtype)t->dtype, t->rank, t->dims, t->data, value) == LW_OK;
}

static bool make_input(const bench_input *input, lw_value **value) {
    if (!input->map) return make_tensor(&input->tensor, value);
    lw_value *keys = NULL, *values = NULL;
    return make_tensor(&input->tensor, &keys) && make_tensor(&input->values, &values) &&
           lw.lw_map_take(keys, values, value) == LW_OK;
}

static bool load(const char *path, const bench_input *inputs, size_t n) {
    const char *precision = getenv("LAMPWICK_BENCH_PRECISION");
    const bool fast = precision && strcmp(precision, "fast") == 0;
    lw_context_options options = {.size = sizeof options,
                                  .threads = n_threads,
                                  .precision = fast ? LW_FAST : LW_EXACT,
                                  .less_memory = getenv("LAMPWICK_BENCH_LESS_MEMORY") != NULL};
    const lw_model_options loading = {.size = sizeof loading,
                                      .cache_path = getenv("LAMPWICK_BENCH_CACHE")};
    if (lw.lw_model_load(path, &loading, &model) != LW_OK ||
        lw.lw_context_new(model, &options, &context) != LW_OK)
        return failed(path);
    n_in = n;
    for (size_t i = 0; i < n; i++) {
        io_in[i].name = inputs[i].name;
        if (!make_input(&inputs[i], &io_in[i].value)) return failed(inputs[i].name);
    }
    n_out = lw.lw_model_output_count(model);
    for (size_t i = 0; i < n_out && i < BENCH_MAX_IO; i++) {
        lw_io_info info = {.size = sizeof info};
        if (lw.lw_model_output(model, i, &info) != LW_OK) return failed("output");
        io_out[i].name = info.name;
    }
    if (getenv("LAMPWICK_BENCH_UNPREPARED") == NULL &&
        lw.lw_context_prepare(context, io_in, n_in, io_out, n_out) != LW_OK)
        return failed("prepare");
    return true;
}

static bool run(void) {
    static bool looked;
    for (size_t i = 0; i < n_out; i++)
        if (!kept[i] && io_out[i].value != NULL) {
            lw.lw_value_free(io_out[i].value);
            io_out[i].value = NULL;
        }
    if (lw.lw_context_run(context, io_in, n_in, io_out, n_out) != LW_OK) return failed("run");
    for (size_t i = 0; i < n_out && !looked; i++)
        kept[i] = lw.lw_value_kind(io_out[i].value) == LW_KIND_TENSOR &&
                  lw.lw_tensor_dtype(io_out[i].value) != LW_STRING;
    looked = true;
    return true;
}

static size_t outputs(void) { return n_out; }

static bool output(size_t i, bench_tensor *t) {
    const lw_value *value = io_out[i].value;
    if (!kept[i]) return false;
    t->dtype = (int)lw.lw_tensor_dtype(value);
    t->rank = lw.lw_tensor_rank(value);
    if (t->rank > 0) memcpy(t->dims, lw.lw_tensor_dims(value), (size_t)t->rank * sizeof *t->dims);
    t->data = lw.lw_tensor_data(value);
    t->bytes = lw.lw_tensor_bytes(value);
    return true;
}

static void close_model(void) {
    lw.lw_context_free(context);
    lw.lw_model_free(model);
}

const bench_engine bench_lampwick = {open_library, load, run, outputs, output, close_model};
