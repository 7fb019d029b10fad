/* SPDX-License-Identifier: MIT */
#include "serve/http_error.h"

#include <stdarg.h>
#include <stdio.h>

#include "serve/routes.h"

enum { MESSAGE_BYTES = 1024 };

static const char *error_type(int code) {
    if (code == 401 || code == 403) return "authentication_error";
    if (code == 404) return "not_found_error";
    if (code == 429 || code == 503) return "overloaded_error";
    return code < 500 ? "invalid_request_error" : "server_error";
}

int lwi_status_code(lw_status status) {
    switch (status) {
    case LW_NO_MEMORY:
    case LW_CANCELLED:
        return 503;
    case LW_IO:
    case LW_INTERNAL:
        return 500;
    default:
        return 400;
    }
}

void lwi_put_error(lwi_json_writer *json, int code, const char *name, const char *message) {
    lwi_put_open(json, '{');
    lwi_put_key(json, "error");
    lwi_put_open(json, '{');
    lwi_put_key_text(json, "message", message);
    lwi_put_key_text(json, "type", error_type(code));
    lwi_put_key_text(json, "param", NULL);
    lwi_put_key_text(json, "code", name);
    lwi_put_close(json, '}');
    lwi_put_close(json, '}');
}

void lwi_refuse(lwi_exchange *x, int code, const char *name, const char *format, ...) {
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    if (x->route && (x->route->flags & LWI_ROUTE_V2)) {
        lwi_put_open(&json, '{');
        lwi_put_key_text(&json, "error", message);
        lwi_put_close(&json, '}');
    } else lwi_put_error(&json, code, name, message);
    lwi_answer_json(x, code, &json);
}

void lwi_refuse_status(lwi_exchange *x, lw_status status) {
    lwi_refuse(x, lwi_status_code(status), NULL, "%s", lw_last_error());
}
