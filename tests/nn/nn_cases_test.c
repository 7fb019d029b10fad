/* SPDX-License-Identifier: MIT
 * The functions of lampwick/nn.h against PyTorch's answers:
 *     nn_cases_test [-a] [-o FUNCTION] [-p PLUGIN] FILE.jsonl...
 * Every case is run as a model with inputs, and at once. All functions of nn.def must have a case,
 * but for those whose answer is random. Functions of operators that aten.def does not have yet are
 * counted; with -a they fail. With -p, models run with a plug-in, to which they go as ONNX: those
 * of operators that ONNX lacks are counted. */
#include "nn_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct tally {
    size_t cases, failed, missing;
    bool all;
    const char *only;
    bool *seen; /* [n_nn_functions] */
} tally;

lw_array *nn_case_input(nn_case *c, size_t i) {
    const lw_value *v = c->base.inputs[i];
    char name[24];
    lw_ints dims = {.n = (size_t)v->rank};
    if (c->made[i]) return c->made[i];
    memcpy(dims.v, v->dims, dims.n * sizeof *dims.v);
    snprintf(name, sizeof name, "x%zu", i);
    c->made[i] =
        c->immediate ? lw_nn_constant(c->nn, v) : lw_nn_input(c->nn, name, v->dtype, dims, NULL);
    return c->made[i];
}

/* ------------------------------------------------------------------- as model */

static const char *plugin; /* which runs what it can; NULL: none */

static lw_status run_model(nn_case *c, const lw_model *model) {
    lw_context *context = NULL;
    lw_io in[MAX_TENSORS], out[MAX_TENSORS] = {{NULL, NULL}};
    char names[2 * MAX_TENSORS][24];
    size_t n_in = 0, n = 0;
    for (size_t i = 0; i < c->base.n_inputs; i++) {
        snprintf(names[i], sizeof *names, "x%zu", i);
        if (c->made[i]) in[n_in++] = (lw_io){names[i], c->base.inputs[i]};
    }
    for (; n < c->base.n_outputs; n++) {
        snprintf(names[MAX_TENSORS + n], sizeof *names, "y%zu", n);
        out[n].name = names[MAX_TENSORS + n];
    }
    const lw_context_options options = {
        .size = sizeof options, .threads = 1, .plugin = plugin, .fallback = plugin != NULL};
    LW_TRY(lw_context_new(model, &options, &context));
    lw_status status = lw_context_run(context, in, n_in, out, n);
    for (size_t i = 0; i < n && status == LW_OK; i++)
        status = aten_case_compare(&c->base, i, out[i].value);
    for (size_t i = 0; i < n; i++)
        lw_value_free(out[i].value);
    lw_context_free(context);
    return status;
}

static lw_status compile_and_run(nn_case *c) {
    lw_model *model = NULL;
    char name[24];
    for (size_t i = 0; i < c->base.n_outputs; i++) {
        snprintf(name, sizeof name, "y%zu", i);
        lw_nn_output(c->nn, c->results[i], name);
    }
    const lw_model_options options = {.size = sizeof options, .keep_graph = plugin != NULL};
    LW_TRY(lw_nn_compile(c->nn, &options, &model));
    lw_nn_free(c->nn); /* models keep what they need */
    c->nn = NULL;
    const lw_status status = run_model(c, model);
    lw_model_free(model);
    return status;
}

/* --------------------------------------------------------------------- at once */

static lw_status evaluate(nn_case *c) {
    lw_value *value = NULL;
    for (size_t i = 0; i < c->base.n_outputs; i++) {
        LW_TRY(lw_nn_evaluate(c->nn, c->results[i], &value));
        const lw_status status = aten_case_compare(&c->base, i, value);
        lw_value_free(value);
        LW_TRY(status);
    }
    return LW_OK;
}

static lw_status run_case(nn_case *c, const nn_function *f, bool immediate) {
    c->immediate = immediate;
    memset(c->made, 0, sizeof c->made);
    memset(c->results, 0, sizeof c->results);
    LW_TRY(lw_nn_open(NULL, &c->nn));
    c->n_results = 1;
    c->names[0] = "";
    lw_array *first = f->call(c);
    c->results[0] = first;
    const lw_status status = immediate ? evaluate(c) : compile_and_run(c);
    lw_nn_free(c->nn);
    return status;
}

static const nn_function *find(const char *name) {
    for (size_t i = 0; i < n_nn_functions; i++)
        if (!strcmp(nn_functions[i].name, name)) return &nn_functions[i];
    return NULL;
}

static void run_line(void *arg, const char *line, size_t size) {
    tally *t = arg;
    nn_case c = {.nn = NULL};
    lw_status status = aten_case_read(&c.base, line, size);
    const nn_function *f = status == LW_OK ? find(c.base.op) : NULL;
    const bool wanted = !t->only || !strcmp(c.base.op, t->only);
    if (status == LW_OK && !f) status = lwi_fail(LW_NOT_FOUND, "there is no such function");
    if (f) t->seen[f - nn_functions] = true;
    for (int i = 0; i < (plugin ? 1 : 2) && status == LW_OK && wanted; i++)
        status = run_case(&c, f, i == 1);
    const bool missing =
        status == LW_UNSUPPORTED && (strstr(lw_last_error(), "is not supported") ||
                                     (plugin && strstr(lw_last_error(), "has no form in ONNX")));
    t->cases++;
    t->missing += missing;
    t->failed += status != LW_OK && !missing;
    if (status != LW_OK && (t->all || !missing))
        printf("lw_%s: %s\n    %.*s\n", c.base.op, lw_last_error(), (int)(size < 300 ? size : 300),
               line);
    aten_case_free(&c.base);
}

static size_t without_case(const tally *t) {
    size_t n = 0;
    for (size_t i = 0; i < n_nn_functions && !t->only; i++) {
        if (t->seen[i] || !strcmp(nn_functions[i].name, "gumbel_softmax")) continue;
        printf("lw_%s has no case\n", nn_functions[i].name);
        n++;
    }
    return n;
}

int main(int argc, char **argv) {
    tally t = {.seen = calloc(n_nn_functions, sizeof(bool))};
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "-a")) t.all = true;
        else if (!strcmp(argv[i], "-o") && i + 1 < argc) t.only = argv[++i];
        else if (!strcmp(argv[i], "-p") && i + 1 < argc) plugin = argv[++i];
        else if (!aten_case_lines(argv[i], run_line, &t))
            t.failed++, printf("%s cannot be read\n", argv[i]);
    const size_t open = without_case(&t);
    printf("%zu functions, %zu cases, %zu failed, %zu of operators that are missing, %zu functions "
           "without a case\n",
           n_nn_functions, t.cases, t.failed, t.missing, open);
    free(t.seen);
    return t.failed || open || (t.all && t.missing);
}
