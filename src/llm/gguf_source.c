/* SPDX-License-Identifier: MIT */
#include "llm/gguf_source.h"

#include "files/gguf_parts.h"
#include "llm/gguf_pairs.h"
#include "llm/llm_session.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static lw_status keep(void *state, lwi_file *file) {
    lwi_gguf_source *s = state;
    const lw_status status =
        lwi_arena_grow(&s->arena, &s->files, &s->cap_files, s->n_files + 1, sizeof *s->files);
    if (status == LW_OK) s->files[s->n_files++] = *file;
    else lwi_file_unmap(file);
    return status;
}

static lw_status open_file(lwi_gguf_source *s, const char *path, lwi_file *file) {
    const lwi_file first = *file;
    LW_TRY(keep(s, file));
    LW_TRY(lwi_gguf_read(&s->arena, first.data, first.size, &s->gguf));
    return lwi_gguf_read_parts(&s->gguf, path, keep, s);
}

/* ------------------------------------------------------------------- folders */

static lw_status put_template(lwi_gguf_source *s, lwi_pairs *p, const char *folder) {
    lw_string text = {NULL, 0};
    LW_TRY(lwi_llm_template_text(folder, &s->arena, &text));
    return text.size ? lwi_pairs_text(p, "tokenizer.chat_template", text) : LW_OK;
}

static lw_status put_tokenizer(lwi_gguf_source *s, lwi_pairs *p, const char *folder) {
    const lw_status status = lw_tokenizer_load(folder, &s->tokenizer);
    if (status == LW_NOT_FOUND)
        return lwi_pairs_text(p, "tokenizer.ggml.model", (lw_string){"none", 4});
    LW_TRY(status);
    double n = 0;
    if (!lw_checkpoint_number(s->checkpoint, "vocab_size", &n) || !(n >= 0 && n < 1e9)) n = 0;
    LW_TRY(lwi_pairs_tokenizer(p, s->tokenizer, (size_t)n));
    return put_template(s, p, folder);
}

/* What a speech model must not say and so on, as the folder has it (src/speech/speech_tokens.c). */
static lw_status put_generation(lwi_pairs *p, const char *folder) {
    enum { PATH = 4096 };
    static const char *const names[] = {"generation_config.json", "config.json"};
    for (size_t i = 0; i < 2 && !strcmp(p->prefix, "whisper"); i++) {
        char path[PATH];
        lwi_file file = {0};
        const int n = snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (n < 0 || n >= PATH || lwi_file_map(path, &file) != LW_OK) continue;
        const lw_status status =
            lwi_pairs_text(p, LWI_GENERATION_KEY, (lw_string){(const char *)file.data, file.size});
        lwi_file_unmap(&file);
        return status;
    }
    return LW_OK;
}

static lw_string last_name(const char *path) {
    size_t end = strlen(path), begin;
    while (end > 1 && path[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && path[begin - 1] != '/';)
        begin--;
    return (lw_string){path + begin, end - begin};
}

static lw_status take_pairs(lwi_gguf_source *s, const char *folder) {
    char prefix[64];
    const char *architecture = lw_checkpoint_architecture(s->checkpoint);
    snprintf(prefix, sizeof prefix, "%s", architecture);
    lwi_pairs p = {.arena = &s->arena, .prefix = prefix};
    LW_TRY(lwi_pairs_text(&p, "general.architecture",
                          (lw_string){architecture, strlen(architecture)}));
    LW_TRY(lwi_pairs_text(&p, "general.type", (lw_string){"model", 5}));
    LW_TRY(lwi_pairs_text(&p, "general.name", last_name(folder)));
    LW_TRY(lwi_pairs_hyperparameters(&p, s->checkpoint));
    LW_TRY(put_generation(&p, folder));
    LW_TRY(put_tokenizer(s, &p, folder));
    s->gguf.pairs = p.items;
    s->gguf.n_pairs = p.n;
    for (size_t i = 0; i < p.n; i++)
        LW_TRY(lwi_strmap_set(&s->gguf.pair_index, p.items[i].key, (int)i));
    return LW_OK;
}

static lw_status take_tensors(lwi_gguf_source *s) {
    lw_checkpoint_tensor t = {.size = sizeof t};
    size_t n = 0, capacity = 0;
    for (; lw_checkpoint_get(s->checkpoint, n, &t) == LW_OK; n++) {
        LW_TRY(
            lwi_arena_grow(&s->arena, &s->gguf.tensors, &capacity, n + 1, sizeof *s->gguf.tensors));
        lwi_gguf_tensor *to = s->gguf.tensors + n;
        *to = (lwi_gguf_tensor){
            .name = t.name, .type = t.type, .rank = t.rank, .data = t.data, .bytes = t.bytes};
        memcpy(to->dims, t.dims, sizeof t.dims);
        LW_TRY(lwi_strmap_set(&s->gguf.tensor_index, t.name, (int)n));
    }
    s->gguf.n_tensors = n;
    return LW_OK;
}

static lw_status open_folder(lwi_gguf_source *s, const char *folder) {
    LW_TRY(lw_checkpoint_open(folder, &s->checkpoint));
    s->gguf = (lwi_gguf){.arena = &s->arena, .version = 3};
    lwi_strmap_init(&s->gguf.pair_index, &lwi_malloc_allocator);
    lwi_strmap_init(&s->gguf.tensor_index, &lwi_malloc_allocator);
    LW_TRY(take_pairs(s, folder));
    return take_tensors(s);
}

/* --------------------------------------------------------------------- both */

static bool is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

lw_status lwi_gguf_source_open(const char *path, lwi_gguf_source *s) {
    lwi_file file = {0};
    *s = (lwi_gguf_source){0};
    lwi_arena_init(&s->arena, &lwi_malloc_allocator);
    const lw_status status = lwi_file_map(path, &file);
    if (status != LW_OK) return is_folder(path) ? open_folder(s, path) : status;
    if (lwi_is_gguf(file.data, file.size)) return open_file(s, path, &file);
    lwi_file_unmap(&file);
    return lwi_fail(LW_UNSUPPORTED, "'%s' is no GGUF file and no folder", path);
}

void lwi_gguf_source_close(lwi_gguf_source *s) {
    if (s->gguf.arena) lwi_gguf_free(&s->gguf);
    lw_tokenizer_free(s->tokenizer);
    lw_checkpoint_free(s->checkpoint);
    for (size_t i = 0; i < s->n_files; i++)
        lwi_file_unmap(s->files + i);
    lwi_arena_free(&s->arena);
}
