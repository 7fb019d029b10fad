/* SPDX-License-Identifier: MIT */
#include "serve/chat_tools.h"

#include <string.h>

#include "serve/members.h"

static const lwi_json_item *function_of(const lwi_json_item *tool) {
    return lwi_member(tool, "function");
}

static lw_status check_tools(const lwi_json_item *tools) {
    if (tools->kind != LWI_JSON_ARRAY) return lwi_fail(LW_INVALID, "'tools' is not an array");
    for (size_t i = 0; i < tools->size; i++) {
        const char *type = lwi_json_text(&tools->items[i], "type", "function");
        if (strcmp(type, "function") != 0)
            return lwi_fail(LW_UNSUPPORTED, "a tool is of type '%.40s': only functions are known",
                            type);
        if (!lwi_json_text(function_of(&tools->items[i]), "name", NULL))
            return lwi_fail(LW_INVALID, "a tool has no function with a name");
    }
    return LW_OK;
}

/* {"type": "object", "properties": {"name": {"const": ...}, "arguments": ...}, ...} */
static void put_schema(lwi_json_writer *json, const lwi_json_item *function) {
    static const char rest[] = "{\"type\":\"object\"}";
    const lwi_json_item *parameters = lwi_member(function, "parameters");
    lwi_put_open(json, '{');
    lwi_put_key_text(json, "type", "object");
    lwi_put_key(json, "properties");
    lwi_put_open(json, '{');
    lwi_put_key(json, "name");
    lwi_put_open(json, '{');
    lwi_put_key_text(json, "const", lwi_json_text(function, "name", ""));
    lwi_put_close(json, '}');
    lwi_put_key(json, "arguments");
    if (parameters) lwi_put_item(json, parameters);
    else lwi_put_json(json, rest, sizeof rest - 1);
    lwi_put_close(json, '}');
    static const char end[] = "[\"name\",\"arguments\"]";
    lwi_put_key(json, "required");
    lwi_put_json(json, end, sizeof end - 1);
    lwi_put_key(json, "additionalProperties");
    lwi_put_bool(json, false);
    lwi_put_close(json, '}');
}

/* A call of the function of that name; NULL: of any. */
static lw_status force(lwi_completion *c, const lwi_json_item *tools, const char *name) {
    size_t found = 0;
    if (c->grammar)
        return lwi_fail(LW_INVALID, "'tool_choice' wants a call, and a grammar is given as well");
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    lwi_put_open(&json, '{');
    lwi_put_key(&json, "anyOf");
    lwi_put_open(&json, '[');
    for (size_t i = 0; tools && i < tools->size; i++) {
        const lwi_json_item *function = function_of(&tools->items[i]);
        if (name && strcmp(name, lwi_json_text(function, "name", "")) != 0) continue;
        put_schema(&json, function);
        found++;
    }
    lwi_put_close(&json, ']');
    lwi_put_close(&json, '}');
    lw_status status = json.status;
    if (!found)
        status = lwi_fail(LW_INVALID, "'tool_choice' wants a call of '%.60s', which is no tool",
                          name ? name : "");
    if (status == LW_OK)
        status = lw_grammar_new_schema(json.text.data, json.text.size, &c->grammar);
    c->forced = true;
    lwi_json_writer_free(&json);
    return status;
}

static lw_status keep_tools(lwi_completion *c, const lwi_json_item *tools) {
    lwi_buffer json = lwi_buffer_new(&lwi_malloc_allocator);
    lw_status status = lwi_buffer_json(&json, tools);
    if (status == LW_OK) status = lwi_arena_string(&c->arena, json.data, json.size, &c->tools);
    lwi_buffer_free(&json);
    return status;
}

lw_status lwi_chat_tools(lwi_completion *c, const lwi_json_item *root) {
    const lwi_json_item *tools = lwi_member(root, "tools"),
                        *choice = lwi_member(root, "tool_choice");
    const bool word = lwi_json_is(choice, LWI_JSON_STRING);
    if (tools) LW_TRY(check_tools(tools));
    if (word && !strcmp(choice->text, "none")) return LW_OK;
    if (tools && tools->size) LW_TRY(keep_tools(c, tools));
    if (!choice || (word && !strcmp(choice->text, "auto"))) return LW_OK;
    if (word && !strcmp(choice->text, "required")) return force(c, tools, NULL);
    const char *name = lwi_json_text(function_of(choice), "name", NULL);
    if (name) return force(c, tools, name);
    return lwi_fail(LW_INVALID,
                    "'tool_choice' is not none, auto, required or a function with a name");
}
