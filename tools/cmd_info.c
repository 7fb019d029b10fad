/* SPDX-License-Identifier: MIT
 * lampwick info: what a model is, and everything in it that lampwick cannot run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "feeds.h"
#include "json.h"
#include "session.h"
#include "shape_text.h"
#include "text.h"
#include "weights_info.h"

typedef struct info_options {
    bool json, passes;
    const char *key;
    lwi_texts inputs;
    lwi_input_options input;
} info_options;

typedef struct op_count {
    char *name; /* with its domain, unless that is ai.onnx */
    size_t count;
} op_count;

typedef struct op_counts {
    op_count *items;
    size_t n;
} op_counts;

static void add_count(void *user, const char *domain, const char *op_type, size_t count) {
    op_counts *counts = user;
    counts->items = lwi_resize(counts->items, counts->n + 1, sizeof *counts->items);
    counts->items[counts->n++] =
        (op_count){*domain ? lwi_text("%s.%s", domain, op_type) : lwi_text("%s", op_type), count};
}

static int more_first(const void *a, const void *b) {
    const op_count *x = a, *y = b;
    if (x->count != y->count) return x->count < y->count ? 1 : -1;
    return strcmp(x->name, y->name);
}

static op_counts count_ops(const lw_model *model) {
    op_counts counts = {0};
    lw_model_count_ops(model, add_count, &counts);
    if (counts.n) qsort(counts.items, counts.n, sizeof *counts.items, more_first);
    return counts;
}

static void free_counts(op_counts *counts) {
    for (size_t i = 0; i < counts->n; i++)
        free(counts->items[i].name);
    free(counts->items);
}

static void print_line(const char *label, const char *text) {
    if (!*text) return;
    printf("%-12s ", label);
    lwi_print_text(text, 300);
    putchar('\n');
}

static void print_ios(const lw_model *model, const char *label, size_t n,
                      lw_io_info (*get)(const lw_model *model, size_t index)) {
    for (size_t i = 0; i < n; i++) {
        const lw_io_info info = get(model, i);
        lwi_shape_text type;
        printf("%-12s ", i ? "" : label);
        lwi_print_text(info.name, 200);
        putchar(' ');
        lwi_print_text(lwi_type_of_info(&info, &type), sizeof type);
        printf("%s\n", info.has_default ? " (has a default)" : "");
    }
}

static void print_opsets(const lw_model *model, size_t n) {
    printf("%-12s", "opsets");
    for (size_t i = 0; i < n; i++) {
        const char *domain;
        int64_t version;
        if (lw_model_opset(model, i, &domain, &version)) continue;
        printf("%s ", i ? "," : "");
        lwi_print_text(*domain ? domain : "ai.onnx", 100);
        printf(" %" PRId64, version);
    }
    putchar('\n');
}

static void print_ops(const op_counts *counts) {
    int column = printf("%-12s", "operators");
    for (size_t i = 0; i < counts->n; i++) {
        const int n = (int)strlen(counts->items[i].name) + 8;
        if (column + n > 96) column = printf("\n%-12s", "") - 1;
        column += printf(" ");
        lwi_print_text(counts->items[i].name, 100);
        column += printf(" %zu%s", counts->items[i].count, i + 1 < counts->n ? "," : "") + n - 8;
    }
    putchar('\n');
}

static void print_info(const lw_model *model, const lw_model_info *info) {
    char text[200];
    const int n =
        snprintf(text, sizeof text, "%s, IR version %" PRId64, info->format, info->ir_version);
    if (info->file_bytes > 0 && n > 0 && (size_t)n < sizeof text) /* 0 for a folder */
        snprintf(text + n, sizeof text - (size_t)n, ", %" PRIu64 " bytes", info->file_bytes);
    print_line("format", text);
    snprintf(text, sizeof text, "%.120s %.60s", info->producer, info->producer_version);
    print_line("producer", *info->producer ? text : "");
    print_line("graph", info->graph_name);
    print_line("about", info->doc);
    print_opsets(model, info->opsets);
    printf("%-12s %" PRIu64 "\n", "parameters", info->parameters);
    printf("%-12s %zu\n", "nodes", info->nodes);
    print_ios(model, "inputs", lw_model_input_count(model), lwi_input_info);
    print_ios(model, "outputs", lw_model_output_count(model), lwi_output_info);
    op_counts counts = count_ops(model);
    print_ops(&counts);
    free_counts(&counts);
    for (size_t i = 0; i < info->metadata; i++) {
        const char *key, *value;
        if (lw_model_metadata(model, i, &key, &value)) continue;
        printf("%-12s ", i ? "" : "metadata");
        lwi_print_text(key, 100);
        fputs(" = ", stdout);
        lwi_print_text(value, 200);
        putchar('\n');
    }
    for (size_t i = 0; i < info->issues; i++)
        print_line(i ? "" : "not run", lw_model_issue(model, i));
    if (lwi_is_open(model) && !info->nodes)
        print_line("supported", "to be seen with inputs: --shape NAME=1x3x224x224, --input NAME=1");
    else if (!info->issues) print_line("supported", "yes");
}

static void json_ios(lwi_json *json, const char *key, const lw_model *model, size_t n,
                     lw_io_info (*get)(const lw_model *model, size_t index)) {
    lwi_show_key(json, key);
    lwi_show_open(json, '[');
    for (size_t i = 0; i < n; i++) {
        const lw_io_info info = get(model, i);
        lwi_shape_text type;
        lwi_show_open(json, '{');
        lwi_show_set_text(json, "name", info.name);
        lwi_show_set_text(json, "type", lwi_type_of_info(&info, &type));
        lwi_show_key(json, "has_default");
        lwi_show_bool(json, info.has_default);
        lwi_show_close(json, '}');
    }
    lwi_show_close(json, ']');
}

static void json_pairs(lwi_json *json, const lw_model *model, const lw_model_info *info) {
    lwi_show_key(json, "opsets");
    lwi_show_open(json, '{');
    for (size_t i = 0; i < info->opsets; i++) {
        const char *domain;
        int64_t version;
        if (!lw_model_opset(model, i, &domain, &version))
            lwi_show_set_integer(json, *domain ? domain : "ai.onnx", version);
    }
    lwi_show_close(json, '}');
    lwi_show_key(json, "metadata");
    lwi_show_open(json, '{');
    for (size_t i = 0; i < info->metadata; i++) {
        const char *key, *value;
        if (!lw_model_metadata(model, i, &key, &value)) lwi_show_set_text(json, key, value);
    }
    lwi_show_close(json, '}');
    op_counts counts = count_ops(model);
    lwi_show_key(json, "operators");
    lwi_show_open(json, '{');
    for (size_t i = 0; i < counts.n; i++)
        lwi_show_set_integer(json, counts.items[i].name, (int64_t)counts.items[i].count);
    lwi_show_close(json, '}');
    free_counts(&counts);
}

static void print_json(const lw_model *model, const lw_model_info *info) {
    lwi_json json = {0};
    lwi_show_open(&json, '{');
    lwi_show_set_text(&json, "format", info->format);
    lwi_show_set_integer(&json, "ir_version", info->ir_version);
    lwi_show_set_integer(&json, "model_version", info->model_version);
    lwi_show_set_text(&json, "producer", info->producer);
    lwi_show_set_text(&json, "producer_version", info->producer_version);
    lwi_show_set_text(&json, "graph", info->graph_name);
    lwi_show_set_text(&json, "doc", info->doc);
    lwi_show_set_integer(&json, "parameters", (int64_t)info->parameters);
    lwi_show_set_integer(&json, "bytes", (int64_t)info->file_bytes);
    lwi_show_set_integer(&json, "nodes", (int64_t)info->nodes);
    json_ios(&json, "inputs", model, lw_model_input_count(model), lwi_input_info);
    json_ios(&json, "outputs", model, lw_model_output_count(model), lwi_output_info);
    json_pairs(&json, model, info);
    lwi_show_key(&json, "issues");
    lwi_show_open(&json, '[');
    for (size_t i = 0; i < info->issues; i++)
        lwi_show_text(&json, lw_model_issue(model, i));
    lwi_show_close(&json, ']');
    lwi_show_close(&json, '}');
}

/* The passes, and how often each was applied to the model at path, if there is one. */
static int print_passes(const char *path) {
    lwi_session session = {0};
    const lwi_engine engine = {.threads = 1};
    if (path && lwi_session_open(path, &engine, &session))
        return lwi_complain("%s", lw_last_error());
    for (size_t i = 0; i < lw_pass_count(); i++) {
        lw_pass_info pass = {.size = sizeof pass};
        if (lw_pass(i, &pass)) continue;
        if (path) printf("%6zu  ", lw_model_pass_rewrites(session.model, i));
        printf("%-24s %s\n", pass.name, pass.about);
    }
    lwi_session_close(&session);
    return LWI_EXIT_OK;
}

static int print_model(const char *path, const info_options *options) {
    lw_model *model;
    lw_model_info info = {.size = sizeof info};
    if (lwi_session_inspect(path, &model)) return lwi_complain("%s", lw_last_error());
    const bool asked = options->inputs.n || options->input.shapes.n;
    lw_model *graph = NULL;
    bool good = !asked || lwi_graph_for(model, &options->inputs, &options->input, &graph);
    const lw_model *told = graph ? graph : model;
    if (good && lw_model_describe(told, &info)) {
        lwi_complain("%s", lw_last_error());
        good = false;
    }
    if (good && options->json) print_json(told, &info);
    else if (good) print_info(told, &info);
    lw_model_free(graph);
    lw_model_free(model);
    return good ? LWI_EXIT_OK : LWI_EXIT_FAILURE;
}

static bool is_pt(const char *path) {
    const size_t n = strlen(path);
    return n > 3 && !strcmp(path + n - 3, ".pt");
}

/* A .pt file may be a network or only weights. */
static int run(const void *given, char **arguments, int n) {
    const info_options *options = given;
    lw_model *model = NULL;
    if (options->passes) return print_passes(n ? arguments[0] : NULL);
    if (n == 0) return lwi_misuse("info needs a MODEL, or --passes");
    bool weights = options->key || lwi_has_only_weights(arguments[0]);
    if (!weights && is_pt(arguments[0])) weights = lwi_session_inspect(arguments[0], &model);
    lw_model_free(model);
    if (!weights) return print_model(arguments[0], options);
    if (!lwi_weights_info(arguments[0], options->key, options->json)) return LWI_EXIT_OK;
    return lwi_complain("%s", lw_last_error());
}

static const lwi_option table[] = {
    {"json", 0, LWI_FLAG, offsetof(info_options, json), NULL, NULL, "print JSON"},
    {"key", 0, LWI_TEXT, offsetof(info_options, key), "KEY", NULL,
     "of a PyTorch file of weights, the dictionary to look at; '' is the outermost one"},
    LWI_FEED_OPTIONS(info_options, inputs, input.shapes),
    {"passes", 0, LWI_FLAG, offsetof(info_options, passes), NULL, NULL,
     "list the passes over the graph; with a MODEL, how often each was applied"},
};

const lwi_command lwi_cmd_info = {
    .name = "info",
    .arguments = "[MODEL]",
    .summary = "inputs, outputs, operators, and what is not supported",
    .about = "Prints what a model takes and gives, what it is made of, and every reason for which "
             "lampwick could not run it; of a file of weights (.safetensors, .pth, .bin) the "
             "tensors.",
    .examples = "lampwick info net.onnx\nlampwick info --json net.onnx\n"
                "lampwick info script.pt --shape x=1x3x224x224\n"
                "lampwick info --passes net.onnx\nlampwick info resnet18.pth",
    LWI_OPTIONS(table),
    .least = 0,
    .most = 1,
    .size = sizeof(info_options),
    .run = run,
};
