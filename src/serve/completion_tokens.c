/* SPDX-License-Identifier: MIT
 * Tokens as they are chosen: text, stop texts, the parts of a reply. In the scheduler's thread. */
#include <stdio.h>

#include "serve/completion.h"
#include "serve/server.h"

static lw_status add(lwi_choice *choice, const char *text, size_t size) {
    LW_TRY(lwi_buffer_put(&choice->text, text, size));
    return choice->parser ? lw_chat_parser_feed(choice->parser, text, size) : LW_OK;
}

/* Text behind which no stop text has been found yet. */
static lw_status pass(lwi_choice *choice, const char *text, size_t size) {
    const char *certain = NULL;
    size_t n = 0;
    LW_TRY(lw_stop_texts_feed(choice->stops, text, size, &certain, &n, &choice->stopped));
    return add(choice, certain, n);
}

static lw_status take(lwi_choice *choice, lw_session *session, int32_t token) {
    const lwi_completion *c = choice->all;
    const char *text = NULL;
    size_t size = 0;
    LW_TRY(lwi_choice_note_logprobs(choice, session, token));
    const lw_tokenizer *tokenizer = lw_llm_tokenizer(c->model->llm);
    if (!c->ignore_end && (lw_tokenizer_attributes(tokenizer, token) & LW_TOKEN_END)) {
        choice->stopped = true;
        return LW_OK;
    }
    LW_TRY(lw_detokenizer_feed(choice->detokenizer, token, &text, &size));
    return pass(choice, text, size);
}

static void note_failure(lwi_choice *choice, lw_status status) {
    if (status == LW_OK || choice->status != LW_OK) return;
    choice->status = status;
    snprintf(choice->error, sizeof choice->error, "%s",
             status == LW_CANCELLED ? "the generation was cancelled" : lw_last_error());
}

bool lwi_choice_token(lwi_job *job, lw_session *session, int32_t token) {
    lwi_choice *choice = job->user;
    const lwi_completion *c = choice->all;
    note_failure(choice, take(choice, session, token));
    if (choice->status != LW_OK) return false;
    if (c->stream && !choice->stopped) lwi_choice_send(choice, NULL);
    const double most = c->exchange->server->options.most_seconds;
    return !choice->stopped && (most <= 0 || lwi_serve_clock() - job->queued < most);
}

/* What was held back, unless the text has ended before it. */
static lw_status flush(lwi_choice *choice) {
    const char *text = NULL;
    size_t size = 0;
    LW_TRY(lw_detokenizer_finish(choice->detokenizer, &text, &size));
    const bool ended = choice->stopped;
    LW_TRY(pass(choice, text, size));
    choice->stopped |= ended;
    lw_stop_texts_finish(choice->stops, &text, &size);
    LW_TRY(add(choice, text, size));
    return choice->parser ? lw_chat_parser_end(choice->parser) : LW_OK;
}

static void finish(lwi_completion *c) {
    lwi_exchange_unguard(c->exchange);
    if (c->stream) lwi_completion_send_end(c);
    else lwi_completion_answer(c);
    lwi_completion_free(c);
}

void lwi_choice_ended(lwi_job *job, lw_status status) {
    lwi_choice *choice = job->user;
    lwi_completion *c = choice->all;
    note_failure(choice, status);
    if (choice->status == LW_OK) note_failure(choice, flush(choice));
    lwi_count_job(&c->exchange->server->counters, job);
    if (c->stream) lwi_choice_send(choice, lwi_choice_finish(choice));
    if (--c->left == 0) finish(c);
}
