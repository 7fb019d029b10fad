/* SPDX-License-Identifier: MIT
 * lampwick diff: compares two files of values, or what two models make of the same inputs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lampwick/media.h>

#include "commands.h"
#include "compare_values.h"
#include "feeds.h"
#include "session.h"
#include "text.h"

typedef struct diff_options {
    double rtol, atol;
    const char *kind, *fill;
    lwi_texts inputs;
    lwi_input_options input;
    lwi_engine engine;
} diff_options;

/* Named values of one side. */
typedef struct side {
    char **names;
    lw_value **values;
    size_t n;
} side;

static void add(side *s, const char *name, lw_value *value) {
    s->names = lwi_resize(s->names, s->n + 1, sizeof *s->names);
    s->values = lwi_resize(s->values, s->n + 1, sizeof *s->values);
    s->names[s->n] = lwi_text("%s", name);
    s->values[s->n++] = value;
}

static void free_side(side *s) {
    for (size_t i = 0; i < s->n; i++) {
        free(s->names[i]);
        lw_value_free(s->values[i]);
    }
    free(s->names);
    free(s->values);
}

static bool read_npz(const char *path, side *s) {
    lw_media_npz *npz;
    if (lw_media_npz_open(path, &npz)) return false;
    bool good = true;
    for (size_t i = 0; i < lw_media_npz_count(npz) && good; i++) {
        lw_value *value;
        good = !lw_media_npz_load(npz, i, &value);
        if (good) add(s, lw_media_npz_name(npz, i), value);
    }
    lw_media_npz_close(npz);
    return good;
}

static lw_kind kind_of(const char *kind) {
    return !strcmp(kind, "sequence")   ? LW_KIND_SEQUENCE
           : !strcmp(kind, "optional") ? LW_KIND_OPTIONAL
                                       : LW_KIND_TENSOR;
}

static bool read_proto(const char *path, const char *kind, lw_value **value) {
    uint8_t *data;
    size_t size;
    if (!lwi_read_file(path, &data, &size)) {
        char *sentence = lwi_text("cannot read %s: %s", path, strerror(errno));
        lw_fail(LW_IO, sentence);
        free(sentence);
        return false;
    }
    const bool good = !lw_onnx_value_parse(data, size, kind_of(kind), value);
    free(data);
    return good;
}

static bool read_file(const char *path, const diff_options *options, side *s) {
    lw_value *value = NULL;
    bool good;
    if (lwi_ends_with(path, ".npz")) good = read_npz(path, s);
    else
        good = lwi_ends_with(path, ".npy") ? !lw_media_npy_load(path, &value)
                                           : read_proto(path, options->kind, &value);
    if (good && value) add(s, "value", value);
    if (!good) lwi_complain("%s: %s", path, lw_last_error());
    return good;
}

static bool run_model(const char *path, const diff_options *options, const lw_io *inputs, size_t n,
                      side *s) {
    lwi_session session;
    lw_io *outputs;
    size_t n_outputs;
    if (lwi_session_open(path, &options->engine, &session)) {
        lwi_complain("%s", lw_last_error());
        return false;
    }
    const bool good = !lwi_session_run(&session, inputs, n, &outputs, &n_outputs);
    if (!good) lwi_complain("%s: %s", path, lw_last_error());
    for (size_t i = 0; good && i < n_outputs; i++)
        add(s, outputs[i].name, outputs[i].value);
    if (good) free(outputs);
    lwi_session_close(&session);
    return good;
}

/* Two models on the same inputs, made up for the first, which owns their names. */
static bool run_models(char **paths, const diff_options *options, side *sides) {
    lw_model *first;
    lwi_feeds feeds = {0};
    const lwi_fill rest = strcmp(options->fill, "zeros") ? LWI_RANDOM : LWI_ZEROS;
    if (lwi_session_inspect(paths[0], &first)) {
        lwi_complain("%s", lw_last_error());
        return false;
    }
    const bool good = lwi_feed(first, &options->inputs, &options->input, &rest, &feeds) &&
                      run_model(paths[0], options, feeds.ios, feeds.n, &sides[0]) &&
                      run_model(paths[1], options, feeds.ios, feeds.n, &sides[1]);
    lwi_feeds_free(&feeds);
    lw_model_free(first);
    return good;
}

static const lw_value *partner(const side *s, const char *name, size_t place, size_t n) {
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->names[i], name)) return s->values[i];
    return s->n == n ? s->values[place] : NULL;
}

static int compare(const side *a, const side *b, const diff_options *options) {
    bool equal = a->n == b->n;
    if (!equal) printf("%zu values and %zu values\n", a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        const lw_value *other = partner(b, a->names[i], i, a->n);
        lwi_difference d;
        if (!other) {
            printf("%s: only on the left\n", a->names[i]);
            equal = false;
            continue;
        }
        const bool same = lwi_compare_values(a->values[i], other,
                                             (lwi_tolerance){options->rtol, options->atol}, &d);
        printf("%s: %s, largest difference %.3g absolute, %.3g relative; %zu of %zu elements out "
               "of tolerance\n",
               a->names[i], same ? "equal within the tolerance" : "different", d.absolute,
               d.relative, d.wrong, d.total);
        if (!same) printf("  first: %s\n", d.sentence);
        equal &= same;
    }
    puts(equal ? "PASS" : "FAIL");
    return equal ? LWI_EXIT_OK : LWI_EXIT_FAILURE;
}

static bool is_model(const char *path) {
    return lwi_ends_with(path, ".onnx") || lwi_ends_with(path, ".pt2");
}

static int run(const void *given, char **paths, int n) {
    (void)n;
    const diff_options *options = given;
    side sides[2] = {{0}};
    const bool models = is_model(paths[0]);
    if (models != is_model(paths[1]))
        return lwi_misuse("diff compares two models or two files of values, not one of each");
    const bool good =
        models ? run_models(paths, options, sides)
               : read_file(paths[0], options, &sides[0]) && read_file(paths[1], options, &sides[1]);
    const int code = good ? compare(&sides[0], &sides[1], options) : LWI_EXIT_FAILURE;
    free_side(&sides[0]);
    free_side(&sides[1]);
    return code;
}

static const diff_options defaults = {
    .rtol = 1e-3, .atol = 1e-5, .kind = "tensor", .fill = "random"};

#define AT(member) offsetof(diff_options, member)
static const lwi_option table[] = {
    {"rtol", 0, LWI_NUMBER, AT(rtol), "X", NULL, "relative tolerance (0.001)"},
    {"atol", 0, LWI_NUMBER, AT(atol), "X", NULL, "absolute tolerance (1e-5)"},
    {"kind", 0, LWI_TEXT, AT(kind), "KIND", "tensor|sequence|optional",
     "what .pb files hold (tensor)"},
    LWI_FEED_OPTIONS(diff_options, inputs, input.shapes),
    {"fill", 0, LWI_TEXT, AT(fill), "WHAT", "random|zeros", "what the inputs hold (random)"},
    LWI_ENGINE_OPTIONS(diff_options, engine),
};

const lwi_command lwi_cmd_diff = {
    .name = "diff",
    .arguments = "A B",
    .summary = "compare values, or two models",
    .about = "Compares two files of values (.npy, .npz, .pb), the second being what is expected, "
             "or runs two models on the same inputs and compares their outputs. Ends with PASS or "
             "FAIL and a status of 0 or 1.",
    .examples = "lampwick diff mine.npy expected.npy --rtol 1e-4\n"
                "lampwick diff net.onnx net-optimised.onnx",
    LWI_OPTIONS(table),
    .least = 2,
    .most = 2,
    .size = sizeof(diff_options),
    .defaults = &defaults,
    .run = run,
};
