/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <lampwick/media.h>

#include <stdlib.h>
#include <string.h>

#include "text.h"

lw_context_options lwi_engine_context(const lwi_engine *engine) {
    const bool fast = engine->precision && !strcmp(engine->precision, "fast");
    return (lw_context_options){.size = sizeof(lw_context_options),
                                .threads = engine->threads,
                                .precision = fast ? LW_FAST : LW_EXACT,
                                .less_memory = engine->less_memory,
                                .device = engine->device,
                                .device_memory = (size_t)engine->device_memory << 20,
                                .fallback = engine->fallback,
                                .plugin = engine->plugin,
                                .plugin_options = engine->plugin_options,
                                .plugin_cache = engine->plugin_cache};
}

lw_status lwi_session_open(const char *path, const lwi_engine *engine, lwi_session *session) {
    *session = (lwi_session){0};
    const lw_model_options model_options = {.size = sizeof model_options,
                                            .image_decoder = lw_media_decode_image,
                                            .skip_passes = engine->skip_passes};
    lw_status status = lw_model_load(path, &model_options, &session->model);
    const lw_context_options options = lwi_engine_context(engine);
    if (!status) status = lw_context_new(session->model, &options, &session->context);
    if (status) lwi_session_close(session);
    return status;
}

lw_status lwi_session_inspect(const char *path, lw_model **model) {
    const lw_model_options options = {.size = sizeof options, .inspect = true};
    return lw_model_load(path, &options, model);
}

void lwi_session_close(lwi_session *session) {
    lw_context_free(session->context);
    lw_model_free(session->model);
    *session = (lwi_session){0};
}

bool lwi_is_open(const lw_model *model) {
    lw_model_info info = {.size = sizeof info};
    return !lw_model_describe(model, &info) && !strcmp(info.format, "TorchScript");
}

lw_io_info lwi_input_info(const lw_model *model, size_t index) {
    lw_io_info info = {.size = sizeof info, .name = "", .rank = -1};
    if (lw_model_input(model, index, &info)) info.name = "";
    return info;
}

lw_io_info lwi_output_info(const lw_model *model, size_t index) {
    lw_io_info info = {.size = sizeof info, .name = "", .rank = -1};
    if (lw_model_output(model, index, &info)) info.name = "";
    return info;
}

lw_status lwi_session_run(const lwi_session *session, const lw_io *inputs, size_t n_inputs,
                          lw_io **outputs, size_t *n_outputs) {
    lw_model *graph = NULL;
    lw_status status = lw_model_for(session->model, inputs, n_inputs, &graph);
    if (status) return status;
    const size_t n = lw_model_output_count(graph);
    lw_io *ios = lwi_resize(NULL, n, sizeof *ios);
    for (size_t i = 0; i < n; i++)
        ios[i] = (lw_io){lwi_output_info(graph, i).name, NULL};
    lw_model_free(graph); /* the model keeps it */
    status = lw_context_run(session->context, inputs, n_inputs, ios, n);
    if (status) {
        free(ios);
        return status;
    }
    *outputs = ios;
    *n_outputs = n;
    return LW_OK;
}

void lwi_ios_free(lw_io *ios, size_t n) {
    for (size_t i = 0; i < n; i++)
        lw_value_free(ios[i].value);
    free(ios);
}
