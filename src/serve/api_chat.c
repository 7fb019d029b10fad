/* SPDX-License-Identifier: MIT
 * POST /v1/chat/completions: the next message of a conversation. */
#include "serve/chat_messages.h"
#include "serve/chat_tools.h"
#include "serve/completion.h"
#include "serve/members.h"
#include "serve/routes.h"

static lw_status put_variables(lwi_json_writer *json, const lwi_json_item *root) {
    const lwi_json_item *given = lwi_member(root, "chat_template_kwargs");
    const char *effort = NULL;
    LW_TRY(lwi_member_text(root, "reasoning_effort", &effort));
    if (given && given->kind != LWI_JSON_OBJECT)
        return lwi_fail(LW_INVALID, "'chat_template_kwargs' is no object");
    lwi_put_open(json, '{');
    if (effort) lwi_put_key_text(json, "reasoning_effort", effort);
    for (size_t i = 0; given && i < given->size; i++) {
        lwi_put_key(json, given->items[i].key);
        lwi_put_item(json, &given->items[i]);
    }
    lwi_put_close(json, '}');
    return json->status;
}

/* Templates differ in whether they want arguments of tool calls as objects or as text: what one
 * refuses in the first form may go in the second. */
static lw_status render_messages(lwi_completion *c, const lwi_json_item *root,
                                 const char *variables, bool objects) {
    lwi_json_writer messages = lwi_json_writer_new(&lwi_malloc_allocator);
    bool begin_reply = true;
    lw_status status = lwi_chat_messages(lwi_member(root, "messages"), objects, &messages);
    if (status == LW_OK) status = lwi_member_bool(root, "add_generation_prompt", &begin_reply);
    const lw_chat_input input = {.size = sizeof input,
                                 .messages = messages.text.data,
                                 .tools = c->tools,
                                 .variables = variables,
                                 .add_generation_prompt = begin_reply};
    if (status == LW_OK) status = lw_llm_render_chat(c->model->llm, &input, &c->prompt);
    lwi_json_writer_free(&messages);
    return status;
}

static lw_status render(lwi_completion *c, const lwi_json_item *root) {
    lwi_json_writer variables = lwi_json_writer_new(&lwi_malloc_allocator);
    lw_status status = put_variables(&variables, root);
    if (status == LW_OK) status = render_messages(c, root, variables.text.data, true);
    if (status == LW_INVALID || status == LW_TYPE)
        status = render_messages(c, root, variables.text.data, false);
    lwi_json_writer_free(&variables);
    return status;
}

static lw_status prepare(lwi_completion *c, const lwi_json_item *root) {
    const int32_t *tokens = NULL;
    size_t n = 0;
    LW_TRY(lwi_chat_tools(c, root));
    LW_TRY(render(c, root));
    LW_TRY(lwi_served_encode(c->model, c->prompt.data, c->prompt.size, LW_ENCODE_PARSE_SPECIAL,
                             &c->arena, &tokens, &n));
    LW_TRY(lwi_completion_prompts(c, 1));
    return lwi_completion_prompt(c, 0, tokens, n);
}

void lwi_api_chat(lwi_exchange *x) {
    const lwi_json_item *root = NULL;
    lwi_completion *c = lwi_completion_new(x, true, &root);
    if (!c) return;
    const lw_status status = prepare(c, root);
    if (status == LW_OK) lwi_completion_start(c);
    else lwi_completion_refuse(c, status);
}
