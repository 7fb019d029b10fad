/* SPDX-License-Identifier: MIT
 * POST /v1/completions: goes on with texts. */
#include <string.h>

#include "serve/completion.h"
#include "serve/http_error.h"
#include "serve/members.h"
#include "serve/routes.h"

/* A prompt is a string or an array of tokens. */
static bool is_tokens(const lwi_json_item *item) {
    if (item->kind != LWI_JSON_ARRAY || item->size == 0) return false;
    for (size_t i = 0; i < item->size; i++)
        if (item->items[i].kind != LWI_JSON_NUMBER) return false;
    return true;
}

static lw_status echo(lwi_completion *c, size_t prompt, const lwi_json_item *text) {
    if (!c->echo) return LW_OK;
    if (text->kind != LWI_JSON_STRING)
        return lwi_fail(LW_UNSUPPORTED, "'echo' is only supported for prompts that are strings");
    for (size_t i = 0; i < c->n; i++)
        LW_TRY(lwi_buffer_put(&c->choices[prompt * c->n + i].text, text->text, text->size));
    return LW_OK;
}

static lw_status read_prompt(lwi_completion *c, size_t index, const lwi_json_item *prompt) {
    const int32_t *tokens = NULL;
    size_t n = 0;
    if (is_tokens(prompt))
        LW_TRY(lwi_item_tokens(prompt, "prompt", c->model->vocabulary, &c->arena, &tokens, &n));
    else if (prompt->kind == LWI_JSON_STRING)
        LW_TRY(lwi_served_encode(c->model, prompt->text, prompt->size,
                                 LW_ENCODE_ADD_SPECIAL | LW_ENCODE_PARSE_SPECIAL, &c->arena,
                                 &tokens, &n));
    else return lwi_fail(LW_INVALID, "a prompt is neither a string nor an array of tokens");
    LW_TRY(echo(c, index, prompt));
    return lwi_completion_prompt(c, index, tokens, n);
}

static lw_status read_prompts(lwi_completion *c, const lwi_json_item *root) {
    const lwi_json_item *prompt = lwi_member(root, "prompt");
    if (!prompt) return lwi_fail(LW_INVALID, "'prompt' is missing");
    LW_TRY(lwi_member_bool(root, "echo", &c->echo));
    if (c->echo && c->logprobs)
        return lwi_fail(LW_UNSUPPORTED, "'echo' with 'logprobs' is not supported");
    const bool several = prompt->kind == LWI_JSON_ARRAY && !is_tokens(prompt);
    LW_TRY(lwi_completion_prompts(c, several ? prompt->size : 1));
    for (size_t i = 0; several && i < prompt->size; i++)
        LW_TRY(read_prompt(c, i, &prompt->items[i]));
    return several ? LW_OK : read_prompt(c, 0, prompt);
}

void lwi_api_completions(lwi_exchange *x) {
    const lwi_json_item *root = NULL;
    lwi_completion *c = lwi_completion_new(x, false, &root);
    if (!c) return;
    const lw_status status = read_prompts(c, root);
    if (status == LW_OK) lwi_completion_start(c);
    else lwi_completion_refuse(c, status);
}
