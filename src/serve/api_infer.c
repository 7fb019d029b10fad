/* SPDX-License-Identifier: MIT
 * POST /v2/models/NAME/infer: runs a network once. */
#include <string.h>

#include "serve/http_error.h"
#include "serve/members.h"
#include "serve/routes.h"
#include "serve/server.h"
#include "serve/tensor_json.h"

typedef struct inference {
    lwi_exchange *exchange;
    lwi_served *model;
    lwi_arena arena;
    lw_context *context;
    lw_io *inputs, *outputs;
    size_t n_inputs, n_outputs;
    bool *binary; /* of each output: as bytes behind the JSON */
    const char *id;
    lwi_buffer tail;
} inference;

static lw_status read_inputs(inference *f, const lwi_json_item *root) {
    const lwi_json_item *given = lwi_json_get(root, "inputs");
    const lwi_buffer *body = &f->exchange->body;
    const size_t json = f->exchange->header_bytes ? f->exchange->header_bytes : body->size;
    lwi_v2_bytes bytes = {body->data + json, body->data + body->size};
    if (!lwi_json_is(given, LWI_JSON_ARRAY))
        return lwi_fail(LW_INVALID, "'inputs' is not an array");
    LW_TRY(lwi_arena_alloc(&f->arena, given->size, sizeof *f->inputs, &f->inputs));
    for (size_t i = 0; i < given->size; i++) {
        const char *name = lwi_json_text(&given->items[i], "name", NULL);
        if (!name) return lwi_fail(LW_INVALID, "an input has no name");
        lw_io *input = &f->inputs[f->n_inputs];
        input->name = name;
        LW_TRY(lwi_v2_read_tensor(&given->items[i], &bytes, &input->value));
        f->n_inputs++;
    }
    return LW_OK;
}

/* All outputs, if none are asked for. */
static lw_status choose_all(inference *f, bool binary) {
    const lw_model *network = f->model->network;
    f->n_outputs = lw_model_output_count(network);
    LW_TRY(lwi_arena_alloc(&f->arena, f->n_outputs, sizeof *f->outputs, &f->outputs));
    LW_TRY(lwi_arena_alloc(&f->arena, f->n_outputs, sizeof *f->binary, &f->binary));
    for (size_t i = 0; i < f->n_outputs; i++) {
        lw_io_info info = {.size = sizeof info};
        LW_TRY(lw_model_output(network, i, &info));
        f->outputs[i].name = info.name;
        f->binary[i] = binary;
    }
    return LW_OK;
}

static lw_status choose_outputs(inference *f, const lwi_json_item *root) {
    const lwi_json_item *given = lwi_member(root, "outputs");
    const bool binary = lwi_json_bool(lwi_member(root, "parameters"), "binary_data_output", false);
    if (given && given->kind != LWI_JSON_ARRAY)
        return lwi_fail(LW_INVALID, "'outputs' is not an array");
    if (!given || given->size == 0) return choose_all(f, binary);
    f->n_outputs = given->size;
    LW_TRY(lwi_arena_alloc(&f->arena, f->n_outputs, sizeof *f->outputs, &f->outputs));
    LW_TRY(lwi_arena_alloc(&f->arena, f->n_outputs, sizeof *f->binary, &f->binary));
    for (size_t i = 0; i < f->n_outputs; i++) {
        const lwi_json_item *parameters = lwi_member(&given->items[i], "parameters");
        f->outputs[i].name = lwi_json_text(&given->items[i], "name", NULL);
        f->binary[i] = lwi_json_bool(parameters, "binary_data", binary);
        if (!f->outputs[i].name) return lwi_fail(LW_INVALID, "an output has no name");
    }
    return LW_OK;
}

static void cancel(void *context) { lw_context_cancel(context); }

static lw_status run(inference *f) {
    LW_TRY(lwi_served_borrow(f->model, &f->context));
    lwi_exchange_guard(f->exchange, cancel, f->context);
    const lw_status status =
        lw_context_run(f->context, f->inputs, f->n_inputs, f->outputs, f->n_outputs);
    lwi_exchange_unguard(f->exchange);
    lwi_served_return(f->model, f->context);
    if (status == LW_OK) lwi_count_inference(&f->exchange->server->counters);
    return status;
}

static lw_status put_outputs(inference *f, lwi_json_writer *json) {
    lwi_put_open(json, '{');
    lwi_put_key_text(json, "model_name", f->model->name);
    lwi_put_key_text(json, "model_version", "1");
    if (f->id) lwi_put_key_text(json, "id", f->id);
    lwi_put_key(json, "outputs");
    lwi_put_open(json, '[');
    for (size_t i = 0; i < f->n_outputs; i++) {
        const lw_io *output = &f->outputs[i];
        if (lw_value_kind(output->value) != LW_KIND_TENSOR)
            return lwi_fail(LW_UNSUPPORTED, "output '%s' is not a tensor: name others in 'outputs'",
                            output->name);
        LW_TRY(lwi_v2_put_tensor(json, output->name, output->value, f->binary[i], &f->tail));
    }
    lwi_put_close(json, ']');
    lwi_put_close(json, '}');
    return json->status;
}

static lw_status answer(inference *f) {
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    lw_status status = put_outputs(f, &json);
    const size_t length = json.text.size;
    if (status == LW_OK && f->tail.size) {
        status = lwi_buffer_put(&json.text, f->tail.data, f->tail.size);
        f->exchange->header_length = length;
    }
    if (status == LW_OK && f->tail.size)
        lwi_answer(f->exchange, 200, "application/octet-stream", &json.text);
    else if (status == LW_OK) lwi_answer_json(f->exchange, 200, &json);
    lwi_json_writer_free(&json);
    return status;
}

static lw_status infer(inference *f, const lwi_json_item *root) {
    f->id = lwi_json_text(root, "id", NULL);
    if (f->model->llm)
        return lwi_fail(LW_UNSUPPORTED,
                        "'%s' is a language model: it answers at /v1/completions and "
                        "/v1/chat/completions",
                        f->model->name);
    LW_TRY(read_inputs(f, root));
    LW_TRY(choose_outputs(f, root));
    LW_TRY(run(f));
    return answer(f);
}

static void free_values(lw_io *ios, size_t n) {
    for (size_t i = 0; ios && i < n; i++)
        lw_value_free(ios[i].value);
}

void lwi_api_v2_infer(lwi_exchange *x) {
    inference f = {
        .exchange = x, .model = lwi_v2_find(x), .tail = lwi_buffer_new(&lwi_malloc_allocator)};
    if (!f.model) return;
    lwi_arena_init(&f.arena, &lwi_malloc_allocator);
    const lwi_json_item *root = lwi_body_object(x, &f.arena);
    const lw_status status = root ? infer(&f, root) : LW_OK;
    if (status != LW_OK) lwi_refuse_status(x, status);
    free_values(f.inputs, f.n_inputs);
    free_values(f.outputs, f.n_outputs);
    lwi_buffer_free(&f.tail);
    lwi_arena_free(&f.arena);
}
