/* SPDX-License-Identifier: MIT
 * Which kind of file a tokenizer is in: by its first bytes and lines, and by names where those do
 * not tell. */
#include "text/gguf_tokenizer.h"

#include "base/text_end.h"
#include "text/hft_tokenizer.h"
#include "text/text_lines.h"
#include "text/tokenizer_files.h"

#include <stdio.h>
#include <sys/stat.h>

enum { MOST_PATH = 4096 };

static lw_string text_of(const lwi_file *file) {
    return (lw_string){(const char *)file->data, file->size};
}

static bool starts(lw_string text, const char *with) {
    return text.size >= strlen(with) && !memcmp(text.data, with, strlen(with));
}

/* The path of another file in the same folder. */
static lw_status beside(const char *path, const char *name, char *other) {
    const char *slash = strrchr(path, '/');
    const int n =
        snprintf(other, MOST_PATH, "%.*s%s", slash ? (int)(slash + 1 - path) : 0, path, name);
    if (n < 0 || n >= MOST_PATH) return lwi_fail(LW_IO, "the path '%.60s...' is too long", path);
    return LW_OK;
}

static bool exists(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Maps the first of the files that is there beside the path; none: *file stays empty. */
static lw_status map_beside(const char *path, const char *const *names, size_t n, lwi_file *file) {
    char other[MOST_PATH];
    for (size_t i = 0; i < n; i++) {
        LW_TRY(beside(path, names[i], other));
        if (exists(other)) return lwi_file_map(other, file);
    }
    return LW_OK;
}

/* ------------------------------------------------------------------- kinds */

static lw_status load_gguf(const lwi_file *file, lw_tokenizer **tokenizer) {
    lwi_arena arena;
    lwi_gguf gguf = {0};
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    lw_status status = lwi_gguf_read(&arena, file->data, file->size, &gguf);
    if (status == LW_OK) {
        status = lwi_gguf_tokenizer(&gguf, tokenizer);
        lwi_gguf_free(&gguf);
    }
    lwi_arena_free(&arena);
    return status;
}

static lw_status load_json(const char *path, const lwi_file *file, lw_tokenizer **tokenizer) {
    static const char *const configs[] = {"tokenizer_config.json"};
    lwi_file config = {0};
    if (*path) LW_TRY(map_beside(path, configs, 1, &config));
    const lw_status status = lwi_hft_tokenizer(text_of(file), text_of(&config), tokenizer);
    lwi_file_unmap(&config);
    return status;
}

static lw_status load_wordpiece(const char *path, const lwi_file *file, lw_tokenizer **tokenizer) {
    static const char *const configs[] = {"tokenizer_config.json"};
    lwi_file config = {0};
    if (*path) LW_TRY(map_beside(path, configs, 1, &config));
    const lw_status status = lwi_wordpiece_tokenizer(text_of(file), text_of(&config), tokenizer);
    lwi_file_unmap(&config);
    return status;
}

/* Marian's numbers of tokens are in a file beside that for the source's language. */
static lw_status load_spm(const char *path, const lwi_file *file, lw_tokenizer **tokenizer) {
    static const char *const names[] = {"vocab.json"};
    lwi_file numbers = {0};
    if (lwi_ends_with(path, "source.spm")) {
        LW_TRY(map_beside(path, names, 1, &numbers));
        if (!numbers.size) return lwi_fail(LW_NOT_FOUND, "'%s' needs vocab.json beside it", path);
    }
    const lw_status status = lwi_spm_tokenizer(text_of(file), text_of(&numbers), tokenizer);
    lwi_file_unmap(&numbers);
    return status;
}

/* One of the two files is given, the other lies beside it. */
static lw_status load_gpt2(const char *path, const lwi_file *file, bool merges,
                           lw_tokenizer **tokenizer) {
    static const char *const vocabularies[] = {"vocab.json", "encoder.json"};
    static const char *const lists[] = {"merges.txt", "vocab.bpe"};
    lwi_file other = {0};
    if (*path) LW_TRY(map_beside(path, merges ? vocabularies : lists, 2, &other));
    if (!other.size)
        return lwi_fail(LW_NOT_FOUND, "'%s' needs %s beside it", path,
                        merges ? "vocab.json or encoder.json" : "merges.txt or vocab.bpe");
    const lw_status status = merges ? lwi_gpt2_tokenizer(text_of(file), text_of(&other), tokenizer)
                                    : lwi_gpt2_tokenizer(text_of(&other), text_of(file), tokenizer);
    lwi_file_unmap(&other);
    return status;
}

/* "IQ== 0" */
static bool is_tiktoken(lw_string text) {
    lw_string line;
    if (!lwi_next_line(&text, &line) || line.size > 4096) return false;
    const char *space = line.size ? memchr(line.data, ' ', line.size) : NULL;
    const size_t n = space ? (size_t)(space - line.data) : 0;
    lw_string rest = {line.data + n + 1, space ? line.size - n - 1 : 0};
    return n && n % 4 == 0 && rest.size && lwi_take_number(&rest) >= 0 && !rest.size;
}

/* "1 '\x00' 1" */
static bool is_rwkv(lw_string text) {
    return lwi_take_number(&text) >= 0 &&
           (starts(text, " '") || starts(text, " \"") || starts(text, " b'"));
}

/* *keep: the tokenizer goes on reading the file. */
static lw_status load(const char *path, const lwi_file *file, lw_tokenizer **tokenizer,
                      bool *keep) {
    const lw_string text = text_of(file);
    *keep = lwi_is_gguf(file->data, file->size) || starts(text, "\n");
    if (lwi_is_gguf(file->data, file->size)) return load_gguf(file, tokenizer);
    if (starts(text, "\n")) return load_spm(path, file, tokenizer); /* its first field's tag */
    if (lwi_ends_with(path, "vocab.json") || lwi_ends_with(path, "encoder.json"))
        return load_gpt2(path, file, false, tokenizer);
    if (lwi_ends_with(path, "merges.txt") || lwi_ends_with(path, "vocab.bpe") ||
        starts(text, "#version"))
        return load_gpt2(path, file, true, tokenizer);
    if (starts(text, "{") || lwi_ends_with(path, ".json")) return load_json(path, file, tokenizer);
    if (is_tiktoken(text)) return lwi_tiktoken_tokenizer(text, path, tokenizer);
    if (is_rwkv(text)) return lwi_rwkv_tokenizer(text, tokenizer);
    return load_wordpiece(path, file, tokenizer);
}

static lw_status load_file(const char *path, lw_tokenizer **tokenizer) {
    lwi_file file = {0};
    lw_tokenizer *t = NULL;
    bool keep = false;
    LW_TRY(lwi_file_map(path, &file));
    const lw_status status = load(path, &file, &t, &keep);
    if (status == LW_OK) {
        if (keep) t->files[0] = file;
        *tokenizer = t;
    }
    if (status != LW_OK || !keep) lwi_file_unmap(&file);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "'%s'", path);
}

static lw_status load_folder(const char *folder, lw_tokenizer **tokenizer) {
    static const char *const names[] = {"tokenizer.json",
                                        "source.spm",
                                        "tokenizer.model",
                                        "spiece.model",
                                        "sentencepiece.bpe.model",
                                        "vocab.bpe",
                                        "merges.txt",
                                        "qwen.tiktoken",
                                        "vocab.txt",
                                        "rwkv_vocab_v20230424.txt"};
    char path[MOST_PATH];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const int n = snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (n < 0 || n >= MOST_PATH)
            return lwi_fail(LW_IO, "the path '%.60s...' is too long", folder);
        if (exists(path)) return load_file(path, tokenizer);
    }
    return lwi_fail(LW_NOT_FOUND, "the folder '%s' holds no tokenizer", folder);
}

lw_status lw_tokenizer_load_memory(const void *data, size_t size, lw_tokenizer **tokenizer) {
    const lwi_file file = {.data = data, .size = size};
    bool keep = false; /* the bytes stay anyway */
    return load("", &file, tokenizer, &keep);
}

lw_status lw_tokenizer_load(const char *path, lw_tokenizer **tokenizer) {
    struct stat st;
    const bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    return folder ? load_folder(path, tokenizer) : load_file(path, tokenizer);
}
