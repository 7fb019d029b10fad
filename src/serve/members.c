/* SPDX-License-Identifier: MIT */
#include "serve/members.h"

#include "serve/http_error.h"

enum { BODY_DEPTH = 128 };

const lwi_json_item *lwi_body_object(lwi_exchange *x, lwi_arena *arena) {
    static const lwi_json_limits limits = {.depth = BODY_DEPTH};
    const lwi_json_item *root = NULL;
    const size_t size = x->header_bytes ? x->header_bytes : x->body.size;
    if (size > x->body.size) {
        lwi_refuse(x, 400, NULL, "Inference-Header-Content-Length is %zu, the body has %zu bytes",
                   size, x->body.size);
        return NULL;
    }
    const lw_status status =
        lwi_json_parse(arena, x->body.data ? x->body.data : "", size, &limits, &root);
    if (status != LW_OK) {
        lwi_refuse(x, lwi_status_code(status), "invalid_json", "the body is not JSON: %s",
                   lw_last_error());
        return NULL;
    }
    if (lwi_json_is(root, LWI_JSON_OBJECT)) return root;
    lwi_refuse(x, 400, "invalid_json", "the body is not a JSON object");
    return NULL;
}

const lwi_json_item *lwi_member(const lwi_json_item *object, const char *name) {
    const lwi_json_item *item = lwi_json_get(object, name);
    return item && item->kind != LWI_JSON_NULL ? item : NULL;
}

lw_status lwi_member_number(const lwi_json_item *object, const char *name, double least,
                            double most, float *value) {
    const lwi_json_item *item = lwi_member(object, name);
    if (!item) return LW_OK;
    if (item->kind != LWI_JSON_NUMBER) return lwi_fail(LW_INVALID, "'%s' is not a number", name);
    const double number = item->is_integer ? (double)item->integer : item->number;
    if (!(number >= least && number <= most))
        return lwi_fail(LW_INVALID, "'%s' is %g, not from %g to %g", name, number, least, most);
    *value = (float)number;
    return LW_OK;
}

lw_status lwi_member_integer(const lwi_json_item *object, const char *name, int64_t *value) {
    const lwi_json_item *item = lwi_member(object, name);
    if (!item) return LW_OK;
    if (item->kind != LWI_JSON_NUMBER || !item->is_integer)
        return lwi_fail(LW_INVALID, "'%s' is not an integer", name);
    *value = item->integer;
    return LW_OK;
}

lw_status lwi_member_count(const lwi_json_item *object, const char *name, size_t most,
                           size_t *value) {
    int64_t number = -1;
    if (!lwi_member(object, name)) return LW_OK;
    LW_TRY(lwi_member_integer(object, name, &number));
    if (number < 0 || (uint64_t)number > most)
        return lwi_fail(LW_INVALID, "'%s' is %lld, not from 0 to %zu", name, (long long)number,
                        most);
    *value = (size_t)number;
    return LW_OK;
}

lw_status lwi_member_bool(const lwi_json_item *object, const char *name, bool *value) {
    const lwi_json_item *item = lwi_member(object, name);
    if (!item) return LW_OK;
    if (item->kind != LWI_JSON_BOOL) return lwi_fail(LW_INVALID, "'%s' is not true or false", name);
    *value = item->truth;
    return LW_OK;
}

lw_status lwi_member_text(const lwi_json_item *object, const char *name, const char **value) {
    const lwi_json_item *item = lwi_member(object, name);
    if (!item) return LW_OK;
    if (item->kind != LWI_JSON_STRING) return lwi_fail(LW_INVALID, "'%s' is not a string", name);
    *value = item->text;
    return LW_OK;
}

lw_status lwi_item_tokens(const lwi_json_item *array, const char *name, size_t vocabulary,
                          lwi_arena *arena, const int32_t **tokens, size_t *n) {
    int32_t *made = NULL;
    if (!lwi_json_is(array, LWI_JSON_ARRAY)) return lwi_fail(LW_INVALID, "'%s' is no array", name);
    LW_TRY(lwi_arena_alloc(arena, array->size + 1, sizeof *made, &made));
    for (size_t i = 0; i < array->size; i++) {
        const lwi_json_item *item = &array->items[i];
        if (item->kind != LWI_JSON_NUMBER || !item->is_integer || item->integer < 0 ||
            (uint64_t)item->integer >= vocabulary)
            return lwi_fail(LW_INVALID, "'%s' holds something that is not one of %zu tokens", name,
                            vocabulary);
        made[i] = (int32_t)item->integer;
    }
    *tokens = made;
    *n = array->size;
    return LW_OK;
}
