/* SPDX-License-Identifier: MIT
 * The public interface to templates. */
#include "lampwick/chat.h"

#include "base/json_read.h"
#include "chat/chat_template.h"

#include <string.h>
#include <time.h>

enum { MOST_TEMPLATE = 16 << 20, DEPTH = 800 };

void lw_text_free(lw_text *text) {
    if (!text) return;
    lwi_free(&lwi_malloc_allocator, text->data);
    *text = (lw_text){NULL, 0};
}

/* --------------------------------------------------------------------- load */

/* As Jinja reads a source: \r\n and \r are \n, and one at the very end does not count. */
static lw_status take_source(lwi_template *t, const char *text, size_t size) {
    if (size > MOST_TEMPLATE)
        return lwi_fail(LW_LIMIT, "a template of %zu bytes; at most %d are read", size,
                        MOST_TEMPLATE);
    LW_TRY(lwi_arena_alloc(&t->arena, size + 1, 1, &t->source));
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\r' && i + 1 < size && text[i + 1] == '\n') continue;
        t->source[t->size++] = text[i] == '\r' ? '\n' : text[i];
    }
    if (t->size && t->source[t->size - 1] == '\n') t->size--;
    return LW_OK;
}

lw_status lw_chat_template_new(const char *text, size_t size, lw_chat_template **chat) {
    void *block = NULL;
    if (!text || !chat) return lwi_fail(LW_INVALID, "a template and a place for it are needed");
    LW_TRY(lwi_alloc(&lwi_malloc_allocator, sizeof(lw_chat_template), &block));
    lw_chat_template *made = block;
    memset(made, 0, sizeof *made);
    lwi_arena_init(&made->template.arena, &lwi_malloc_allocator);
    lwi_strmap_init(&made->template.names, &lwi_malloc_allocator);
    lwi_letter_case_open(&made->template.letters);
    lw_status status = take_source(&made->template, text, size);
    if (status == LW_OK) status = lwi_parse_template(&made->template);
    made->format = lwi_find_reply_format(text, size);
    if (status == LW_OK) *chat = made;
    else lw_chat_template_free(made);
    return status;
}

void lw_chat_template_free(lw_chat_template *chat) {
    if (!chat) return;
    lwi_letter_case_close(&chat->template.letters);
    lwi_strmap_free(&chat->template.names);
    lwi_arena_free(&chat->template.arena);
    lwi_free(&lwi_malloc_allocator, chat);
}

/* ---------------------------------------------------------------- variables */

static lw_status define(lwi_jinja *run, const char *text, lwi_val value) {
    const char *name = lwi_known_name(run->template, text);
    return name ? lwi_bind(run, run->variables, name, value) : LW_OK;
}

static lw_status define_globals(lwi_jinja *run) {
    for (const lwi_function *f = lwi_jinja_globals; f->name; f++) {
        lwi_bound *bound = NULL;
        LW_TRY(lwi_take(run, 1, sizeof *bound, &bound));
        bound->function = f;
        LW_TRY(define(run, f->name, (lwi_val){.kind = LWI_FUNCTION, .bound = bound}));
    }
    return LW_OK;
}

static lw_status read_json(lwi_jinja *run, const char *what, const char *text, lwi_json_kind kind,
                           const lwi_json_item **item) {
    const size_t size = strlen(text);
    const lwi_json_limits limits = {.bytes = run->limits.memory / 4, .python_numbers = true};
    const lw_status status = lwi_json_parse(&run->arena, text, size, &limits, item);
    if (status != LW_OK) return lwi_fail_prefix(status, "%s", what);
    if (lwi_json_is(*item, kind)) return LW_OK;
    return lwi_fail(LW_INVALID, "%s: not a JSON %s", what,
                    kind == LWI_JSON_ARRAY ? "array" : "object");
}

/* A JSON text as a variable; none if there is no text. */
static lw_status define_json(lwi_jinja *run, const char *name, const char *text) {
    const lwi_json_item *item = NULL;
    lwi_val value = lwi_none();
    if (text) {
        LW_TRY(read_json(run, name, text, LWI_JSON_ARRAY, &item));
        LW_TRY(lwi_from_json(run, item, &value));
    }
    return define(run, name, value);
}

static lw_status define_others(lwi_jinja *run, const char *text) {
    const lwi_json_item *item = NULL;
    if (!text) return LW_OK;
    LW_TRY(read_json(run, "variables", text, LWI_JSON_OBJECT, &item));
    for (size_t i = 0; i < item->size; i++) {
        lwi_val value;
        LW_TRY(lwi_from_json(run, &item->items[i], &value));
        LW_TRY(define(run, item->items[i].key, value));
    }
    return LW_OK;
}

static lw_status define_inputs(lwi_jinja *run, const lw_chat_input *input) {
    LW_TRY(define_json(run, "messages", input->messages));
    LW_TRY(define_json(run, "tools", input->tools));
    LW_TRY(define_json(run, "documents", NULL));
    LW_TRY(define(run, "add_generation_prompt", lwi_bool(input->add_generation_prompt)));
    if (input->bos_token) LW_TRY(define(run, "bos_token", lwi_word(input->bos_token)));
    if (input->eos_token) LW_TRY(define(run, "eos_token", lwi_word(input->eos_token)));
    return define_others(run, input->variables);
}

/* ------------------------------------------------------------------- render */

static lw_status copy_out(const lwi_text *text, lw_text *prompt) {
    void *data = NULL;
    LW_TRY(lwi_alloc(&lwi_malloc_allocator, text->size + 1, &data));
    if (text->size) memcpy(data, text->data, text->size);
    ((char *)data)[text->size] = 0;
    *prompt = (lw_text){data, text->size};
    return LW_OK;
}

static lw_status render(lwi_jinja *run, const lw_chat_input *input, lw_text *prompt) {
    const lwi_node *root = run->template->root;
    lwi_text text = {.run = run, .limit = run->limits.output};
    lwi_scope *scope;
    LW_TRY(lwi_take(run, 1, sizeof *run->variables, &run->variables));
    LW_TRY(define_globals(run));
    LW_TRY(define_inputs(run, input));
    LW_TRY(lwi_new_scope(run, run->variables, root, &scope));
    run->out = &text;
    const lw_status status = lwi_jinja_execute(run, scope, root->body, root->body_count);
    if (status == LW_OK) return copy_out(&text, prompt);
    return run->current ? lwi_fail_prefix(status, "template, line %d", run->current->line) : status;
}

static lwi_jinja_limits limits_of(const lw_chat_input *input) {
    return (lwi_jinja_limits){.steps = input->max_steps ? input->max_steps : 10000000,
                              .output = input->max_output ? input->max_output : (size_t)64 << 20,
                              .memory = input->max_memory ? input->max_memory : (size_t)256 << 20,
                              .depth = DEPTH};
}

lw_status lw_chat_render(const lw_chat_template *chat, const lw_chat_input *given,
                         lw_text *prompt) {
    lw_chat_input input = {0};
    if (!chat || !given || !prompt || given->size < sizeof given->size)
        return lwi_fail(LW_INVALID, "a template, its input and a place for the prompt are needed");
    memcpy(&input, given, given->size < sizeof input ? given->size : sizeof input);
    if (!input.messages) return lwi_fail(LW_INVALID, "messages are needed");
    lwi_jinja run = {.limits = limits_of(&input),
                     .now = input.now ? input.now : (int64_t)time(NULL),
                     .template = &chat->template,
                     .letters = &chat->template.letters};
    lwi_arena_init(&run.arena, &lwi_malloc_allocator);
    const lw_status status = render(&run, &input, prompt);
    lwi_arena_free(&run.arena);
    return status;
}
