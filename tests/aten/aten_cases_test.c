/* SPDX-License-Identifier: MIT
 * Lowered ATen operators against PyTorch's answers:
 *     aten_cases_test [-v] [-o NAME] [-a] [-d DEVICE] FILE.jsonl...
 * Every case is run with inputs of fixed sizes and of free ones; an operator may refuse sizes that
 * are free. All rows of aten.def must have a case. -o: cases of one operator. -a: cases without a
 * row fail too. -d: on a device, without the fallback; what it refuses is counted, and said with
 * -v. */
#include "aten_case.h"

#include "aten/rows.h"
#include "run/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct tally {
    size_t passed, failed, refused, without_row, not_on_device;
    bool verbose, all;
    const char *only, *device;
    bool *seen; /* [lwi_aten_n_rows] */
} tally;

typedef struct making {
    aten_case *c;
    bool free_sizes;
    size_t n_outputs;
} making;

static lw_status make(void *arg, lwi_network *network) {
    making *m = arg;
    network->ir_version = 10;
    return aten_case_build(m->c, network, m->free_sizes, &m->n_outputs);
}

static lw_status run_model(const aten_case *c, const lw_model *model, size_t n_outputs,
                           const char *device) {
    lw_context *context = NULL;
    lw_io in[MAX_TENSORS], out[MAX_TENSORS] = {{NULL, NULL}};
    char names[2 * MAX_TENSORS][24];
    size_t n = 0;
    for (size_t i = 0; i < c->n_inputs; i++) {
        snprintf(names[i], sizeof names[i], "x%zu", i);
        in[i] = (lw_io){names[i], c->inputs[i]};
    }
    for (size_t i = 0; i < n_outputs && i < c->n_outputs; i++) {
        snprintf(names[MAX_TENSORS + i], sizeof *names, "y%zu", i);
        if (c->outputs[i]) out[n++].name = names[MAX_TENSORS + i];
    }
    const lw_context_options options = {
        .size = sizeof(lw_context_options), .threads = 1, .device = device};
    LW_TRY(lw_context_new(model, &options, &context));
    lw_status status = lw_context_run(context, in, c->n_inputs, out, n);
    for (size_t i = 0, k = 0; i < c->n_outputs && status == LW_OK; i++) {
        if (!c->outputs[i]) continue;
        if (i >= n_outputs) status = lwi_fail(LW_NOT_FOUND, "output %zu is missing", i);
        else status = aten_case_compare(c, i, out[k++].value);
    }
    for (size_t k = 0; k < n; k++)
        lw_value_free(out[k].value);
    lw_context_free(context);
    return status;
}

static lw_status run_case(aten_case *c, bool free_sizes, const char *device, bool *built) {
    making m = {c, free_sizes, 0};
    lw_model *model = NULL;
    LW_TRY(lwi_model_make(make, &m, NULL, &model));
    *built = true;
    const lw_status status = run_model(c, model, m.n_outputs, device);
    lw_model_free(model);
    return status;
}

static bool has_row(const aten_case *c, bool *seen) {
    bool found = false;
    for (size_t i = 0; i < lwi_aten_n_rows; i++) {
        const lwi_aten_row *r = &lwi_aten_rows[i];
        if (strcmp(r->name, c->name) != 0 || strcmp(r->overload, c->overload) != 0) continue;
        seen[i] = found = true;
    }
    return found;
}

static void run_line(void *arg, const char *line, size_t size) {
    tally *t = arg;
    aten_case c;
    lw_status status = aten_case_read(&c, line, size);
    if (status == LW_OK && (!t->only || !strncmp(c.op, t->only, strlen(t->only)))) {
        if (!has_row(&c, t->seen)) {
            t->without_row++;
            if (t->all) printf("%s has no row\n", c.op);
        } else
            for (int free_sizes = 0; free_sizes < 2 && status == LW_OK; free_sizes++) {
                bool built = false;
                status = run_case(&c, free_sizes, t->device, &built);
                if (t->device && built && status == LW_UNSUPPORTED) {
                    t->not_on_device++;
                    if (t->verbose) printf("%s: %s\n", c.op, lw_last_error());
                    status = LW_OK;
                    continue;
                }
                const bool refused = free_sizes && !built && status == LW_UNSUPPORTED;
                t->passed += status == LW_OK;
                t->refused += refused;
                if (status != LW_OK && (!refused || t->verbose))
                    printf("%s%s: %s: %s\n    %.*s\n", refused ? "refused " : "", c.op,
                           free_sizes ? "free sizes" : "fixed sizes", lw_last_error(),
                           (int)(size < 400 ? size : 400), line);
                if (refused) status = LW_OK;
            }
    }
    t->failed += status != LW_OK;
    aten_case_free(&c);
}

static size_t rows_without_case(const tally *t) {
    size_t n = 0;
    for (size_t i = 0; i < lwi_aten_n_rows && !t->only; i++) {
        if (t->seen[i]) continue;
        printf("%s.%s has no case\n", lwi_aten_rows[i].name, lwi_aten_rows[i].overload);
        n++;
    }
    return n;
}

int main(int argc, char **argv) {
    tally t = {.seen = calloc(lwi_aten_n_rows, sizeof(bool))};
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "-v")) t.verbose = true;
        else if (!strcmp(argv[i], "-a")) t.all = true;
        else if (!strcmp(argv[i], "-o") && i + 1 < argc) t.only = argv[++i];
        else if (!strcmp(argv[i], "-d") && i + 1 < argc) t.device = argv[++i];
        else if (!aten_case_lines(argv[i], run_line, &t))
            t.failed++, printf("%s cannot be read\n", argv[i]);
    const size_t open = rows_without_case(&t);
    printf("%zu rows, %zu runs passed, %zu cases failed, %zu refused free sizes, %zu cases without "
           "row, %zu rows without case\n",
           lwi_aten_n_rows, t.passed, t.failed, t.refused, t.without_row, open);
    if (t.device) printf("%zu runs that %s refuses\n", t.not_on_device, t.device);
    free(t.seen);
    return t.failed || open || (t.all && t.without_row);
}
