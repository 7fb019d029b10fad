/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case_arrays.h"
#include "session.h"
#include "shape_text.h"
#include "test_case.h"
#include "text.h"

/* Values read for one run, in the order of the files. */
typedef struct values {
    lw_value **items;
    size_t n;
} values;

static void free_values(values *list) {
    for (size_t i = 0; i < list->n; i++)
        lw_value_free(list->items[i]);
    free(list->items);
}

static char *library_error(const char *what) { return lwi_text("%s: %s", what, lw_last_error()); }

static char *read_value(const char *path, lw_kind kind, lw_value **value) {
    uint8_t *data;
    size_t size;
    if (!lwi_read_file(path, &data, &size))
        return lwi_text("cannot read %s: %s", path, strerror(errno));
    const lw_status status = lw_onnx_value_parse(data, size, kind, value);
    free(data);
    return status ? library_error(lwi_base_name(path)) : NULL;
}

/* The model's inputs that the files stand for: all, or those without a default when there are no
 * more files than that. Returns how many, in order. */
static size_t fed_inputs(const lw_model *model, size_t files, size_t *order) {
    const size_t n = lw_model_input_count(model);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!lwi_input_info(model, i).has_default) order[kept++] = i;
    if (files <= kept) return kept;
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    return n;
}

static size_t count_files(const char *folder, const char *start) {
    for (size_t n = 0;; n++) {
        char *path = lwi_text("%s/%s%zu.pb", folder, start, n);
        const bool there = !access(path, F_OK);
        free(path);
        if (!there) return n;
    }
}

static char *read_files(const char *folder, const char *start, size_t n,
                        lw_kind (*kind)(const lw_model *model, size_t index), const lw_model *model,
                        const size_t *order, values *list) {
    list->items = lwi_resize(NULL, n, sizeof *list->items);
    list->n = 0;
    for (size_t i = 0; i < n; i++) {
        char *path = lwi_text("%s/%s%zu.pb", folder, start, i);
        char *fault = read_value(path, kind(model, order ? order[i] : i), &list->items[i]);
        free(path);
        if (fault) return fault;
        list->n++;
    }
    return NULL;
}

static lw_kind input_kind(const lw_model *model, size_t i) { return lwi_input_info(model, i).kind; }
static lw_kind output_kind(const lw_model *model, size_t i) {
    return lwi_output_info(model, i).kind;
}

static char *compare_all(const lw_io *outputs, size_t n, const values *expected,
                         lwi_tolerance tolerance) {
    if (expected->n > n) return lwi_text("%zu outputs, expected %zu", n, expected->n);
    for (size_t i = 0; i < expected->n; i++) {
        lwi_difference difference;
        if (lwi_compare_values(outputs[i].value, expected->items[i], tolerance, &difference))
            continue;
        if (difference.wrong > 1)
            return lwi_text("output %s: %s; %zu elements differ, by %.3g at most", outputs[i].name,
                            difference.sentence, difference.wrong, difference.absolute);
        return lwi_text("output %s: %s", outputs[i].name, difference.sentence);
    }
    return NULL;
}

static lw_io *name_inputs(const lwi_session *session, const values *inputs, const size_t *order) {
    lw_io *ios = lwi_resize(NULL, inputs->n, sizeof *ios);
    for (size_t i = 0; i < inputs->n; i++)
        ios[i] = (lw_io){lwi_input_info(session->model, order[i]).name, inputs->items[i]};
    return ios;
}

static char *run_and_compare(const lwi_session *session, const values *inputs, const size_t *order,
                             const values *expected, lwi_tolerance tolerance) {
    lw_io *ios = name_inputs(session, inputs, order), *outputs;
    size_t n;
    const lw_status status = lwi_session_run(session, ios, inputs->n, &outputs, &n);
    free(ios);
    if (status) return lwi_text("%s", lw_last_error());
    char *fault = compare_all(outputs, n, expected, tolerance);
    lwi_ios_free(outputs, n);
    return fault;
}

static char *run_set(const lwi_session *session, const char *folder, lwi_tolerance tolerance) {
    const size_t n = count_files(folder, "input_");
    size_t *order = lwi_resize(NULL, lw_model_input_count(session->model), sizeof *order);
    values inputs = {0}, expected = {0};
    char *fault = NULL;
    if (n > fed_inputs(session->model, n, order))
        fault = lwi_text("%zu input files, but the model has %zu inputs", n,
                         lw_model_input_count(session->model));
    if (!fault) fault = read_files(folder, "input_", n, input_kind, session->model, order, &inputs);
    if (!fault)
        fault = read_files(folder, "output_", count_files(folder, "output_"), output_kind,
                           session->model, NULL, &expected);
    if (!fault) fault = run_and_compare(session, &inputs, order, &expected, tolerance);
    free_values(&inputs);
    free_values(&expected);
    free(order);
    return fault;
}

static char *run_sets(const lwi_session *session, const lwi_test_case *test,
                      lwi_tolerance tolerance) {
    for (size_t i = 0;; i++) {
        char *folder = lwi_text("%s/test_data_set_%zu", test->folder, i);
        const bool there = !access(folder, F_OK);
        char *fault = there ? run_set(session, folder, tolerance) : NULL;
        free(folder);
        if (fault) return fault;
        if (!there) return i ? NULL : lwi_text("no test_data_set_0");
    }
}

/* 0/n, 1/n, ... (n-1)/n; dimensions that are not fixed are 1. */
static char *make_light_input(const lw_io_info *info, lw_value **value) {
    int64_t dims[LW_MAX_RANK];
    if (info->kind != LW_KIND_TENSOR || info->dtype != LW_FLOAT32 || info->rank < 0)
        return lwi_text("input %s is not a float32 tensor of known rank", info->name);
    for (int i = 0; i < info->rank; i++)
        dims[i] = info->dims[i] < 0 ? 1 : info->dims[i];
    if (lw_tensor_new(LW_FLOAT32, info->rank, dims, value)) return library_error(info->name);
    float *data = lw_tensor_data(*value);
    const size_t n = lw_tensor_count(*value);
    for (size_t i = 0; i < n; i++)
        data[i] = (float)((double)i / (double)n);
    return NULL;
}

static char *run_light(const lwi_session *session, const lwi_test_case *test,
                       lwi_tolerance tolerance) {
    char *start = lwi_text("%s_output_", test->name), *fault = NULL;
    size_t *order = lwi_resize(NULL, lw_model_input_count(session->model), sizeof *order);
    const size_t n = fed_inputs(session->model, 0, order);
    values inputs = {.items = lwi_resize(NULL, n, sizeof *inputs.items)}, expected = {0};
    for (size_t i = 0; i < n && !fault; i++) {
        const lw_io_info info = lwi_input_info(session->model, order[i]);
        fault = make_light_input(&info, &inputs.items[i]);
        inputs.n += !fault;
    }
    if (!fault)
        fault = read_files(test->folder, start, count_files(test->folder, start), output_kind,
                           session->model, NULL, &expected);
    if (!fault) fault = run_and_compare(session, &inputs, order, &expected, tolerance);
    free_values(&inputs);
    free_values(&expected);
    free(order);
    free(start);
    return fault;
}

static char *read_arrays(const lwi_test_case *test, const char *file, size_t n,
                         lw_io_info (*info)(const lw_model *model, size_t index),
                         const lw_model *model, const size_t *order, values *list) {
    char *path = lwi_text("%s/%s", test->folder, file);
    lw_io_info *infos = lwi_resize(NULL, n, sizeof *infos);
    for (size_t i = 0; i < n; i++)
        infos[i] = info(model, order ? order[i] : i);
    list->items = lwi_resize(NULL, n, sizeof *list->items);
    char *fault = lwi_read_case_arrays(path, infos, n, list->items);
    list->n = fault ? 0 : n;
    free(infos);
    free(path);
    return fault;
}

/* Some files say only what they give out when inputs are there: its types are compared then, but
 * for those that NumPy does not have (from bfloat16 on), for which arrays hold others. */
static lw_io_info undeclared_info(const lw_model *graph, size_t index) {
    lw_io_info info = lwi_output_info(graph, index);
    if (info.dtype < LW_BFLOAT16) info.dtype = LW_DTYPE_NONE;
    return info;
}

static bool declares_outputs(const lw_model *model) {
    return lw_model_output_count(model) > 0 && lwi_output_info(model, 0).dtype != LW_DTYPE_NONE;
}

static char *read_expected(const lwi_session *session, const lwi_test_case *test,
                           const values *inputs, const size_t *order, values *expected) {
    lw_io *ios = name_inputs(session, inputs, order);
    lw_model *graph = NULL;
    char *fault = NULL;
    if (lw_model_for(session->model, ios, inputs->n, &graph))
        fault = lwi_text("%s", lw_last_error());
    free(ios);
    if (fault) return fault;
    fault = read_arrays(test, "outputs.npz", lw_model_output_count(graph),
                        declares_outputs(session->model) ? lwi_output_info : undeclared_info, graph,
                        NULL, expected);
    lw_model_free(graph);
    return fault;
}

static char *run_arrays(const lwi_session *session, const lwi_test_case *test,
                        lwi_tolerance tolerance) {
    size_t *order = lwi_resize(NULL, lw_model_input_count(session->model), sizeof *order);
    values inputs = {0}, expected = {0};
    char *fault = read_arrays(test, "inputs.npz", fed_inputs(session->model, 0, order),
                              lwi_input_info, session->model, order, &inputs);
    if (!fault) fault = read_expected(session, test, &inputs, order, &expected);
    if (!fault) fault = run_and_compare(session, &inputs, order, &expected, tolerance);
    free_values(&inputs);
    free_values(&expected);
    free(order);
    return fault;
}

char *lwi_run_case(const lwi_test_case *test, lwi_tolerance tolerance, const lwi_engine *engine) {
    lwi_session session;
    if (lwi_session_open(test->model, engine, &session)) return lwi_text("%s", lw_last_error());
    static char *(*const runs[])(const lwi_session *, const lwi_test_case *, lwi_tolerance) = {
        [LWI_CASE_PROTO] = run_sets, [LWI_CASE_ARRAYS] = run_arrays, [LWI_CASE_LIGHT] = run_light};
    char *fault = runs[test->kind](&session, test, tolerance);
    lwi_session_close(&session);
    return fault;
}
