/* SPDX-License-Identifier: MIT
 * A plug-in for tests of the interface: its engine is lampwick. Options: refuse=Op (a node that it
 * does not claim), log=FILE (a line for each part), fail=open|compile|run. */
#include "run_onnx.h"

#include <stdio.h>

#include <lampwick/plugin.h>

#ifndef LOCAL_VERSION
#define LOCAL_VERSION LW_PLUGIN_VERSION
#endif

typedef struct local_state {
    lw_status (*fail)(lw_status status, const char *sentence);
    char refuse[64], wrong[16], log[512];
    int open; /* programs */
} local_state;

typedef struct local_program {
    local_state *state;
    run_onnx engine;
    size_t n_inputs, n_outputs;
} local_program;

static void copy(char *to, size_t size, const char *from) { snprintf(to, size, "%s", from); }

static lw_status local_open(const lw_plugin_setup *setup, void **state) {
    local_state *s = calloc(1, sizeof *s);
    if (!s) return setup->fail(LW_NO_MEMORY, "no memory");
    s->fail = setup->fail;
    for (size_t i = 0; i < setup->n_options; i++) {
        const lw_plugin_option *o = &setup->options[i];
        if (!strcmp(o->key, "refuse")) copy(s->refuse, sizeof s->refuse, o->value);
        else if (!strcmp(o->key, "fail")) copy(s->wrong, sizeof s->wrong, o->value);
        else if (!strcmp(o->key, "log")) copy(s->log, sizeof s->log, o->value);
        else {
            free(s);
            return setup->fail(LW_INVALID, "an option that is not known");
        }
    }
    if (!strcmp(s->wrong, "open")) {
        free(s);
        return setup->fail(LW_NOT_FOUND, "there is no card");
    }
    *state = s;
    return LW_OK;
}

static void local_close(void *state) {
    local_state *s = state;
    if (s->open) fprintf(stderr, "local plug-in: %d programs are left\n", s->open);
    free(s);
}

static bool local_claims(void *state, const lw_plugin_node *node, const char **reason) {
    local_state *s = state;
    *reason = "refused by option";
    return strcmp(node->op_type, s->refuse) != 0;
}

static void write_log(const local_state *s, const lw_plugin_graph *g) {
    FILE *file = *s->log ? fopen(s->log, "a") : NULL;
    if (!file) return;
    fprintf(file, "%zu inputs, %zu outputs, %zu bytes, key %s\n", g->n_inputs, g->n_outputs,
            g->onnx_bytes, g->key);
    fclose(file);
}

static lw_status local_compile(void *state, const lw_plugin_graph *g, void **program) {
    local_state *s = state;
    if (!strcmp(s->wrong, "compile")) return s->fail(LW_UNSUPPORTED, "too hard for this engine");
    for (size_t i = 0; i < g->n_inputs; i++)
        for (int d = 0; d < g->inputs[i].rank; d++)
            if (g->inputs[i].dims[d] < 0) return s->fail(LW_INTERNAL, "a size is not fixed");
    local_program *p = calloc(1, sizeof *p);
    if (!p) return s->fail(LW_NO_MEMORY, "no memory");
    const lw_status status = run_onnx_open(&p->engine, g->onnx, g->onnx_bytes);
    if (status != LW_OK) {
        const lw_status failed = s->fail(status, lw_last_error());
        free(p);
        return failed;
    }
    write_log(s, g);
    p->state = s;
    p->n_inputs = g->n_inputs;
    p->n_outputs = g->n_outputs;
    s->open++;
    *program = p;
    return LW_OK;
}

static void to_local(const lw_plugin_tensor *from, size_t n, run_onnx_tensor *to) {
    for (size_t i = 0; i < n && i < RUN_ONNX_ENDS; i++)
        to[i] = (run_onnx_tensor){from[i].dtype, from[i].rank, from[i].dims, from[i].data};
}

static lw_status local_run(void *program, const lw_plugin_tensor *in, const lw_plugin_tensor *out) {
    local_program *p = program;
    run_onnx_tensor inputs[RUN_ONNX_ENDS], outputs[RUN_ONNX_ENDS];
    if (!strcmp(p->state->wrong, "run")) return p->state->fail(LW_DEVICE, "the card caught fire");
    to_local(in, p->n_inputs, inputs);
    to_local(out, p->n_outputs, outputs);
    const lw_status status = run_onnx_run(&p->engine, inputs, p->n_inputs, outputs, p->n_outputs);
    return status == LW_OK ? LW_OK : p->state->fail(status, lw_last_error());
}

static void local_release(void *program) {
    local_program *p = program;
    p->state->open--;
    run_onnx_close(&p->engine);
    free(p);
}

const lw_plugin *lw_plugin_entry(uint32_t version) {
    static const lw_plugin table = {.size = sizeof table,
                                    .version = LOCAL_VERSION,
                                    .name = "local",
                                    .open = local_open,
                                    .close = local_close,
                                    .claims = local_claims,
                                    .compile = local_compile,
                                    .run = local_run,
                                    .release = local_release};
    return version >= 1 ? &table : NULL;
}
