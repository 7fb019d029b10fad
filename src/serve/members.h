/* SPDX-License-Identifier: MIT
 * Members of a request's JSON object. One that is absent or null leaves the value as it is; one of
 * another kind, or out of its range, is LW_INVALID with its name. */
#ifndef LWI_MEMBERS_H
#define LWI_MEMBERS_H

#include "base/json_read.h"
#include "serve/exchange.h"

/* The body, which must be a JSON object; otherwise it has been refused: NULL. */
const lwi_json_item *lwi_body_object(lwi_exchange *exchange, lwi_arena *arena);

/* NULL: absent or null. */
const lwi_json_item *lwi_member(const lwi_json_item *object, const char *name);
lw_status lwi_member_number(const lwi_json_item *object, const char *name, double least,
                            double most, float *value);
lw_status lwi_member_count(const lwi_json_item *object, const char *name, size_t most,
                           size_t *value);
lw_status lwi_member_integer(const lwi_json_item *object, const char *name, int64_t *value);
lw_status lwi_member_bool(const lwi_json_item *object, const char *name, bool *value);
/* An array of tokens below `vocabulary`, copied into the arena; `name` is for the error. */
lw_status lwi_item_tokens(const lwi_json_item *array, const char *name, size_t vocabulary,
                          lwi_arena *arena, const int32_t **tokens, size_t *n);
lw_status lwi_member_text(const lwi_json_item *object, const char *name, const char **value);

#endif
