/* SPDX-License-Identifier: MIT */
#include "run/device_memory.h"
#include "run/device_pool.h"

#include "base/cpu.h"
#include "base/thread_pool.h"

#include <stddef.h>
#include <string.h>

static lw_status set_threads(lw_context *c, const lw_context_options *o) {
    if (o->executor) {
        if (o->executor->size < sizeof *o->executor || !o->executor->parallel)
            return lwi_fail(LW_INVALID, "lw_executor: size is not set, or parallel is NULL");
        c->executor = *o->executor;
        c->threads = c->executor.threads < 1 ? 1 : c->executor.threads;
        if (o->threads > 0 && o->threads < c->threads) c->threads = o->threads;
        return LW_OK;
    }
    c->threads = lwi_cpu_threads();
    if (o->threads > 0 && o->threads < c->threads) c->threads = o->threads;
    if (c->threads > 1) {
        LW_TRY(lwi_thread_pool_enter());
        c->own_pool = true;
    }
    return LW_OK;
}

/* For a context like this one. */
static void keep_options(lw_context *c, const lw_context_options *o) {
    c->options = *o;
    c->options.size = sizeof c->options;
    c->options.allocator = &c->allocator;
    c->options.executor = o->executor ? &c->executor : NULL;
}

static lw_status set_level(lw_context *c, const char *name) {
    lwi_isa isa;
    if (!name) return lwi_cpu_wanted(&isa);
    LW_TRY(lwi_cpu_find("lw_context_options", name, &isa));
    c->kernels = lwi_kernels_of(isa);
    c->options.isa = lwi_isa_name(isa); /* the caller's text may not live on */
    return LW_OK;
}

static lw_status set_device(lw_context *c, const char *name) {
    c->options.device = NULL;
    if (!name || !strcmp(name, "cpu")) return LW_OK;
    LW_TRY(lwi_device_open(name, &c->device));
    lwi_host_use_device(c);
    c->options.device = c->device->name;
    return LW_OK;
}

/* The context gets the model as the plug-in divides it. Where the graph is made for the inputs of a
 * run, the contexts of its variants get theirs. */
static lw_status set_plugin(lw_context *c, const lw_context_options *o) {
    lw_model *divided = NULL;
    if (!o->plugin) return LW_OK;
    if (o->device && strcmp(o->device, "cpu") != 0)
        return lwi_fail(LW_INVALID, "lw_context_options: either device or plugin");
    if (c->model->network.maker) {
        LW_TRY(lwi_arena_keep_text(&c->texts, &c->options.plugin));
        LW_TRY(lwi_arena_keep_text(&c->texts, &c->options.plugin_options));
        return lwi_arena_keep_text(&c->texts, &c->options.plugin_cache);
    }
    c->options.plugin = c->options.plugin_options = c->options.plugin_cache = NULL;
    LW_TRY(lwi_plugin_open(o, &c->allocator, &c->plugin));
    LW_TRY(lwi_model_divide(c->model, c->plugin, o->fallback, &divided));
    c->source = c->model;
    c->model = divided;
    return LW_OK;
}

static lw_status init(lw_context *c, const lw_context_options *o) {
    keep_options(c, o);
    lwi_arena_init(&c->texts, &c->allocator);
    LW_TRY(set_plugin(c, o));
    c->max_plans = o->max_plans ? o->max_plans : 16;
    /* Without a limit, a model that asks for more than there is would end the whole process. */
    c->memory_limit = o->memory_limit ? o->memory_limit : (size_t)lwi_cpu_memory();
    lwi_pool_init(&c->pool, &c->allocator, c->memory_limit);
    c->in_pool = lwi_pool_allocator(&c->pool);
    c->stack.pool = &c->pool;
    lwi_arena_init(&c->strings, &c->allocator);
    lwi_host_init(c);
    LW_TRY(set_level(c, o->isa));
    LW_TRY(set_device(c, o->device));
    LW_TRY(lwi_alloc_array(&c->allocator, c->max_plans, sizeof *c->plans, &c->plans));
    const lwi_graph *g = c->model->network.graph;
    LW_TRY(lwi_alloc_array(&c->allocator, g->n_inputs, sizeof *c->inputs, &c->inputs));
    LW_TRY(lwi_alloc_array(&c->allocator, g->n_inputs, sizeof *c->kept_inputs, &c->kept_inputs));
    LW_TRY(lwi_alloc_array(&c->allocator, g->n_outputs, sizeof *c->outputs, &c->outputs));
    LW_TRY(lwi_alloc_array(&c->allocator, g->n_outputs, sizeof *c->wanted, &c->wanted));
    LW_TRY(lwi_model_align(c->model));
    return set_threads(c, o);
}

lw_status lw_context_new(const lw_model *model, const lw_context_options *options,
                         lw_context **context) {
    if (!model || !context) return lwi_fail(LW_INVALID, "lw_context_new: model or context is NULL");
    /* Callers compiled before isa was added have a shorter struct. */
    const size_t least = offsetof(lw_context_options, isa);
    if (options && options->size < least)
        return lwi_fail(LW_INVALID, "lw_context_options: size is %zu, expected at least %zu",
                        options->size, least);
    if (model->inspect)
        return lwi_fail(LW_INVALID, "the model was loaded for inspection and cannot run");
    lw_context_options o = {0};
    if (options) memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    const lw_allocator *allocator = o.allocator ? o.allocator : &model->allocator;
    lw_context *c = NULL;
    LW_TRY(lwi_alloc_array(allocator, 1, sizeof *c, &c));
    c->allocator = *allocator;
    c->model = lwi_model_ref(model);
    const lw_status status = init(c, &o);
    if (status != LW_OK) {
        lw_context_free(c);
        return status;
    }
    const lwi_kernels *before = lwi_cpu_use(c->kernels);
    lwi_context_plan_ahead(c);
    lwi_cpu_use(before);
    *context = c;
    return LW_OK;
}

void lw_context_free(lw_context *c) {
    if (!c) return;
    if (c->own_pool) lwi_thread_pool_leave();
    lw_context_trim(c);
    for (size_t i = 0; c->kept_inputs && i < c->model->network.graph->n_inputs; i++)
        lwi_device_give(c, &c->kept_inputs[i].memory);
    lwi_device_give(c, &c->mistake);
    lwi_device_close(c->device);
    lwi_free(&c->allocator, c->device_blocks);
    lwi_free(&c->allocator, c->device_pool.idle);
    lwi_free(&c->allocator, c->numbered);
    lwi_free(&c->allocator, c->constants);
    lwi_free(&c->allocator, c->kept_inputs);
    lw_context_free(atomic_load(&c->open));
    lwi_free(&c->allocator, c->plans);
    lwi_free(&c->allocator, c->inputs);
    lwi_free(&c->allocator, c->outputs);
    lwi_free(&c->allocator, c->wanted);
    lwi_free(&c->allocator, c->arenas);
    lwi_arena_free(&c->strings);
    lwi_arena_free(&c->texts);
    lwi_plugin_close(c->plugin);
    lw_model_free(c->model);
    lw_model_free(c->source);
    const lw_allocator allocator = c->allocator;
    lwi_free(&allocator, c);
}

void lw_context_trim(lw_context *c) {
    if (!c) return;
    lw_context_trim(atomic_load(&c->open));
    lwi_context_forget_plans(c);
    lwi_plugin_forget_programs(c->plugin);
    for (size_t i = 0; i < c->cap_device_blocks; i++)
        lwi_device_give(c, &c->device_blocks[i]);
    lwi_device_pool_trim(c);
    for (; c->n_constants > 0; c->n_constants--)
        lwi_device_give(c, &c->constants[c->n_constants - 1].memory);
    if (c->stack.pool) lwi_scratch_free(&c->stack);
    lwi_pool_trim(&c->pool);
    lwi_arena_free(&c->strings);
    for (size_t i = 0; i < c->cap_arenas; i++) {
        lwi_free(&c->allocator, c->arenas[i].block);
        c->arenas[i] = (lwi_region){NULL, 0};
    }
}

void lw_context_cancel(lw_context *c) {
    for (; c; c = atomic_load(&c->open))
        atomic_store(&c->cancel, true);
}

lw_status lw_context_memory(const lw_context *c, lw_memory_info *info) {
    if (!c || !info || info->size < sizeof *info)
        return lwi_fail(LW_INVALID, "lw_context_memory: context or info is NULL, or its size is "
                                    "not set");
    info->arena = 0;
    for (size_t i = 0; i < c->cap_arenas; i++)
        info->arena += c->arenas[i].bytes;
    info->blocks = c->pool.held;
    info->plans = c->n_plans;
    info->allocations = c->allocations + c->pool.allocations;
    return LW_OK;
}

void lw_context_profile(lw_context *c, lw_profile_fn fn, void *user) {
    if (!c) return;
    c->profile = fn;
    c->profile_user = user;
}

const lw_model *lw_context_model(const lw_context *c) { return c ? c->model : NULL; }
