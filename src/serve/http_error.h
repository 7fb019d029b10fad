/* SPDX-License-Identifier: MIT
 * Errors as answers: OpenAI's {"error": {"message", "type", "param", "code"}}, or the Open
 * Inference Protocol's {"error": "message"}. */
#ifndef LWI_HTTP_ERROR_H
#define LWI_HTTP_ERROR_H

#include "serve/exchange.h"

/* code: HTTP status; name: a word for programs ("context_length_exceeded"), or NULL. */
void lwi_refuse(lwi_exchange *exchange, int code, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* With this thread's sentence and the HTTP status that fits. */
void lwi_refuse_status(lwi_exchange *exchange, lw_status status);
/* Only the object, for events of an answer that has begun. */
void lwi_put_error(lwi_json_writer *json, int code, const char *name, const char *message);
int lwi_status_code(lw_status status);

#endif
