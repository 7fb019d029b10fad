/* SPDX-License-Identifier: MIT
 * lampwick profile: where the time of a run goes, by operator and by node. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "session.h"
#include "feeds.h"
#include "measure.h"
#include "text.h"

typedef struct profile_options {
    lwi_texts inputs;
    lwi_input_options input;
    int runs, nodes;
    const char *trace;
    bool explain;
    lwi_engine engine;
} profile_options;

/* A row of either table. */
typedef struct row {
    const char *op, *name;
    double seconds;
    size_t count;
} row;

static int slow_first(const void *a, const void *b) {
    const row *x = a, *y = b;
    return x->seconds < y->seconds ? 1 : x->seconds > y->seconds ? -1 : 0;
}

static int by_op(const void *a, const void *b) {
    return strcmp(((const row *)a)->op, ((const row *)b)->op);
}

/* Nodes that ran, as rows. */
static size_t make_rows(const lw_model *model, const lwi_node_time *nodes, size_t n, row *rows) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        lw_node_info info = {.size = sizeof info};
        if (!nodes[i].ran || lw_model_node(model, i, &info)) continue;
        const char *output = lw_model_node_output(model, i, 0);
        rows[kept++] = (row){info.op_type,
                             *info.name ? info.name
                             : output   ? output
                                        : "",
                             nodes[i].seconds, 1};
    }
    return kept;
}

/* Rows of the same operator become one; returns how many are left. */
static size_t merge_rows(row *rows, size_t n) {
    size_t kept = 0;
    if (n) qsort(rows, n, sizeof *rows, by_op);
    for (size_t i = 0; i < n; i++) {
        if (kept && !strcmp(rows[kept - 1].op, rows[i].op)) {
            rows[kept - 1].seconds += rows[i].seconds;
            rows[kept - 1].count++;
        } else {
            rows[kept++] = rows[i];
        }
    }
    return kept;
}

static void print_rows(row *rows, size_t n, size_t most, double total, bool names) {
    if (n) qsort(rows, n, sizeof *rows, slow_first);
    printf("%10s %6s  %-28s %s\n", "ms", "%", "operator", names ? "node" : "nodes");
    for (size_t i = 0; i < n && i < most; i++) {
        printf("%10.4f %6.1f  %-28s ", rows[i].seconds * 1e3,
               total > 0 ? rows[i].seconds / total * 100 : 0, rows[i].op);
        if (names) lwi_print_text(rows[i].name, 100);
        else printf("%zu", rows[i].count);
        putchar('\n');
    }
    if (n > most) printf("%10s and %zu more; --nodes shows them\n", "", n - most);
}

static void print_tables(const lw_model *model, const lwi_node_time *nodes, size_t n,
                         double run_seconds, const profile_options *options) {
    row *rows = lwi_resize(NULL, n, sizeof *rows);
    size_t kept = make_rows(model, nodes, n, rows);
    double total = 0;
    for (size_t i = 0; i < kept; i++)
        total += rows[i].seconds;
    printf("one run %.3f ms, of it in nodes %.3f ms (medians of %d runs)\n\n", run_seconds * 1e3,
           total * 1e3, options->runs);
    print_rows(rows, kept, (size_t)options->nodes, total, true);
    kept = merge_rows(rows, kept);
    putchar('\n');
    print_rows(rows, kept, kept, total, false);
    free(rows);
}

/* A JSON string in a file; what is not printable ASCII becomes a question mark. */
static void trace_text(FILE *file, const char *text) {
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', file);
        fputc(*text >= 0x20 && *text < 0x7f ? *text : '?', file);
    }
    fputc('"', file);
}

/* "Trace Event Format", Google, complete events: chrome://tracing and Perfetto read it. */
static int write_trace(const char *path, const lw_model *model, const lwi_node_time *nodes,
                       size_t n) {
    FILE *file = fopen(path, "w");
    if (!file) return lwi_complain("cannot write %s: %s", path, strerror(errno));
    uint64_t first = UINT64_MAX;
    bool filled = false;
    for (size_t i = 0; i < n; i++)
        if (nodes[i].ran && nodes[i].start < first) first = nodes[i].start;
    fputs("{\"displayTimeUnit\": \"ns\", \"traceEvents\": [", file);
    for (size_t i = 0; i < n; i++) {
        lw_node_info info = {.size = sizeof info};
        if (!nodes[i].ran || lw_model_node(model, i, &info)) continue;
        fprintf(file, "%s\n{\"ph\": \"X\", \"pid\": 1, \"tid\": 1, \"cat\": ", filled ? "," : "");
        trace_text(file, info.op_type);
        fputs(", \"name\": ", file);
        trace_text(file, info.op_type);
        fprintf(file, ", \"ts\": %.3f, \"dur\": %.3f, \"args\": {\"node\": ",
                (double)(nodes[i].start - first) / 1e3,
                (double)(nodes[i].end - nodes[i].start) / 1e3);
        trace_text(file, info.name);
        fputs("}}", file);
        filled = true;
    }
    fputs("\n]}\n", file);
    const bool bad = ferror(file) != 0;
    if (fclose(file) || bad) return lwi_complain("cannot write %s", path);
    return LWI_EXIT_OK;
}

static void print_plan(void *unused, const lw_node_plan *plan) {
    (void)unused;
    printf("%-10s %-20s %-24s ", plan->device, plan->kernel, plan->op_type);
    lwi_print_text(plan->name, 60);
    printf("%s%s\n", *plan->reason ? ": " : "", plan->reason);
}

static void explain(const lwi_session *session) {
    putchar('\n');
    if (lw_context_explain(session->context, print_plan, NULL)) lwi_complain("%s", lw_last_error());
}

static int run(const void *given, char **arguments, int n) {
    (void)n;
    const profile_options *options = given;
    lwi_session session;
    lwi_feeds feeds = {0};
    const lwi_fill rest = LWI_RANDOM;
    lwi_node_time *nodes;
    size_t n_nodes;
    double run_seconds;
    if (!options->runs) return lwi_misuse("--runs is at least 1");
    if (lwi_session_open(arguments[0], &options->engine, &session))
        return lwi_complain("%s", lw_last_error());
    int code = LWI_EXIT_FAILURE;
    if (lwi_feed(session.model, &options->inputs, &options->input, &rest, &feeds) &&
        lwi_measure_nodes(&session, feeds.ios, feeds.n, options->runs, &nodes, &n_nodes,
                          &run_seconds)) {
        print_tables(lw_context_model(session.context), nodes, n_nodes, run_seconds, options);
        if (options->explain) explain(&session);
        code = options->trace
                   ? write_trace(options->trace, lw_context_model(session.context), nodes, n_nodes)
                   : LWI_EXIT_OK;
        free(nodes);
    }
    lwi_feeds_free(&feeds);
    lwi_session_close(&session);
    return code;
}

static const profile_options defaults = {.runs = 10, .nodes = 20};

#define AT(member) offsetof(profile_options, member)
static const lwi_option table[] = {
    LWI_FEED_OPTIONS(profile_options, inputs, input.shapes),
    {"runs", 'n', LWI_COUNT, AT(runs), "N", NULL, "how often to run (10)"},
    {"nodes", 0, LWI_COUNT, AT(nodes), "N", NULL, "rows of the table of nodes (20)"},
    {"trace", 0, LWI_TEXT, AT(trace), "FILE", NULL, "write a trace for chrome://tracing, Perfetto"},
    {"explain", 0, LWI_FLAG, AT(explain), NULL, NULL, "print what runs each node, and why"},
    LWI_ENGINE_OPTIONS(profile_options, engine),
};

const lwi_command lwi_cmd_profile = {
    .name = "profile",
    .arguments = "MODEL",
    .summary = "time by node and by operator",
    .about = "Runs a model on random inputs and prints which nodes and which operators take the "
             "time. Sizes that the model leaves open are 1 unless --shape gives them, for one "
             "input or more. A language model gets tokens from the beginning of a text; with a "
             "shape of blocks, those that fill them.",
    .examples = "lampwick profile net.onnx\nlampwick profile net.onnx --trace net.json\n"
                "lampwick profile model.gguf --shape tokens=512\n"
                "lampwick profile model.gguf --shape blocks=1x64",
    LWI_OPTIONS(table),
    .least = 1,
    .most = 1,
    .size = sizeof(profile_options),
    .defaults = &defaults,
    .run = run,
};
