/* SPDX-License-Identifier: MIT
 * The chat template that comes with a model: in its GGUF file, or beside its weights in
 * chat_template.jinja or tokenizer_config.json. */
#include "base/file.h"
#include "base/json_read.h"
#include "files/gguf_file.h"
#include "llm/llm_session.h"

#include <stdio.h>
#include <string.h>

enum { PATH = 4096 };

static lw_status from_gguf(lw_llm *llm, const lwi_file *file) {
    lwi_arena arena;
    lwi_gguf gguf;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    lw_status status = lwi_gguf_read(&arena, file->data, file->size, &gguf);
    if (status == LW_OK) {
        const lw_string text = lwi_gguf_string(&gguf, "tokenizer.chat_template");
        if (text.data) status = lw_chat_template_new(text.data, text.size, &llm->chat);
        lwi_gguf_free(&gguf);
    }
    lwi_arena_free(&arena);
    return status;
}

/* A text, or a list of named ones of which "default" counts. */
static const lwi_json_item *find_text(const lwi_json_item *config) {
    const lwi_json_item *item = lwi_json_get(config, "chat_template");
    if (!lwi_json_is(item, LWI_JSON_ARRAY)) return item;
    for (size_t i = 0; i < item->size; i++)
        if (!strcmp(lwi_json_text(item->items + i, "name", ""), "default"))
            return lwi_json_get(item->items + i, "template");
    return NULL;
}

static lw_status from_config(lw_llm *llm, const lwi_file *file) {
    lwi_arena arena;
    const lwi_json_item *root = NULL;
    const lwi_json_limits limits = {.python_numbers = true};
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    lw_status status = lwi_json_parse(&arena, (const char *)file->data, file->size, &limits, &root);
    const lwi_json_item *text = status == LW_OK ? find_text(root) : NULL;
    if (lwi_json_is(text, LWI_JSON_STRING))
        status = lw_chat_template_new(text->text, text->size, &llm->chat);
    lwi_arena_free(&arena);
    return status;
}

static lw_status from_text(lw_llm *llm, const lwi_file *file) {
    return lw_chat_template_new((const char *)file->data, file->size, &llm->chat);
}

/* A file that is not there is no failure. */
static lw_status try_file(lw_llm *llm, const char *path,
                          lw_status (*read)(lw_llm *llm, const lwi_file *file)) {
    lwi_file file = {0};
    if (llm->chat || lwi_file_map(path, &file) != LW_OK) return LW_OK;
    const lw_status status = read(llm, &file);
    lwi_file_unmap(&file);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "%s", path);
}

lw_status lwi_llm_read_template(lw_llm *llm, const char *path) {
    static const struct {
        const char *name;
        lw_status (*read)(lw_llm *llm, const lwi_file *file);
    } files[] = {{"chat_template.jinja", from_text}, {"tokenizer_config.json", from_config}};
    lwi_file file = {0};
    if (lwi_file_map(path, &file) == LW_OK) {
        const lw_status status = lwi_is_gguf(file.data, file.size) ? from_gguf(llm, &file) : LW_OK;
        lwi_file_unmap(&file);
        return status;
    }
    for (size_t i = 0; i < 2; i++) {
        char inner[PATH];
        const int n = snprintf(inner, sizeof inner, "%s/%s", path, files[i].name);
        if (n > 0 && n < PATH) LW_TRY(try_file(llm, inner, files[i].read));
    }
    return LW_OK;
}

/* The first of the files that is there and has one. */
lw_status lwi_llm_template_text(const char *folder, lwi_arena *arena, lw_string *text) {
    static const char *const names[] = {"chat_template.jinja", "tokenizer_config.json"};
    const lwi_json_limits limits = {.python_numbers = true};
    for (size_t i = 0; i < 2 && !text->size; i++) {
        char path[PATH];
        lwi_file file = {0};
        const lwi_json_item *root = NULL;
        const int n = snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (n < 0 || n >= PATH || lwi_file_map(path, &file) != LW_OK) continue;
        const char *data = (const char *)file.data, *copy = NULL;
        lw_status status = i == 0 ? lwi_arena_string(arena, data, file.size, &copy)
                                  : lwi_json_parse(arena, data, file.size, &limits, &root);
        if (status == LW_OK && i == 0) *text = (lw_string){copy, file.size};
        const lwi_json_item *item = i == 1 && status == LW_OK ? find_text(root) : NULL;
        if (lwi_json_is(item, LWI_JSON_STRING)) *text = (lw_string){item->text, item->size};
        lwi_file_unmap(&file);
        LW_TRY(status);
    }
    return LW_OK;
}
