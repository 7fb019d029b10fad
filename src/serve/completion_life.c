/* SPDX-License-Identifier: MIT
 * Completions: their life. */
#include "serve/completion.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "serve/http_error.h"
#include "serve/members.h"
#include "serve/server.h"

enum { MOST_CHOICES = 128 };

lwi_served *lwi_language_model(lwi_exchange *x, const lwi_json_item *root) {
    const char *name = NULL;
    if (lwi_member_text(root, "model", &name) != LW_OK) {
        lwi_refuse_status(x, LW_INVALID);
        return NULL;
    }
    lwi_served *model = lwi_server_find(x->server, name);
    if (model && model->llm) return model;
    lwi_refuse(x, 404, "model_not_found",
               model ? "'%s' is not a language model" : "there is no model '%s'", name ? name : "");
    return NULL;
}

static void name_it(lwi_completion *c) {
    static atomic_ulong last;
    c->created = (int64_t)time(NULL);
    snprintf(c->id, sizeof c->id, "%s-%" PRIx64 "-%lx", c->chat ? "chatcmpl" : "cmpl",
             (uint64_t)c->created, atomic_fetch_add(&last, 1));
}

lwi_completion *lwi_completion_new(lwi_exchange *x, bool chat, const lwi_json_item **root) {
    lwi_completion *c = NULL;
    if (lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *c, &c) != LW_OK) {
        lwi_refuse_status(x, LW_NO_MEMORY);
        return NULL;
    }
    lwi_arena_init(&c->arena, &lwi_malloc_allocator);
    c->chat = chat;
    c->exchange = x;
    lwi_exchange_use(x);
    name_it(c);
    *root = lwi_body_object(x, &c->arena);
    if (*root) c->model = lwi_language_model(x, *root);
    if (!c->model) {
        lwi_completion_free(c);
        return NULL;
    }
    const lw_status status = lwi_completion_read(c, *root);
    if (status == LW_OK) return c;
    lwi_completion_refuse(c, status);
    return NULL;
}

static void free_choice(lwi_choice *choice) {
    lw_detokenizer_free(choice->detokenizer);
    lw_stop_texts_free(choice->stops);
    lw_chat_parser_free(choice->parser);
    lwi_buffer_free(&choice->text);
    lwi_logprobs_free(&choice->logprobs);
}

void lwi_completion_free(lwi_completion *c) {
    for (size_t i = 0; i < c->n_choices; i++)
        free_choice(&c->choices[i]);
    lw_grammar_free(c->grammar);
    lw_text_free(&c->prompt);
    lwi_exchange_leave(c->exchange);
    lwi_arena_free(&c->arena);
    lwi_free(&lwi_malloc_allocator, c);
}

void lwi_completion_refuse(lwi_completion *c, lw_status status) {
    if (status == LW_LIMIT)
        lwi_refuse(c->exchange, 400, "context_length_exceeded", "%s", lw_last_error());
    else lwi_refuse_status(c->exchange, status);
    lwi_completion_free(c);
}

/* -------------------------------------------------------------------- prompts */

static lw_status init_choice(lwi_completion *c, size_t index) {
    lwi_choice *choice = &c->choices[index];
    choice->all = c;
    choice->index = index;
    choice->text = lwi_buffer_new(&lwi_malloc_allocator);
    lwi_logprobs_init(&choice->logprobs);
    c->n_choices++;
    const unsigned skip = c->chat ? 0 : LW_DECODE_SKIP_SPECIAL;
    LW_TRY(lw_detokenizer_new(lw_llm_tokenizer(c->model->llm), skip | LW_DECODE_CONTINUE,
                              &choice->detokenizer));
    LW_TRY(lw_stop_texts_new(c->stops, c->n_stops, &choice->stops));
    char name[sizeof c->id + 24];
    snprintf(name, sizeof name, "%s %zu", c->id, index);
    const lw_chat_parser_options options = {
        .size = sizeof options, .tools = c->tools, .prompt = c->prompt.data, .name = name};
    return c->chat
               ? lw_chat_parser_new(lw_llm_chat_template(c->model->llm), &options, &choice->parser)
               : LW_OK;
}

lw_status lwi_completion_prompts(lwi_completion *c, size_t n_prompts) {
    if (n_prompts == 0) return lwi_fail(LW_INVALID, "there is no prompt");
    if (n_prompts > MOST_CHOICES / c->n)
        return lwi_fail(LW_INVALID, "%zu prompts with %zu choices each are more than %d", n_prompts,
                        c->n, MOST_CHOICES);
    const size_t n = n_prompts * c->n;
    LW_TRY(lwi_arena_alloc(&c->arena, n, sizeof *c->choices, &c->choices));
    for (size_t i = 0; i < n; i++)
        LW_TRY(init_choice(c, i));
    c->left = n;
    return LW_OK;
}

/* Of the choices of one prompt each has a seed of its own. */
static void give_job(lwi_completion *c, size_t prompt, const int32_t *tokens, size_t n,
                     size_t most) {
    for (size_t i = 0; i < c->n; i++) {
        lwi_choice *choice = &c->choices[prompt * c->n + i];
        choice->job = (lwi_job){.tokens = tokens,
                                .n_tokens = n,
                                .most_tokens = most,
                                .sampling = c->sampling,
                                .grammar = c->grammar,
                                .token = lwi_choice_token,
                                .ended = lwi_choice_ended,
                                .user = choice};
        choice->job.sampling.seed += i;
    }
}

lw_status lwi_completion_prompt(lwi_completion *c, size_t prompt, const int32_t *tokens, size_t n) {
    const size_t context = c->model->context;
    if (n == 0) return lwi_fail(LW_INVALID, "the prompt has no tokens");
    if (n >= context)
        return lwi_fail(LW_LIMIT, "the prompt has %zu tokens, the context of this model %zu", n,
                        context);
    const size_t room = context - n;
    if (c->most_tokens != SIZE_MAX && c->most_tokens > room)
        return lwi_fail(LW_LIMIT,
                        "the prompt has %zu tokens and %zu more are wanted: the context of this "
                        "model is %zu",
                        n, c->most_tokens, context);
    give_job(c, prompt, tokens, n, c->most_tokens == SIZE_MAX ? room : c->most_tokens);
    return LW_OK;
}

/* ----------------------------------------------------------------------- run */

static void abandon(void *work) {
    lwi_completion *c = work;
    for (size_t i = 0; i < c->n_choices; i++)
        lwi_scheduler_cancel(c->model->scheduler, &c->choices[i].job);
}

/* The completion may be gone as soon as the scheduler has it. */
void lwi_completion_start(lwi_completion *c) {
    lwi_exchange *x = c->exchange;
    lwi_job **jobs = NULL;
    lw_status status = lwi_arena_alloc(&c->arena, c->n_choices, sizeof *jobs, &jobs);
    for (size_t i = 0; status == LW_OK && i < c->n_choices; i++)
        jobs[i] = &c->choices[i].job;
    const bool stream = c->stream;
    if (stream) lwi_completion_send_role(c);
    lwi_exchange_use(x);
    if (status == LW_OK) lwi_exchange_guard(x, abandon, c);
    if (status == LW_OK) status = lwi_scheduler_add(c->model->scheduler, jobs, c->n_choices);
    if (status == LW_OK) {
        if (stream) lwi_stream_open(x);
    } else {
        lwi_exchange_unguard(x);
        if (status == LW_LIMIT) lwi_refuse(x, 503, "overloaded", "%s", lw_last_error());
        else lwi_refuse_status(x, status);
        lwi_completion_free(c);
    }
    lwi_exchange_leave(x);
}
