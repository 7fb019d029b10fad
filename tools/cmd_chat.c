/* SPDX-License-Identifier: MIT
 * lampwick chat: a conversation in the terminal. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/byte_buffer.h"
#include "commands.h"
#include "llm_draft.h"
#include "llm_options.h"
#include "system.h"
#include "text.h"

typedef struct chat_options {
    lwi_llm_options llm;
    lwi_sampling_options sampling;
    lwi_draft_options draft;
    int tokens;
    const char *system;
} chat_options;

typedef struct conversation {
    const chat_options *options;
    lw_llm *llm;
    lwi_draft draft;
    lw_session *session;
    lwi_buffer messages; /* JSON objects with commas between them */
} conversation;

static lw_status add_message(conversation *c, const char *role, const char *text, size_t size) {
    lwi_buffer *b = &c->messages;
    lw_status status = b->size ? lwi_buffer_text(b, ",") : LW_OK;
    if (status == LW_OK) status = lwi_buffer_text(b, "{\"role\":\"");
    if (status == LW_OK) status = lwi_buffer_text(b, role);
    if (status == LW_OK) status = lwi_buffer_text(b, "\",\"content\":");
    if (status == LW_OK) status = lwi_buffer_json_string(b, text, size);
    return status == LW_OK ? lwi_buffer_text(b, "}") : status;
}

static lw_status render(const conversation *c, lw_text *prompt) {
    lwi_buffer all = lwi_buffer_new(&lwi_malloc_allocator);
    lw_status status = lwi_buffer_text(&all, "[");
    if (status == LW_OK) status = lwi_buffer_put(&all, c->messages.data, c->messages.size);
    if (status == LW_OK) status = lwi_buffer_text(&all, "]");
    const lw_chat_input input = {
        .size = sizeof input, .messages = all.data, .add_generation_prompt = true};
    if (status == LW_OK) status = lw_llm_render_chat(c->llm, &input, prompt);
    lwi_buffer_free(&all);
    return status;
}

/* The session goes back to where the prompt differs from what it has seen, and is fed the rest. */
static lw_status feed(const conversation *c, const lw_text *prompt) {
    const lw_tokenizer *tokenizer = lw_llm_tokenizer(c->llm);
    size_t n = 0, seen = 0, same = 0;
    lw_status status = lw_tokenizer_encode(tokenizer, prompt->data, prompt->size,
                                           LW_ENCODE_PARSE_SPECIAL, NULL, 0, &n);
    int32_t *tokens = lwi_resize(NULL, n + 1, sizeof *tokens);
    if (status == LW_OK)
        status = lw_tokenizer_encode(tokenizer, prompt->data, prompt->size, LW_ENCODE_PARSE_SPECIAL,
                                     tokens, n, &n);
    const int32_t *before = lw_session_tokens(c->session, &seen);
    while (status == LW_OK && same < seen && same < n && before[same] == tokens[same])
        same++;
    if (status == LW_OK) status = lw_session_rewind(c->session, same);
    if (status == LW_OK) status = lw_session_feed(c->session, tokens + same, n - same);
    free(tokens);
    return status;
}

static lw_status reply(conversation *c) {
    lwi_buffer said = lwi_buffer_new(&lwi_malloc_allocator);
    lw_llm_text piece = {.size = sizeof piece};
    lw_status status = LW_OK;
    (void)lwi_was_interrupted();
    for (int i = 0; i < c->options->tokens && !lwi_was_interrupted() && !piece.finished; i++) {
        status = lw_session_next_text(c->session, &piece);
        if (status == LW_OK) status = lwi_buffer_put(&said, piece.data, piece.length);
        if (status != LW_OK) break;
        fwrite(piece.data, 1, piece.length, stdout);
        fflush(stdout);
    }
    printf("\n");
    if (status == LW_OK)
        status = add_message(c, "assistant", said.data ? said.data : "", said.size);
    lwi_buffer_free(&said);
    return status;
}

static lw_status answer(conversation *c, const char *line, size_t size) {
    lw_text prompt = {NULL, 0};
    lw_status status = add_message(c, "user", line, size);
    if (status == LW_OK) status = render(c, &prompt);
    if (status == LW_OK) status = feed(c, &prompt);
    lw_text_free(&prompt);
    return status == LW_OK ? reply(c) : status;
}

static lw_status converse(conversation *c) {
    const bool people = isatty(STDIN_FILENO);
    char *line = NULL;
    size_t capacity = 0;
    lw_status status = LW_OK;
    while (status == LW_OK) {
        if (people) fputs("> ", stdout), fflush(stdout);
        const ssize_t n = getline(&line, &capacity, stdin);
        if (n < 0 && errno == EINTR) clearerr(stdin);
        if (n < 0) break;
        const size_t size = n > 0 && line[n - 1] == '\n' ? (size_t)n - 1 : (size_t)n;
        if (size) status = answer(c, line, size);
    }
    free(line);
    return status;
}

static lw_status open_all(conversation *c, const char *path) {
    const chat_options *o = c->options;
    lw_context_options context;
    const lw_batch_options batch = lwi_llm_batch_options(&o->llm, &context);
    lw_sampling sampling = lwi_llm_sampling(&o->sampling);
    lw_status status = lwi_llm_open(path, &o->llm, &c->llm);
    if (status == LW_OK) status = lwi_llm_breakers(c->llm, &o->sampling, &sampling);
    if (status == LW_OK) status = lwi_draft_open(&o->draft, &o->llm, &c->draft);
    const lw_session_options session = {.size = sizeof session,
                                        .batch_options = &batch,
                                        .sampling = &sampling,
                                        .speculation = &c->draft.speculation};
    if (status == LW_OK && !lw_llm_tokenizer(c->llm))
        status = lw_fail(LW_NOT_FOUND, "the model has no tokenizer: give --tokenizer FILE");
    if (status == LW_OK) status = lw_session_new(c->llm, &session, &c->session);
    free((void *)sampling.dry_breakers);
    if (status == LW_OK && o->system)
        status = add_message(c, "system", o->system, strlen(o->system));
    return status;
}

static int run(const void *given, char **arguments, int n) {
    conversation c = {.options = given, .messages = lwi_buffer_new(&lwi_malloc_allocator)};
    (void)n;
    lw_status status = open_all(&c, arguments[0]);
    lwi_watch_interrupts();
    if (status == LW_OK) status = converse(&c);
    const int code = status == LW_OK ? LWI_EXIT_OK : lwi_complain("%s", lw_last_error());
    lwi_buffer_free(&c.messages);
    lw_session_free(c.session);
    lwi_draft_close(&c.draft);
    lw_llm_free(c.llm);
    return code;
}

static const chat_options defaults = {
    .tokens = 2048, .draft = {.tokens = 8}, .sampling = LWI_SAMPLING_DEFAULTS};

#define AT(member) offsetof(chat_options, member)
static const lwi_option table[] = {
    {"system", 's', LWI_TEXT, AT(system), "TEXT", NULL, "what the model is told first"},
    {"template", 0, LWI_TEXT, AT(llm.chat_template), "FILE", NULL,
     "another chat template than the model's; chatml: a common one"},
    {"tokens", 'n', LWI_COUNT, AT(tokens), "N", NULL, "of a reply at most (2048)"},
    LWI_DRAFT_OPTIONS(chat_options, draft),
    LWI_SAMPLING_OPTIONS(chat_options, sampling),
    LWI_LLM_OPTIONS(chat_options, llm),
};

const lwi_command lwi_cmd_chat = {
    .name = "chat",
    .arguments = "MODEL",
    .summary = "a conversation with a language model",
    .about = "Reads a line at a time and prints the model's reply. Messages are put into the form "
             "that the model was trained on by its chat template. Ctrl-C ends a reply, Ctrl-D the "
             "conversation.",
    .examples = "lampwick chat model.gguf\n"
                "lampwick chat folder --system \"You answer in rhymes.\" --temperature 0.7",
    LWI_OPTIONS(table),
    .least = 1,
    .most = 1,
    .size = sizeof(chat_options),
    .defaults = &defaults,
    .run = run,
};
