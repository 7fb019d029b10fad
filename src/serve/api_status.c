/* SPDX-License-Identifier: MIT
 * GET /health, /metrics, /v1/models. */
#include <stdio.h>
#include <string.h>

#include "serve/http_error.h"
#include "serve/routes.h"
#include "serve/server.h"

void lwi_api_health(lwi_exchange *x) {
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    lwi_put_open(&json, '{');
    lwi_put_key_text(&json, "status", "ok");
    lwi_put_close(&json, '}');
    lwi_answer_json(x, 200, &json);
}

/* ---------------------------------------------------------------------- models */

static void put_model(lwi_json_writer *json, const lwi_served *model) {
    lwi_put_open(json, '{');
    lwi_put_key_text(json, "id", model->name);
    lwi_put_key_text(json, "object", "model");
    lwi_put_key_integer(json, "created", model->loaded);
    lwi_put_key_text(json, "owned_by", "lampwick");
    if (model->llm) lwi_put_key_integer(json, "max_model_len", (int64_t)model->context);
    lwi_put_close(json, '}');
}

void lwi_api_models(lwi_exchange *x) {
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    lwi_put_open(&json, '{');
    lwi_put_key_text(&json, "object", "list");
    lwi_put_key(&json, "data");
    lwi_put_open(&json, '[');
    for (size_t i = 0; i < x->server->n_models; i++)
        put_model(&json, x->server->models[i]);
    lwi_put_close(&json, ']');
    lwi_put_close(&json, '}');
    lwi_answer_json(x, 200, &json);
}

void lwi_api_model(lwi_exchange *x) {
    const lwi_served *model = lwi_server_find(x->server, x->segment);
    if (!model) {
        lwi_refuse(x, 404, "model_not_found", "there is no model '%s'", x->segment);
        return;
    }
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    put_model(&json, model);
    lwi_answer_json(x, 200, &json);
}

/* --------------------------------------------------------------------- metrics */

/* A label's value: backslash, quote and line break are escaped. */
static void label_of(const lwi_served *model, char *label, size_t size) {
    size_t n = (size_t)snprintf(label, size, "{model=\"");
    for (const char *p = model->name; *p && n + 5 < size; p++) {
        if (*p == '\\' || *p == '"') label[n++] = '\\';
        label[n++] = *p == '\n' ? ' ' : *p;
    }
    snprintf(label + n, size - n, "\"}");
}

static lw_status print_slots(const lwi_server *server, lwi_buffer *text, const char *name,
                             size_t offset) {
    bool first = true;
    for (size_t i = 0; i < server->n_models; i++) {
        char label[256];
        if (!server->models[i]->scheduler) continue;
        const lwi_scheduler_state state = lwi_scheduler_look(server->models[i]->scheduler);
        label_of(server->models[i], label, sizeof label);
        LW_TRY(lwi_print_metric(text, name, first ? "gauge" : NULL, label,
                                (double)*(const size_t *)((const char *)&state + offset)));
        first = false;
    }
    return LW_OK;
}

static lw_status print_metrics(lwi_server *server, lwi_buffer *text) {
    LW_TRY(lwi_counters_print(&server->counters, text));
    LW_TRY(lwi_print_metric(text, "lampwick_clients", "gauge", "",
                            (double)atomic_load(&server->clients)));
    LW_TRY(print_slots(server, text, "lampwick_slots", offsetof(lwi_scheduler_state, slots)));
    LW_TRY(print_slots(server, text, "lampwick_slots_busy", offsetof(lwi_scheduler_state, busy)));
    return print_slots(server, text, "lampwick_waiting", offsetof(lwi_scheduler_state, waiting));
}

void lwi_api_metrics(lwi_exchange *x) {
    lwi_buffer text = lwi_buffer_new(&lwi_malloc_allocator);
    const lw_status status = print_metrics(x->server, &text);
    if (status == LW_OK) lwi_answer(x, 200, "text/plain; version=0.0.4; charset=utf-8", &text);
    else lwi_refuse_status(x, status);
    lwi_buffer_free(&text);
}
