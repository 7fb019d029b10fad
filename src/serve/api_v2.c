/* SPDX-License-Identifier: MIT
 * The Open Inference Protocol v2 (KServe): what there is. */
#include <string.h>

#include "serve/http_error.h"
#include "serve/routes.h"
#include "serve/server.h"
#include "serve/tensor_json.h"

void lwi_api_v2_server(lwi_exchange *x) {
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    lwi_put_open(&json, '{');
    lwi_put_key_text(&json, "name", "lampwick");
    lwi_put_key_text(&json, "version", lw_version());
    lwi_put_key(&json, "extensions");
    lwi_put_open(&json, '[');
    lwi_put_text(&json, "binary_tensor_data");
    lwi_put_close(&json, ']');
    lwi_put_close(&json, '}');
    lwi_answer_json(x, 200, &json);
}

static void answer_true(lwi_exchange *x, const char *key, const char *name) {
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    lwi_put_open(&json, '{');
    if (name) lwi_put_key_text(&json, "name", name);
    lwi_put_key(&json, key);
    lwi_put_bool(&json, true);
    lwi_put_close(&json, '}');
    lwi_answer_json(x, 200, &json);
}

/* Models are open before the door is. */
void lwi_api_v2_live(lwi_exchange *x) { answer_true(x, "live", NULL); }
void lwi_api_v2_ready(lwi_exchange *x) { answer_true(x, "ready", NULL); }

lwi_served *lwi_v2_find(lwi_exchange *x) {
    lwi_served *model = lwi_server_find(x->server, x->segment);
    if (!model) lwi_refuse(x, 404, NULL, "there is no model '%s'", x->segment);
    return model;
}

void lwi_api_v2_model_ready(lwi_exchange *x) {
    const lwi_served *model = lwi_v2_find(x);
    if (model) answer_true(x, "ready", model->name);
}

static void put_tensor(lwi_json_writer *json, const lw_io_info *info) {
    const char *datatype = lwi_v2_datatype(info->dtype);
    lwi_put_open(json, '{');
    lwi_put_key_text(json, "name", info->name);
    lwi_put_key_text(json, "datatype", datatype ? datatype : lw_dtype_name(info->dtype));
    lwi_put_key(json, "shape");
    lwi_put_open(json, '[');
    for (int i = 0; i < info->rank; i++)
        lwi_put_integer(json, info->dims[i]);
    lwi_put_close(json, ']');
    lwi_put_close(json, '}');
}

static void put_tensors(lwi_json_writer *json, const char *key, const lw_model *model, size_t n,
                        lw_status (*get)(const lw_model *, size_t, lw_io_info *)) {
    lwi_put_key(json, key);
    lwi_put_open(json, '[');
    for (size_t i = 0; i < n; i++) {
        lw_io_info info = {.size = sizeof info};
        if (get(model, i, &info) == LW_OK) put_tensor(json, &info);
    }
    lwi_put_close(json, ']');
}

void lwi_api_v2_model(lwi_exchange *x) {
    const lwi_served *model = lwi_v2_find(x);
    if (!model) return;
    const lw_model *network = model->llm ? lw_llm_model(model->llm) : model->network;
    lw_model_info about = {.size = sizeof about};
    const char *format = lw_model_describe(network, &about) == LW_OK ? about.format : "";
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    lwi_put_open(&json, '{');
    lwi_put_key_text(&json, "name", model->name);
    lwi_put_key(&json, "versions");
    lwi_put_open(&json, '[');
    lwi_put_text(&json, "1");
    lwi_put_close(&json, ']');
    lwi_put_key_text(&json, "platform", format);
    put_tensors(&json, "inputs", network, lw_model_input_count(network), lw_model_input);
    put_tensors(&json, "outputs", network, lw_model_output_count(network), lw_model_output);
    lwi_put_close(&json, '}');
    lwi_answer_json(x, 200, &json);
}
