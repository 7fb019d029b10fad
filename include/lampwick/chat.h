/* SPDX-License-Identifier: MIT
 *
 * lampwick chat: messages become the text that a language model was trained on, by the template
 * that comes with the model. Part of the optional library liblampwick-llm. The rules of lampwick.h
 * hold: lw_status, lw_last_error(), outputs untouched by a failed call. Templates and messages are
 * hostile until checked: a template cannot reach anything but the values it is given, and its
 * steps, memory and output are limited.
 *
 *   lw_chat_template *chat = NULL;
 *   lw_text prompt = {NULL, 0};
 *   lw_chat_input input = {.size = sizeof input};
 *   input.messages = "[{\"role\": \"user\", \"content\": \"Hello!\"}]";
 *   input.add_generation_prompt = true;
 *   if (!lw_chat_template_new(text, text_size, &chat) && !lw_chat_render(chat, &input, &prompt))
 * ... lw_text_free(&prompt), lw_chat_template_free(chat);
 */
#ifndef LAMPWICK_CHAT_H
#define LAMPWICK_CHAT_H

#include <lampwick.h>

#ifdef __cplusplus
extern "C" {
#endif

/* UTF-8 that belongs to the caller: zero-ended, but may hold zeros. */
typedef struct lw_text {
    char *data;
    size_t size; /* without the zero at the end */
} lw_text;
/* Frees the bytes and clears the struct. NULL is accepted. */
LW_API void lw_text_free(lw_text *text);

/* ---------------------------------------------------------------- templates */

/* A parsed template: immutable, any number of threads may share it. */
typedef struct lw_chat_template lw_chat_template;
/* text: Jinja2 as transformers understands it (chat_template of tokenizer_config.json,
 * tokenizer.chat_template of a GGUF file); docs/chat.md says what is different. It is copied.
 * Errors name the line: LW_CORRUPT, LW_UNSUPPORTED (other files), LW_LIMIT, LW_NO_MEMORY. */
LW_API LW_MUST_CHECK lw_status lw_chat_template_new(const char *text, size_t size,
                                                    lw_chat_template **chat);
LW_API void lw_chat_template_free(lw_chat_template *chat);

typedef struct lw_chat_input {
    size_t size;
    const char *messages; /* a JSON array of objects: role, content (a string or parts), tool_calls,
                             reasoning_content, ... as the template wants them */
    const char *tools;    /* a JSON array of tools as in OpenAI's interface; NULL: none */
    const char *variables; /* a JSON object: further variables of the template; NULL: none */
    const char *bos_token, *eos_token; /* NULL: the template sees none */
    bool add_generation_prompt;
    int64_t now;        /* seconds since 1970 for strftime_now; 0: the clock */
    uint64_t max_steps; /* 0: 10 million, under a second */
    size_t max_output;  /* bytes; 0: 64 MiB */
    size_t max_memory;  /* bytes, all values included; 0: 256 MiB */
} lw_chat_input;
/* The prompt. A template that refuses its input (raise_exception) or does what Jinja2 forbids gives
 * LW_INVALID; a limit gives LW_LIMIT; messages that are not JSON give LW_CORRUPT. */
LW_API LW_MUST_CHECK lw_status lw_chat_render(const lw_chat_template *chat,
                                              const lw_chat_input *input, lw_text *prompt);

/* ------------------------------------------------------------------ replies */

/* What a model writes, told apart while it comes: content, reasoning, and calls of tools in the
 * format that the model's template asks for. */
typedef struct lw_chat_parser lw_chat_parser;
typedef struct lw_chat_parser_options {
    size_t size;
    const char *tools;  /* as in lw_chat_input; NULL: none, then bare JSON is content */
    const char *prompt; /* the rendered prompt: the reply may begin within reasoning */
    const char *format; /* one of lw_chat_format's; NULL: the template's */
    const char *name;   /* of the reply, by which calls get ids of their own; NULL: the prompt */
} lw_chat_parser_options;
/* The formats that are known; NULL past the last. */
LW_API const char *lw_chat_format(size_t index);
/* The one that a template asks for; "plain": content and <think> only. */
LW_API const char *lw_chat_template_format(const lw_chat_template *chat);
/* options may be NULL. The parser belongs to one thread at a time. */
LW_API LW_MUST_CHECK lw_status lw_chat_parser_new(const lw_chat_template *chat,
                                                  const lw_chat_parser_options *options,
                                                  lw_chat_parser **parser);
LW_API void lw_chat_parser_free(lw_chat_parser *parser);
/* The next bytes of the reply, cut anywhere; special tokens as text. */
LW_API LW_MUST_CHECK lw_status lw_chat_parser_feed(lw_chat_parser *parser, const char *text,
                                                   size_t size);
/* The reply is complete. */
LW_API LW_MUST_CHECK lw_status lw_chat_parser_end(lw_chat_parser *parser);
/* What has become certain since the last call, as OpenAI's delta: {"reasoning_content": "...",
 * "content": "...", "tool_calls": [{"index": 0, ...}]}, each only if there is any. A call comes at
 * once when it is complete. */
LW_API LW_MUST_CHECK lw_status lw_chat_parser_delta(lw_chat_parser *parser, lw_text *json);
/* All so far, as OpenAI's message: {"role": "assistant", "content": "..." or null,
 * "reasoning_content": "...", "tool_calls": [...]}, the last two only if there is any. */
LW_API LW_MUST_CHECK lw_status lw_chat_parser_message(const lw_chat_parser *parser, lw_text *json);

#ifdef __cplusplus
}
#endif
#endif
