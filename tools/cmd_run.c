/* SPDX-License-Identifier: MIT
 * lampwick run: one run of a model on files, numbers or text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lampwick/media.h>

#include "commands.h"
#include "feeds.h"
#include "json.h"
#include "print_value.h"
#include "session.h"
#include "shape_text.h"
#include "stopwatch.h"
#include "text.h"
#include "top_list.h"

typedef struct run_options {
    lwi_texts inputs, outputs;
    lwi_input_options input;
    const char *labels;
    int top, repeat;
    bool softmax, json;
    lwi_engine engine;
} run_options;

/* Where --output NAME=FILE sends an output; NULL: to the screen. */
static const char *file_of(const lw_io *output, size_t n, const run_options *options) {
    for (size_t i = 0; i < options->outputs.n; i++) {
        const char *text = options->outputs.items[i];
        const size_t length = strlen(output->name);
        if (!strncmp(text, output->name, length) && text[length] == '=') return text + length + 1;
        if (n == 1 && !strchr(text, '=')) return text;
    }
    return NULL;
}

static bool check_outputs(const lw_io *outputs, size_t n, const run_options *options) {
    for (size_t i = 0; i < options->outputs.n; i++) {
        const char *text = options->outputs.items[i];
        bool found = n == 1 && !strchr(text, '=');
        for (size_t k = 0; k < n && !found; k++) {
            const size_t length = strlen(outputs[k].name);
            found = !strncmp(text, outputs[k].name, length) && text[length] == '=';
        }
        if (!found) {
            lwi_complain("--output %s: give it as NAME=FILE.npy with the name of an output, such "
                         "as %s",
                         text, n ? outputs[0].name : "");
            return false;
        }
    }
    return true;
}

static void print_output(const lw_io *output, const run_options *options,
                         const lwi_labels *labels) {
    lwi_shape_text type;
    fputs("output ", stdout);
    lwi_print_text(output->name, 200);
    printf(" %s\n", lwi_type_of(output->value, &type));
    if (options->top && lw_value_kind(output->value) == LW_KIND_TENSOR)
        lwi_print_top(output->value, (size_t)options->top, options->softmax, labels);
    else lwi_print_value(output->value);
}

static void print_top_json(lwi_json *json, const lw_value *tensor, const run_options *options,
                           const lwi_labels *labels) {
    size_t rows, classes;
    double *scores = lwi_scores(tensor, options->softmax, &rows, &classes);
    lwi_show_open(json, '[');
    for (size_t r = 0; scores && r < rows; r++) {
        size_t *indices = lwi_resize(NULL, (size_t)options->top + 1, sizeof *indices);
        const size_t n =
            lwi_top_indices(scores + r * classes, classes, (size_t)options->top, indices);
        lwi_show_open(json, '[');
        for (size_t i = 0; i < n; i++) {
            char number[40];
            lwi_show_open(json, '{');
            lwi_show_set_integer(json, "class", (int64_t)indices[i]);
            lwi_show_set_text(json, "label", lwi_label(labels, indices[i], number, sizeof number));
            lwi_show_set_number(json, "score", scores[r * classes + indices[i]]);
            lwi_show_close(json, '}');
        }
        lwi_show_close(json, ']');
        free(indices);
    }
    lwi_show_close(json, ']');
    free(scores);
}

static void print_json(const lw_io *outputs, size_t n, const run_options *options,
                       const lwi_labels *labels) {
    lwi_json json = {0};
    lwi_show_open(&json, '{');
    for (size_t i = 0; i < n; i++) {
        lwi_show_key(&json, outputs[i].name);
        if (options->top && lw_value_kind(outputs[i].value) == LW_KIND_TENSOR)
            print_top_json(&json, outputs[i].value, options, labels);
        else lwi_show_value(&json, outputs[i].value);
    }
    lwi_show_close(&json, '}');
}

static int give_outputs(const lw_io *outputs, size_t n, const run_options *options,
                        const lwi_labels *labels) {
    if (!check_outputs(outputs, n, options)) return LWI_EXIT_USAGE;
    for (size_t i = 0; i < n; i++) {
        const char *path = file_of(&outputs[i], n, options);
        if (path && lw_media_npy_save(path, outputs[i].value))
            return lwi_complain("output %s: %s", outputs[i].name, lw_last_error());
        if (!path && !options->json) print_output(&outputs[i], options, labels);
    }
    if (options->json) print_json(outputs, n, options, labels);
    return LWI_EXIT_OK;
}

static int run_model(const lwi_session *session, const lwi_feeds *f, const run_options *options,
                     const lwi_labels *labels) {
    lw_io *outputs = NULL;
    size_t n = 0;
    const double start = lwi_seconds();
    for (int i = 0; i < (options->repeat ? options->repeat : 1); i++) {
        lwi_ios_free(outputs, n);
        outputs = NULL;
        n = 0;
        if (lwi_session_run(session, f->ios, f->n, &outputs, &n))
            return lwi_complain("%s", lw_last_error());
    }
    if (options->repeat > 1)
        fprintf(stderr, "%d runs, %.3f ms each\n", options->repeat,
                (lwi_seconds() - start) * 1e3 / options->repeat);
    const int code = give_outputs(outputs, n, options, labels);
    lwi_ios_free(outputs, n);
    return code;
}

static int run(const void *given, char **arguments, int n) {
    (void)n;
    const run_options *options = given;
    lwi_session session;
    lwi_labels labels;
    lwi_feeds f = {0};
    if (lwi_session_open(arguments[0], &options->engine, &session))
        return lwi_complain("%s", lw_last_error());
    int code = LWI_EXIT_FAILURE;
    if (lwi_labels_read(options->labels, &labels)) {
        if (lwi_feed(session.model, &options->inputs, &options->input, NULL, &f))
            code = run_model(&session, &f, options, &labels);
        lwi_labels_free(&labels);
    }
    lwi_feeds_free(&f);
    lwi_session_close(&session);
    return code;
}

#define AT(member) offsetof(run_options, member)
static const lwi_option table[] = {
    {"input", 'i', LWI_LIST, AT(inputs), "NAME=SOURCE", NULL,
     "a file, numbers 1,2,3, @zeros, @ones, @random, or text"},
    {"output", 'o', LWI_LIST, AT(outputs), "NAME=FILE", NULL, "save an output as npy"},
    {"shape", 's', LWI_LIST, AT(input.shapes), "NAME=1x3x8x8", NULL, "sizes of an input"},
    {"top", 0, LWI_COUNT, AT(top), "N", NULL, "print the N best classes of each output"},
    {"labels", 0, LWI_TEXT, AT(labels), "FILE", NULL, "names of classes, one on each line"},
    {"softmax", 0, LWI_FLAG, AT(softmax), NULL, NULL, "turn scores into probabilities for --top"},
    {"json", 0, LWI_FLAG, AT(json), NULL, NULL, "print JSON"},
    {"resize", 0, LWI_TEXT, AT(input.resize), "WxH|N", NULL,
     "resize a picture; N: its shorter side"},
    {"crop", 0, LWI_TEXT, AT(input.crop), "WxH|N", NULL, "keep the middle of a picture"},
    {"filter", 0, LWI_TEXT, AT(input.filter), "NAME", "nearest|bilinear|bicubic",
     "how to resize (bilinear)"},
    {"layout", 0, LWI_TEXT, AT(input.layout), "NAME", "nchw|nhwc", "order of a picture's axes"},
    {"mean", 0, LWI_TEXT, AT(input.mean), "A,B,C", NULL, "taken from a picture's scaled pixels"},
    {"std", 0, LWI_TEXT, AT(input.std), "A,B,C", NULL, "then they are divided by this"},
    {"scale", 0, LWI_NUMBER, AT(input.scale), "X", NULL,
     "of a picture's pixels (1/255; 1 for integers)"},
    {"bgr", 0, LWI_FLAG, AT(input.bgr), NULL, NULL, "blue first"},
    {"gray", 0, LWI_FLAG, AT(input.gray), NULL, NULL, "one channel"},
    {"rate", 0, LWI_COUNT, AT(input.rate), "HZ", NULL, "resample a sound to this rate"},
    LWI_ENGINE_OPTIONS(run_options, engine),
    {"repeat", 0, LWI_COUNT, AT(repeat), "N", NULL, "run N times and say how long it took"},
};

const lwi_command lwi_cmd_run = {
    .name = "run",
    .arguments = "MODEL",
    .summary = "run a model on files, numbers or text",
    .about = "Runs a model once and prints its outputs. A source is a file (.npy, .npz, "
             ".npz:MEMBER, .pb, a picture, a sound, raw bytes), numbers, @zeros, @ones, @random, "
             "or text. The name may be left out where the model needs one input. Pictures are "
             "resized to the input and scaled to 0..1 unless options say otherwise.",
    .examples = "lampwick run digits.onnx --input seven.png --top 3 --labels labels.txt\n"
                "lampwick run net.onnx -i image=cat.jpg --resize 256 --crop 224 --mean "
                "0.485,0.456,0.406 --std 0.229,0.224,0.225\n"
                "lampwick run vad.onnx -i input=speech.wav --rate 16000 -s input=1x576 -i sr=16000 "
                "-i state=@zeros\n"
                "lampwick run net.onnx -i x=a.npy -o y=b.npy",
    LWI_OPTIONS(table),
    .least = 1,
    .most = 1,
    .size = sizeof(run_options),
    .run = run,
};
