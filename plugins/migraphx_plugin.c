/* SPDX-License-Identifier: MIT
 * MIGraphX, the engine of ROCm, through its C interface
 * (https://rocm.docs.amd.com/projects/AMDMIGraphX/en/latest/, migraphx.h). Options: target (gpu,
 * ref), fp16. Types are never named by number: their numbers differ between versions, so that the
 * shapes of arguments are those that the program tells. */
#include "adapter.h"

#include <stdbool.h>

typedef int mgx_status; /* 0: success */

#define FUNCTIONS(X)                                                                               \
    X(mgx_status, migraphx_get_onnx_operators_size, size_t *)                                      \
    X(mgx_status, migraphx_get_onnx_operator_name_at_index, char **, size_t)                       \
    X(mgx_status, migraphx_onnx_options_create, void **)                                           \
    X(mgx_status, migraphx_onnx_options_destroy, void *)                                           \
    X(mgx_status, migraphx_parse_onnx_buffer, void **, const void *, size_t, void *)               \
    X(mgx_status, migraphx_quantize_fp16, void *)                                                  \
    X(mgx_status, migraphx_target_create, void **, const char *)                                   \
    X(mgx_status, migraphx_target_destroy, void *)                                                 \
    X(mgx_status, migraphx_compile_options_create, void **)                                        \
    X(mgx_status, migraphx_compile_options_set_offload_copy, void *, bool)                         \
    X(mgx_status, migraphx_compile_options_destroy, void *)                                        \
    X(mgx_status, migraphx_program_compile, void *, void *, void *)                                \
    X(mgx_status, migraphx_program_destroy, void *)                                                \
    X(mgx_status, migraphx_file_options_create, void **)                                           \
    X(mgx_status, migraphx_file_options_destroy, void *)                                           \
    X(mgx_status, migraphx_load, void **, const char *, void *)                                    \
    X(mgx_status, migraphx_save, void *, const char *, void *)                                     \
    X(mgx_status, migraphx_program_get_parameter_shapes, void **, void *)                          \
    X(mgx_status, migraphx_program_parameter_shapes_get, const void **, void *, const char *)      \
    X(mgx_status, migraphx_program_parameter_shapes_destroy, void *)                               \
    X(mgx_status, migraphx_shape_bytes, size_t *, const void *)                                    \
    X(mgx_status, migraphx_argument_create, void **, const void *, void *)                         \
    X(mgx_status, migraphx_argument_destroy, void *)                                               \
    X(mgx_status, migraphx_argument_shape, const void **, const void *)                            \
    X(mgx_status, migraphx_argument_buffer, char **, const void *)                                 \
    X(mgx_status, migraphx_program_parameters_create, void **)                                     \
    X(mgx_status, migraphx_program_parameters_add, void *, const char *, const void *)             \
    X(mgx_status, migraphx_program_parameters_destroy, void *)                                     \
    X(mgx_status, migraphx_program_run, void **, void *, void *)                                   \
    X(mgx_status, migraphx_arguments_size, size_t *, void *)                                       \
    X(mgx_status, migraphx_arguments_get, const void **, void *, size_t)                           \
    X(mgx_status, migraphx_arguments_destroy, void *)

typedef struct functions {
    FUNCTIONS(ADAPTER_MEMBER)
} functions;

typedef struct state {
    functions f;
    adapter_fail_fn fail;
    const char *cache; /* of the setup */
    char target[16];
    bool fp16;
} state;

typedef struct program {
    const state *s;
    void *handle, *shapes;
    size_t n_inputs, n_outputs;
} program;

#define TRY(s, call, what)                                                                         \
    do {                                                                                           \
        const mgx_status mgx_status_ = (call);                                                     \
        if (mgx_status_ != 0)                                                                      \
            return adapter_fail((s)->fail, LW_DEVICE, "MIGraphX: %s: status %d", what,             \
                                mgx_status_);                                                      \
    } while (0)

/* --------------------------------------------------------------------- state */

static lw_status open_library(state *s) {
    static const char *const libraries[] = {"libmigraphx_c.so.3", "libmigraphx_c.so", NULL};
    static const adapter_symbol symbols[] = {FUNCTIONS(ADAPTER_SYMBOL)};
    return adapter_bind(s->fail, libraries, symbols, sizeof symbols / sizeof *symbols, &s->f);
}

static lw_status mgx_open(const lw_plugin_setup *setup, void **opened) {
    static const char *const known[] = {"target", "fp16", NULL};
    const lw_status good = adapter_check_options(setup, known);
    if (good != LW_OK) return good;
    state *s = calloc(1, sizeof *s);
    if (!s) return setup->fail(LW_NO_MEMORY, "out of memory");
    const char *target = adapter_option(setup, "target");
    s->fail = setup->fail;
    s->cache = setup->cache;
    s->fp16 = adapter_option(setup, "fp16") != NULL;
    snprintf(s->target, sizeof s->target, "%s", target ? target : "gpu");
    const lw_status status = open_library(s);
    if (status == LW_OK) *opened = s;
    else free(s);
    return status;
}

static void mgx_close(void *opened) { free(opened); }

/* The library lists the operators of ai.onnx and com.microsoft that it reads. */
static bool mgx_claims(void *opened, const lw_plugin_node *node, const char **reason) {
    const state *s = opened;
    size_t n = 0;
    *reason = "MIGraphX does not list the operator";
    if (s->f.migraphx_get_onnx_operators_size(&n) != 0) return false;
    for (size_t i = 0; i < n; i++) {
        char *name = NULL;
        if (!s->f.migraphx_get_onnx_operator_name_at_index(&name, i) && name &&
            !strcmp(name, node->op_type))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------- program */

static lw_status parse(program *p, const lw_plugin_graph *g) {
    const functions *f = &p->s->f;
    void *options = NULL;
    TRY(p->s, f->migraphx_onnx_options_create(&options), "options");
    const mgx_status status =
        f->migraphx_parse_onnx_buffer(&p->handle, g->onnx, g->onnx_bytes, options);
    f->migraphx_onnx_options_destroy(options);
    TRY(p->s, status, "it does not read the graph");
    if (p->s->fp16) TRY(p->s, f->migraphx_quantize_fp16(p->handle), "fp16");
    return LW_OK;
}

/* The program takes and gives memory of the host. */
static lw_status compile(program *p) {
    const functions *f = &p->s->f;
    void *target = NULL, *options = NULL;
    TRY(p->s, f->migraphx_target_create(&target, p->s->target), "no such target");
    mgx_status status = f->migraphx_compile_options_create(&options);
    if (status == 0) status = f->migraphx_compile_options_set_offload_copy(options, true);
    if (status == 0) status = f->migraphx_program_compile(p->handle, target, options);
    if (options) f->migraphx_compile_options_destroy(options);
    f->migraphx_target_destroy(target);
    TRY(p->s, status, "it cannot compile the graph");
    return LW_OK;
}

/* False: there is no path, as nothing is to be kept. */
static bool cache_path(const program *p, const lw_plugin_graph *g, char path[4096]) {
    if (!p->s->cache) return false;
    const int n = snprintf(path, 4096, "%s/%s-%s%s.mxr", p->s->cache, g->key, p->s->target,
                           p->s->fp16 ? "-fp16" : "");
    return n > 0 && n < 4096;
}

static bool load(program *p, const char *path) {
    FILE *file = fopen(path, "rb");
    void *options = NULL;
    if (!file) return false;
    fclose(file);
    if (p->s->f.migraphx_file_options_create(&options) != 0) return false;
    const mgx_status status = p->s->f.migraphx_load(&p->handle, path, options);
    p->s->f.migraphx_file_options_destroy(options);
    return status == 0;
}

/* Without the file, the next process compiles again: nobody needs to know. */
static void save(const program *p, const char *path) {
    void *options = NULL;
    if (p->s->f.migraphx_file_options_create(&options) != 0) return;
    if (p->s->f.migraphx_save(p->handle, path, options) != 0) remove(path);
    p->s->f.migraphx_file_options_destroy(options);
}

static lw_status make(program *p, const lw_plugin_graph *g) {
    char path[4096];
    const bool kept = cache_path(p, g, path);
    if (!kept || !load(p, path)) {
        lw_status status = parse(p, g);
        if (status == LW_OK) status = compile(p);
        if (status != LW_OK) return status;
        if (kept) save(p, path);
    }
    TRY(p->s, p->s->f.migraphx_program_get_parameter_shapes(&p->shapes, p->handle), "shapes");
    p->n_inputs = g->n_inputs;
    p->n_outputs = g->n_outputs;
    return LW_OK;
}

static void mgx_release(void *made) {
    program *p = made;
    if (p->shapes) p->s->f.migraphx_program_parameter_shapes_destroy(p->shapes);
    if (p->handle) p->s->f.migraphx_program_destroy(p->handle);
    free(p);
}

static lw_status mgx_compile(void *opened, const lw_plugin_graph *g, void **made) {
    const state *s = opened;
    program *p = calloc(1, sizeof *p);
    if (!p) return s->fail(LW_NO_MEMORY, "out of memory");
    p->s = s;
    const lw_status status = make(p, g);
    if (status == LW_OK) *made = p;
    else mgx_release(p);
    return status;
}

/* ----------------------------------------------------------------------- run */

static lw_status add_input(const program *p, void *parameters, const lw_plugin_tensor *t) {
    const functions *f = &p->s->f;
    const void *shape = NULL;
    void *argument = NULL;
    size_t bytes = 0;
    TRY(p->s, f->migraphx_program_parameter_shapes_get(&shape, p->shapes, t->name), t->name);
    TRY(p->s, f->migraphx_shape_bytes(&bytes, shape), t->name);
    if (bytes != t->bytes)
        return adapter_fail(p->s->fail, LW_SHAPE, "MIGraphX: '%s' has %zu bytes, it wants %zu",
                            t->name, t->bytes, bytes);
    TRY(p->s, f->migraphx_argument_create(&argument, shape, t->data), t->name);
    const mgx_status status = f->migraphx_program_parameters_add(parameters, t->name, argument);
    f->migraphx_argument_destroy(argument);
    TRY(p->s, status, t->name);
    return LW_OK;
}

static lw_status take_output(const program *p, void *results, size_t i, const lw_plugin_tensor *t) {
    const functions *f = &p->s->f;
    const void *argument = NULL, *shape = NULL;
    size_t bytes = 0;
    char *data = NULL;
    TRY(p->s, f->migraphx_arguments_get(&argument, results, i), t->name);
    TRY(p->s, f->migraphx_argument_shape(&shape, argument), t->name);
    TRY(p->s, f->migraphx_shape_bytes(&bytes, shape), t->name);
    TRY(p->s, f->migraphx_argument_buffer(&data, argument), t->name);
    if (bytes != t->bytes)
        return adapter_fail(p->s->fail, LW_SHAPE, "MIGraphX: '%s' has %zu bytes, expected %zu",
                            t->name, bytes, t->bytes);
    memcpy(t->data, data, bytes);
    return LW_OK;
}

static lw_status take_outputs(const program *p, void *results, const lw_plugin_tensor *out) {
    size_t n = 0;
    TRY(p->s, p->s->f.migraphx_arguments_size(&n, results), "results");
    if (n != p->n_outputs)
        return adapter_fail(p->s->fail, LW_DEVICE, "MIGraphX: %zu results, expected %zu", n,
                            p->n_outputs);
    for (size_t i = 0; i < n; i++) {
        const lw_status status = take_output(p, results, i, &out[i]);
        if (status != LW_OK) return status;
    }
    return LW_OK;
}

static lw_status run_with(const program *p, void *parameters, const lw_plugin_tensor *in,
                          const lw_plugin_tensor *out) {
    void *results = NULL;
    for (size_t i = 0; i < p->n_inputs; i++) {
        const lw_status status = add_input(p, parameters, &in[i]);
        if (status != LW_OK) return status;
    }
    TRY(p->s, p->s->f.migraphx_program_run(&results, p->handle, parameters), "the run failed");
    const lw_status status = take_outputs(p, results, out);
    p->s->f.migraphx_arguments_destroy(results);
    return status;
}

static lw_status mgx_run(void *made, const lw_plugin_tensor *in, const lw_plugin_tensor *out) {
    const program *p = made;
    void *parameters = NULL;
    TRY(p->s, p->s->f.migraphx_program_parameters_create(&parameters), "parameters");
    const lw_status status = run_with(p, parameters, in, out);
    p->s->f.migraphx_program_parameters_destroy(parameters);
    return status;
}

const lw_plugin *lw_plugin_entry(uint32_t version) {
    static const lw_plugin table = {.size = sizeof table,
                                    .version = LW_PLUGIN_VERSION,
                                    .name = "migraphx",
                                    .open = mgx_open,
                                    .close = mgx_close,
                                    .claims = mgx_claims,
                                    .compile = mgx_compile,
                                    .run = mgx_run,
                                    .release = mgx_release};
    return version == LW_PLUGIN_VERSION ? &table : NULL;
}
