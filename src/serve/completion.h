/* SPDX-License-Identifier: MIT
 * Generated answers: of /v1/completions and /v1/chat/completions. A completion has one choice or
 * several, each a job of the scheduler. */
#ifndef LWI_COMPLETION_H
#define LWI_COMPLETION_H

#include "base/json_read.h"
#include "serve/exchange.h"
#include "serve/served.h"

/* Log-probabilities that have not been sent, each an array without its brackets. Chats need only
 * the first. */
typedef struct lwi_logprobs {
    lwi_json_writer tokens, numbers, tops, offsets;
    size_t offset; /* bytes of all tokens' texts so far */
} lwi_logprobs;

typedef struct lwi_choice {
    lwi_job job;
    struct lwi_completion *all;
    size_t index;
    lw_detokenizer *detokenizer;
    lw_stop_texts *stops;
    lw_chat_parser *parser; /* of chats */
    lwi_buffer text;        /* all of it so far */
    size_t sent;            /* bytes of the text that chunks have had */
    lwi_logprobs logprobs;
    bool stopped; /* by a stop text, or the end of the model's text */
    lw_status status;
    char error[512];
} lwi_choice;

typedef struct lwi_completion {
    lwi_exchange *exchange;
    lwi_served *model;
    lwi_arena arena;
    bool chat;   /* otherwise plain text */
    bool forced; /* the text is the JSON of a tool call */
    bool stream, usage, echo;
    bool ignore_end;
    bool logprobs;
    size_t n_top;
    lw_sampling sampling;
    lw_grammar *grammar; /* NULL: none */
    const char **stops;
    size_t n_stops;
    size_t most_tokens; /* SIZE_MAX: what fits */
    size_t n;           /* choices of each prompt */
    lw_text prompt;     /* of a chat */
    const char *tools;  /* JSON; NULL: none */
    char id[48];
    int64_t created;
    lwi_choice *choices;
    size_t n_choices, left; /* choices that run; touched by the scheduler's thread only */
} lwi_completion;

/* The language model that the request names; NULL: the exchange has been refused. */
lwi_served *lwi_language_model(lwi_exchange *exchange, const lwi_json_item *root);
/* A completion for the exchange's body, which is parsed into *root: the model is found, what both
 * kinds have in common is read. NULL: the exchange has been refused. */
lwi_completion *lwi_completion_new(lwi_exchange *exchange, bool chat, const lwi_json_item **root);
void lwi_completion_free(lwi_completion *completion);
/* Room for the choices of n_prompts prompts. */
lw_status lwi_completion_prompts(lwi_completion *completion, size_t n_prompts);
/* The tokens, which the completion's arena holds, are one prompt's. Errors name
 * "context_length_exceeded" by LW_LIMIT. */
lw_status lwi_completion_prompt(lwi_completion *completion, size_t prompt, const int32_t *tokens,
                                size_t n);
/* Hands it to the scheduler, which frees it in the end; at once if that fails. */
void lwi_completion_start(lwi_completion *completion);
/* Refuses the exchange for the status, and frees the completion. */
void lwi_completion_refuse(lwi_completion *completion, lw_status status);

/* Sampling, limits, stop texts, grammar: the members that both kinds have (generation_members.c).
 */
lw_status lwi_completion_read(lwi_completion *completion, const lwi_json_item *root);

/* Called by the scheduler (completion_tokens.c). */
bool lwi_choice_token(lwi_job *job, lw_session *session, int32_t token);
void lwi_choice_ended(lwi_job *job, lw_status status);
/* Log-probabilities (completion_logprobs.c): one more entry; the object for the entries so far,
 * which are gone then, null if none are wanted. */
void lwi_logprobs_init(lwi_logprobs *logprobs);
void lwi_logprobs_free(lwi_logprobs *logprobs);
lw_status lwi_choice_note_logprobs(lwi_choice *choice, lw_session *session, int32_t token);
void lwi_put_logprobs(lwi_json_writer *json, lwi_choice *choice);

/* JSON (completion_json.c): the first chunk, one for what has become certain, the last ones, and
 * the whole answer. */
void lwi_completion_send_role(lwi_completion *completion);
void lwi_choice_send(lwi_choice *choice, const char *finish);
void lwi_completion_send_end(lwi_completion *completion);
void lwi_completion_answer(lwi_completion *completion);
/* "stop", "length" or "tool_calls". */
const char *lwi_choice_finish(const lwi_choice *choice);

#endif
