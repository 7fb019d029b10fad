/* SPDX-License-Identifier: MIT
 * The services that operators get while a context runs. */
#include "run/device_values.h"

#include "base/thread_pool.h"

#include <string.h>

static lw_context *context_of(void *state) { return ((lwi_plan *)state)->context; }

static lw_status memory(void *state, size_t bytes, void **block) {
    return lwi_scratch_get(&context_of(state)->stack, bytes, block);
}

static lw_status keep(void *state, size_t n, void **block) {
    LW_TRY(memory(state, n, block));
    memset(*block, 0, n);
    return LW_OK;
}

lw_status lwi_context_packed(const lw_context *c, const lw_value *value, const lwi_packing *packing,
                             const void **packed) {
    lwi_packing leveled = *packing;
    leveled.level = lwi_cpu_kernels();
    return lwi_model_packed(c->model, value, &leveled, packed);
}

static lw_status packed(void *state, const lw_value *value, const lwi_packing *packing,
                        const void **made) {
    if (value->fixed != LWI_FIXED_MODEL) return LW_OK; /* a plan may go before the model */
    return lwi_context_packed(context_of(state), value, packing, made);
}

static void forget(void *state, const void *data, size_t bytes) {
    lwi_model_forget(context_of(state)->model, data, bytes);
}

static lw_status output(void *state, lw_value *value) {
    lw_context *c = context_of(state);
    void *data = NULL;
    LW_TRY(lwi_place_in_output(state, value));
    if (value->data) return LW_OK;
    LW_TRY(lwi_pool_get(&c->pool, value->bytes, &data));
    const lw_status status = lwi_storage_make(&c->in_pool, data, &value->storage);
    if (status == LW_OK) value->data = data;
    else lwi_pool_put(&c->pool, data);
    return status;
}

static lw_status bytes(void *state, size_t n, void **block) {
    return lwi_arena_alloc(&context_of(state)->strings, n, 1, block);
}

/* A task of a context with a level of kernels of its own. */
typedef struct leveled {
    const lwi_kernels *kernels;
    void (*task)(void *arg, size_t i);
    void *arg;
} leveled;

static void run_leveled(void *arg, size_t i) {
    const leveled *l = arg;
    const lwi_kernels *before = lwi_cpu_use(l->kernels);
    l->task(l->arg, i);
    lwi_cpu_use(before);
}

static void parallel(void *state, size_t n, void (*task)(void *arg, size_t i), void *arg) {
    const lw_context *c = context_of(state);
    leveled l = {c->kernels, task, arg};
    if (c->kernels) {
        task = run_leveled;
        arg = &l;
    }
    if (c->own_pool) lwi_thread_pool_run(c->threads, n, task, arg);
    else c->executor.parallel(c->executor.user, n, task, arg);
}

static int threads(void *state) { return context_of(state)->threads; }

static bool cancelled(void *state) {
    return atomic_load_explicit(&context_of(state)->cancel, memory_order_relaxed);
}

void lwi_host_init(lw_context *c) {
    c->host = (lwi_host){.memory = memory,
                         .keep = keep,
                         .packed = packed,
                         .forget = forget,
                         .output = output,
                         .bytes = bytes,
                         .parallel = parallel,
                         .threads = threads,
                         .subgraph = lwi_execute_subgraph,
                         .cancelled = cancelled,
                         .fast = c->options.precision == LW_FAST,
                         .less_memory = c->options.less_memory,
                         .image_decoder = c->model->image_decoder,
                         .allocator = c->in_pool};
}

void lwi_host_use_device(lw_context *c) {
    c->host.bring = lwi_device_host_bring;
    c->host.send = lwi_device_host_send;
    c->host.keep_remote = lwi_device_host_keep;
    c->host.stack = lwi_device_host_stack;
}
