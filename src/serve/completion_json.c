/* SPDX-License-Identifier: MIT
 * Completions as JSON, whole or in chunks, in the forms of OpenAI's interface. */
#include <stdio.h>
#include <string.h>

#include "serve/completion.h"
#include "serve/http_error.h"

static lwi_json_writer begin(const lwi_completion *c) {
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    const char *object = c->stream ? "chat.completion.chunk" : "chat.completion";
    lwi_put_open(&json, '{');
    lwi_put_key_text(&json, "id", c->id);
    lwi_put_key_text(&json, "object", c->chat ? object : "text_completion");
    lwi_put_key_integer(&json, "created", c->created);
    lwi_put_key_text(&json, "model", c->model->name);
    lwi_put_key(&json, "choices");
    lwi_put_open(&json, '[');
    return json;
}

static void put_usage(lwi_json_writer *json, const lwi_completion *c) {
    size_t prompt = 0, reused = 0, generated = 0;
    for (size_t i = 0; i < c->n_choices; i++) {
        const lwi_job *job = &c->choices[i].job;
        if (i % c->n == 0) prompt += job->n_tokens, reused += job->reused;
        generated += job->generated;
    }
    lwi_put_key(json, "usage");
    lwi_put_open(json, '{');
    lwi_put_key_integer(json, "prompt_tokens", (int64_t)prompt);
    lwi_put_key_integer(json, "completion_tokens", (int64_t)generated);
    lwi_put_key_integer(json, "total_tokens", (int64_t)(prompt + generated));
    lwi_put_key(json, "prompt_tokens_details");
    lwi_put_open(json, '{');
    lwi_put_key_integer(json, "cached_tokens", (int64_t)reused);
    lwi_put_close(json, '}');
    lwi_put_close(json, '}');
}

static void send_chunk(const lwi_completion *c, lwi_json_writer *json) {
    lwi_put_close(json, '}');
    if (json->status == LW_OK) lwi_stream_event(c->exchange, json->text.data, json->text.size);
    lwi_json_writer_free(json);
}

/* ------------------------------------------------------------ the forced call */

/* The text is {"name": ..., "arguments": ...}: one call. False if the text was cut off. */
static bool put_forced_call(lwi_json_writer *json, const lwi_choice *choice) {
    char id[80];
    const lwi_json_item *call = NULL;
    lwi_arena arena;
    lwi_buffer arguments = lwi_buffer_new(&lwi_malloc_allocator);
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    const bool whole = lwi_json_parse(&arena, choice->text.data ? choice->text.data : "",
                                      choice->text.size, NULL, &call) == LW_OK &&
                       lwi_json_get(call, "name") && lwi_json_get(call, "arguments") &&
                       lwi_buffer_json(&arguments, lwi_json_get(call, "arguments")) == LW_OK;
    if (whole) {
        snprintf(id, sizeof id, "call_%s_%zu", choice->all->id, choice->index);
        lwi_put_key(json, "tool_calls");
        lwi_put_open(json, '[');
        lwi_put_open(json, '{');
        lwi_put_key_integer(json, "index", 0);
        lwi_put_key_text(json, "id", id);
        lwi_put_key_text(json, "type", "function");
        lwi_put_key(json, "function");
        lwi_put_open(json, '{');
        lwi_put_key_text(json, "name", lwi_json_text(call, "name", ""));
        lwi_put_key(json, "arguments");
        lwi_put_string(json, arguments.data, arguments.size);
        lwi_put_close(json, '}');
        lwi_put_close(json, '}');
        lwi_put_close(json, ']');
    }
    lwi_buffer_free(&arguments);
    lwi_arena_free(&arena);
    return whole;
}

/* ---------------------------------------------------------------- what was said */

static bool has_calls(const lwi_choice *choice) {
    lw_text message = {NULL, 0};
    if (choice->all->forced) return true;
    if (!choice->parser || lw_chat_parser_message(choice->parser, &message) != LW_OK) return false;
    const bool calls = strstr(message.data, "\"tool_calls\":") != NULL;
    lw_text_free(&message);
    return calls;
}

const char *lwi_choice_finish(const lwi_choice *choice) {
    if (choice->stopped && choice->all->chat && choice->all->tools && has_calls(choice))
        return "tool_calls";
    return choice->stopped ? "stop" : "length";
}

/* The delta of a chat, or the new text. False: there is nothing to say. */
static bool put_news(lwi_json_writer *json, lwi_choice *choice, bool last) {
    lwi_completion *c = choice->all;
    if (!c->chat) {
        const size_t n = choice->text.size - choice->sent;
        lwi_put_key(json, "text");
        lwi_put_string(json, n ? choice->text.data + choice->sent : "", n);
        choice->sent = choice->text.size;
        return n > 0;
    }
    lwi_put_key(json, "delta");
    if (c->forced) {
        lwi_put_open(json, '{');
        if (last) put_forced_call(json, choice);
        lwi_put_close(json, '}');
        return false;
    }
    lw_text delta = {NULL, 0};
    json->status = json->status ? json->status : lw_chat_parser_delta(choice->parser, &delta);
    const bool news = delta.size > 2; /* not {} */
    if (delta.data) lwi_put_json(json, delta.data, delta.size);
    lw_text_free(&delta);
    return news;
}

/* --------------------------------------------------------------------- chunks */

void lwi_completion_send_role(lwi_completion *c) {
    for (size_t i = 0; c->chat && i < c->n_choices; i++) {
        lwi_json_writer json = begin(c);
        lwi_put_open(&json, '{');
        lwi_put_key_integer(&json, "index", (int64_t)i);
        lwi_put_key(&json, "delta");
        static const char role[] = "{\"role\":\"assistant\",\"content\":\"\"}";
        lwi_put_json(&json, role, sizeof role - 1);
        lwi_put_key_text(&json, "logprobs", NULL);
        lwi_put_key_text(&json, "finish_reason", NULL);
        lwi_put_close(&json, '}');
        lwi_put_close(&json, ']');
        send_chunk(c, &json);
    }
}

static void send_error(const lwi_choice *choice) {
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    lwi_put_error(&json, lwi_status_code(choice->status), NULL, choice->error);
    if (json.status == LW_OK)
        lwi_stream_event(choice->all->exchange, json.text.data, json.text.size);
    lwi_json_writer_free(&json);
}

/* Without news a chunk is sent only with the reason to finish. */
void lwi_choice_send(lwi_choice *choice, const char *finish) {
    if (choice->status != LW_OK) {
        if (finish) send_error(choice);
        return;
    }
    lwi_json_writer json = begin(choice->all);
    lwi_put_open(&json, '{');
    lwi_put_key_integer(&json, "index", (int64_t)choice->index);
    const bool news = put_news(&json, choice, finish != NULL);
    if (!news && !finish) {
        lwi_json_writer_free(&json);
        return;
    }
    lwi_put_key(&json, "logprobs");
    lwi_put_logprobs(&json, choice);
    lwi_put_key_text(&json, "finish_reason", finish);
    lwi_put_close(&json, '}');
    lwi_put_close(&json, ']');
    send_chunk(choice->all, &json);
}

void lwi_completion_send_end(lwi_completion *c) {
    if (c->usage) {
        lwi_json_writer json = begin(c);
        lwi_put_close(&json, ']');
        put_usage(&json, c);
        send_chunk(c, &json);
    }
    lwi_stream_event(c->exchange, "[DONE]", 6);
    lwi_stream_close(c->exchange);
}

/* ----------------------------------------------------------- the whole answer */

static void put_message(lwi_json_writer *json, const lwi_choice *choice) {
    lw_text message = {NULL, 0};
    lwi_put_key(json, "message");
    if (choice->all->forced) {
        lwi_put_open(json, '{');
        lwi_put_key_text(json, "role", "assistant");
        lwi_put_key_text(json, "content", NULL);
        put_forced_call(json, choice);
        lwi_put_close(json, '}');
        return;
    }
    if (json->status == LW_OK) json->status = lw_chat_parser_message(choice->parser, &message);
    if (message.data) lwi_put_json(json, message.data, message.size);
    lw_text_free(&message);
}

static void put_choice(lwi_json_writer *json, lwi_choice *choice) {
    lwi_put_open(json, '{');
    lwi_put_key_integer(json, "index", (int64_t)choice->index);
    if (choice->all->chat) put_message(json, choice);
    else put_news(json, choice, true);
    lwi_put_key(json, "logprobs");
    lwi_put_logprobs(json, choice);
    lwi_put_key_text(json, "finish_reason", lwi_choice_finish(choice));
    lwi_put_close(json, '}');
}

void lwi_completion_answer(lwi_completion *c) {
    for (size_t i = 0; i < c->n_choices; i++) {
        const lwi_choice *choice = &c->choices[i];
        if (choice->status == LW_OK) continue;
        lwi_refuse(c->exchange, lwi_status_code(choice->status), NULL, "%s", choice->error);
        return;
    }
    lwi_json_writer json = begin(c);
    for (size_t i = 0; i < c->n_choices; i++)
        put_choice(&json, &c->choices[i]);
    lwi_put_close(&json, ']');
    put_usage(&json, c);
    lwi_put_close(&json, '}');
    lwi_answer_json(c->exchange, 200, &json);
}
