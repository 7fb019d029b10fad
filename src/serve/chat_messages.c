/* SPDX-License-Identifier: MIT */
#include "serve/chat_messages.h"

#include <string.h>

static lw_status put_part(lwi_buffer *text, const lwi_json_item *part) {
    const char *type = lwi_json_text(part, "type", "");
    const lwi_json_item *said = lwi_json_get(part, "text");
    if (strcmp(type, "text") != 0 && strcmp(type, "refusal") != 0)
        return lwi_fail(LW_UNSUPPORTED, "a part of a message is of type '%.40s': only text is read",
                        type);
    if (!said) said = lwi_json_get(part, "refusal");
    if (!lwi_json_is(said, LWI_JSON_STRING))
        return lwi_fail(LW_INVALID, "a part of a message has no text");
    return lwi_buffer_put(text, said->text, said->size);
}

static lw_status put_content(lwi_json_writer *json, const lwi_json_item *content) {
    lwi_buffer text = lwi_buffer_new(&lwi_malloc_allocator);
    lw_status status = LW_OK;
    if (content->kind != LWI_JSON_ARRAY && content->kind != LWI_JSON_STRING &&
        content->kind != LWI_JSON_NULL)
        return lwi_fail(LW_INVALID, "the content of a message is neither text nor parts");
    if (content->kind != LWI_JSON_ARRAY) {
        lwi_put_item(json, content);
        return json->status;
    }
    for (size_t i = 0; status == LW_OK && i < content->size; i++)
        status = put_part(&text, &content->items[i]);
    if (status == LW_OK) lwi_put_string(json, text.data, text.size);
    lwi_buffer_free(&text);
    return status;
}

/* JSON in a string as what it says; as it is if it is no JSON. */
static lw_status put_arguments(lwi_json_writer *json, const lwi_json_item *arguments) {
    const lwi_json_item *parsed = NULL;
    lwi_arena arena;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    if (lwi_json_is(arguments, LWI_JSON_STRING) &&
        lwi_json_parse(&arena, arguments->text, arguments->size, NULL, &parsed) == LW_OK)
        lwi_put_item(json, parsed);
    else lwi_put_item(json, arguments);
    lwi_arena_free(&arena);
    return json->status;
}

/* An object with one member of it put by another function. */
static lw_status put_object(lwi_json_writer *json, const lwi_json_item *object, const char *key,
                            lw_status (*put)(lwi_json_writer *json, const lwi_json_item *member)) {
    if (object->kind != LWI_JSON_OBJECT)
        return lwi_fail(LW_INVALID, "a tool call of a message is no object");
    lwi_put_open(json, '{');
    for (size_t i = 0; i < object->size; i++) {
        const lwi_json_item *member = &object->items[i];
        lwi_put_key(json, member->key);
        if (!strcmp(member->key, key)) LW_TRY(put(json, member));
        else lwi_put_item(json, member);
    }
    lwi_put_close(json, '}');
    return json->status;
}

static lw_status put_function(lwi_json_writer *json, const lwi_json_item *function) {
    return put_object(json, function, "arguments", put_arguments);
}

static lw_status put_calls(lwi_json_writer *json, const lwi_json_item *calls) {
    if (calls->kind != LWI_JSON_ARRAY) {
        lwi_put_item(json, calls);
        return json->status;
    }
    lwi_put_open(json, '[');
    for (size_t i = 0; i < calls->size; i++)
        LW_TRY(put_object(json, &calls->items[i], "function", put_function));
    lwi_put_close(json, ']');
    return json->status;
}

static lw_status put_member(lwi_json_writer *json, const lwi_json_item *member, bool objects) {
    const char *key = member->key;
    lwi_put_key(json, key);
    if (!strcmp(key, "content")) return put_content(json, member);
    if (objects && !strcmp(key, "tool_calls")) return put_calls(json, member);
    if (!strcmp(key, "role") && lwi_json_is(member, LWI_JSON_STRING) &&
        !strcmp(member->text, "developer"))
        lwi_put_text(json, "system");
    else lwi_put_item(json, member);
    return json->status;
}

static lw_status put_message(lwi_json_writer *json, const lwi_json_item *message, bool objects) {
    if (message->kind != LWI_JSON_OBJECT) return lwi_fail(LW_INVALID, "a message is no object");
    if (!lwi_json_text(message, "role", NULL)) return lwi_fail(LW_INVALID, "a message has no role");
    lwi_put_open(json, '{');
    for (size_t i = 0; i < message->size; i++)
        LW_TRY(put_member(json, &message->items[i], objects));
    lwi_put_close(json, '}');
    return json->status;
}

lw_status lwi_chat_messages(const lwi_json_item *messages, bool objects, lwi_json_writer *json) {
    if (!lwi_json_is(messages, LWI_JSON_ARRAY) || messages->size == 0)
        return lwi_fail(LW_INVALID, "'messages' is not an array of messages");
    lwi_put_open(json, '[');
    for (size_t i = 0; i < messages->size; i++)
        LW_TRY(put_message(json, &messages->items[i], objects));
    lwi_put_close(json, ']');
    return json->status;
}
