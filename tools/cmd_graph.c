/* SPDX-License-Identifier: MIT
 * lampwick graph: a picture of a network. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "session.h"
#include "drawing.h"
#include "feeds.h"
#include "text.h"

typedef struct graph_options {
    const char *output;
    bool time;
    lwi_texts inputs;
    lwi_input_options input;
    lwi_engine engine;
} graph_options;

static int draw(const lw_model *model, const lwi_node_time *nodes, const char *title,
                const char *path) {
    lwi_drawing drawing;
    FILE *file = fopen(path, "w");
    if (!file) return lwi_complain("cannot write %s: %s", path, strerror(errno));
    lwi_drawing_build(model, nodes, &drawing);
    lwi_drawing_layout(&drawing);
    lwi_drawing_write(&drawing, title, lwi_ends_with(path, ".html"), file);
    lwi_drawing_free(&drawing);
    const bool bad = ferror(file) != 0;
    if (fclose(file) || bad) return lwi_complain("cannot write %s", path);
    return LWI_EXIT_OK;
}

static int draw_with_time(const char *path, const graph_options *options) {
    enum { RUNS = 5 };
    lwi_session session;
    lwi_feeds feeds = {0};
    const lwi_fill rest = LWI_RANDOM;
    lwi_node_time *nodes;
    size_t n_nodes;
    double seconds;
    if (lwi_session_open(path, &options->engine, &session))
        return lwi_complain("%s", lw_last_error());
    int code = LWI_EXIT_FAILURE;
    if (lwi_feed(session.model, &options->inputs, &options->input, &rest, &feeds) &&
        lwi_measure_nodes(&session, feeds.ios, feeds.n, RUNS, &nodes, &n_nodes, &seconds)) {
        code = draw(lw_context_model(session.context), nodes, lwi_base_name(path), options->output);
        free(nodes);
    }
    lwi_feeds_free(&feeds);
    lwi_session_close(&session);
    return code;
}

static int run(const void *given, char **arguments, int n) {
    (void)n;
    const graph_options *options = given;
    lw_model *model;
    if (!options->output) return lwi_misuse("graph needs --output FILE.svg or FILE.html");
    if (!lwi_ends_with(options->output, ".svg") && !lwi_ends_with(options->output, ".html"))
        return lwi_misuse("--output ends with .svg or .html");
    if (options->time) return draw_with_time(arguments[0], options);
    if (lwi_session_inspect(arguments[0], &model)) return lwi_complain("%s", lw_last_error());
    const int code = draw(model, NULL, lwi_base_name(arguments[0]), options->output);
    lw_model_free(model);
    return code;
}

#define AT(member) offsetof(graph_options, member)
static const lwi_option table[] = {
    {"output", 'o', LWI_TEXT, AT(output), "FILE", NULL, "FILE.svg, or FILE.html to zoom and move"},
    {"time", 0, LWI_FLAG, AT(time), NULL, NULL, "run the model and colour nodes by their time"},
    LWI_FEED_OPTIONS(graph_options, inputs, input.shapes),
    LWI_ENGINE_OPTIONS(graph_options, engine),
};

const lwi_command lwi_cmd_graph = {
    .name = "graph",
    .arguments = "MODEL",
    .summary = "draw the network",
    .about = "Draws the nodes of a model in layers, with the sizes of their weights, or with the "
             "time that each takes. Models that cannot be run are drawn as well.",
    .examples = "lampwick graph net.onnx -o net.svg\nlampwick graph net.onnx -o net.html --time",
    LWI_OPTIONS(table),
    .least = 1,
    .most = 1,
    .size = sizeof(graph_options),
    .run = run,
};
