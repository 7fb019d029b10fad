/* SPDX-License-Identifier: MIT
 * A GGUF file as a Hugging Face folder: weights and configuration are the core's work, tokenizer
 * and chat template are added here. */
#include "base/file_writer.h"
#include "llm/gguf_source.h"
#include "llm/gguf_pairs.h"

#include <lampwick/llm_weights.h>

#include <stdio.h>
#include <string.h>

enum { PATH = 4096 };

static lw_status write_text(const char *folder, const char *name, const char *data, size_t size) {
    char path[PATH];
    lwi_file_writer writer;
    const int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (n < 0 || n >= PATH) return lwi_fail(LW_IO, "the path '%.60s...' is too long", folder);
    LW_TRY(lwi_file_writer_open(path, &writer));
    return lwi_file_writer_close(&writer, lwi_file_writer_add(&writer, data, size));
}

static lw_status make_tokenizer(const char *from, const lwi_gguf *gguf, lwi_buffer *json) {
    lw_tokenizer *tokenizer = NULL;
    const lw_status found = lw_tokenizer_load(from, &tokenizer);
    if (found != LW_OK) return found == LW_NOT_FOUND ? LW_OK : found;
    const lw_string name = lwi_gguf_string(gguf, "tokenizer.ggml.pre");
    const lw_status status =
        lwi_tokenizer_json(tokenizer, name.size ? name : (lw_string){"default", 7}, json);
    lw_tokenizer_free(tokenizer);
    return status;
}

static bool has(lw_string text, const char *part) {
    const size_t n = strlen(part);
    for (size_t i = 0; i + n <= text.size; i++)
        if (!memcmp(text.data + i, part, n)) return true;
    return false;
}

/* Not where it was a whole config.json, of which folders without generation_config.json have made
 * it. */
static lw_status write_generation(const lwi_gguf *gguf, const char *folder) {
    const lw_string text = lwi_gguf_string(gguf, LWI_GENERATION_KEY);
    if (!text.size || has(text, "\"model_type\"")) return LW_OK;
    return write_text(folder, "generation_config.json", text.data, text.size);
}

static lw_status convert(const lwi_gguf *gguf, const char *from, const char *folder,
                         lwi_buffer *json) {
    const lw_string template = lwi_gguf_string(gguf, "tokenizer.chat_template");
    LW_TRY(make_tokenizer(from, gguf, json));
    LW_TRY(lw_weights_to_folder(from, folder));
    if (json->size) LW_TRY(write_text(folder, "tokenizer.json", json->data, json->size));
    LW_TRY(write_generation(gguf, folder));
    if (!template.size) return LW_OK;
    return write_text(folder, "chat_template.jinja", template.data, template.size);
}

lw_status lw_llm_to_folder(const char *from, const char *folder) {
    lwi_gguf_source source;
    lwi_buffer json = lwi_buffer_new(&lwi_malloc_allocator);
    if (!from || !folder) return lwi_fail(LW_INVALID, "lw_llm_to_folder: an argument is NULL");
    lw_status status = lwi_gguf_source_open(from, &source);
    if (status == LW_OK) status = convert(&source.gguf, from, folder, &json);
    lwi_gguf_source_close(&source);
    lwi_buffer_free(&json);
    return status;
}
