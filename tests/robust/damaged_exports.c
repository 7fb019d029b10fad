/* SPDX-License-Identifier: MIT
 * Damages the programs in torch.export's archives: numbers, names, keys and whole values of the
 * JSON are replaced. Each archive must load and run, or give an error with a sentence; a sanitizer
 * sees the rest.
 *
 *     damaged_exports TRIALS ARCHIVE...
 */
#include "any_input.h"
#include "damage.h"
#include "stored_zip.h"

#include "files/zip_file.h"

enum { MOST_FILES = 256, MOST_TOKENS = 1 << 18, CHANGES = 3 };

/* A value or key: text[first, end). */
typedef struct token {
    size_t first, end;
} token;

typedef struct document {
    const char *text;
    size_t size;
    token *tokens;
    size_t n;
} document;

static size_t string_end(const document *d, size_t at) {
    for (at++; at < d->size && d->text[at] != '"'; at++)
        at += d->text[at] == '\\';
    return at + 1;
}

/* The end of an object or array that begins at `at`. */
static size_t group_end(const document *d, size_t at) {
    int depth = 0;
    while (at < d->size) {
        const char c = d->text[at];
        if (c == '"') {
            at = string_end(d, at);
            continue;
        }
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        at++;
        if (depth == 0) break;
    }
    return at < d->size ? at : d->size;
}

static void find_tokens(document *d) {
    for (size_t at = 0; at < d->size && d->n < MOST_TOKENS;) {
        const char c = d->text[at];
        size_t end = at + 1;
        if (c == '"') end = string_end(d, at);
        else if (c == '{' || c == '[') d->tokens[d->n++] = (token){at, group_end(d, at)};
        else if (!strchr(" ,:]}\n", c)) {
            while (end < d->size && !strchr(" ,:]}\n", d->text[end]))
                end++;
        }
        if (!strchr(" ,:]}\n{[", c)) d->tokens[d->n++] = (token){at, end};
        at = end;
    }
}

/* What stands there instead: something made up, or another part of the document. */
static token replacement(const document *d, uint64_t *random, const char **text) {
    static const char *const made_up[] = {"-1",
                                          "0",
                                          "1",
                                          "3",
                                          "64",
                                          "2147483648",
                                          "-2147483649",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "1e300",
                                          "null",
                                          "true",
                                          "[]",
                                          "{}",
                                          "\"\"",
                                          "\"x\"",
                                          "\"NaN\"",
                                          "\"\\u0000\""};
    const size_t n = sizeof made_up / sizeof *made_up;
    if (next_random(random) % 2) {
        *text = made_up[next_random(random) % n];
        return (token){0, strlen(*text)};
    }
    *text = d->text;
    return d->tokens[next_random(random) % d->n];
}

static char *change(const document *d, uint64_t *random, size_t *size) {
    const char *with = NULL;
    const token old = d->tokens[next_random(random) % d->n];
    const token new = replacement(d, random, &with);
    const size_t n = new.end - new.first;
    char *text = malloc(d->size + n + 1);
    if (!text) return NULL;
    memcpy(text, d->text, old.first);
    memcpy(text + old.first, with + new.first, n);
    memcpy(text + old.first + n, d->text + old.end, d->size - old.end);
    *size = d->size - (old.end - old.first) + n;
    text[*size] = 0;
    return text;
}

/* One change after another. */
static char *damage_text(const char *text, size_t size, uint64_t *random, size_t *damaged_size) {
    char *damaged = malloc(size + 1);
    token *tokens = malloc(MOST_TOKENS * sizeof *tokens);
    if (damaged) memcpy(damaged, text, size);
    for (uint64_t i = next_random(random) % CHANGES + 1; i > 0 && damaged && tokens; i--) {
        document d = {damaged, size, tokens, 0};
        find_tokens(&d);
        if (d.n == 0) break;
        char *next = change(&d, random, &size);
        free(damaged);
        damaged = next;
    }
    free(tokens);
    *damaged_size = size;
    return damaged;
}

static lw_status try_archive(const stored_file *files, size_t n) {
    size_t size = 0;
    lw_model *model = NULL;
    unsigned char *data = write_zip(files, n, &size);
    lw_status status = lw_model_load_memory(data, size, NULL, &model);
    if (status == LW_OK) status = run_on_anything(model, NULL);
    lw_model_free(model);
    free(data);
    return status;
}

static bool is_json(const char *name) {
    const size_t n = strlen(name);
    return n > 5 && !strcmp(name + n - 5, ".json");
}

static int try_all(const lwi_zip *zip, int trials, const char *path) {
    uint64_t random = 88172645463325252u;
    int ran = 0, silent = 0;
    stored_file files[MOST_FILES];
    const size_t n = zip->n < MOST_FILES ? zip->n : MOST_FILES;
    for (int t = 0; t < trials; t++) {
        char *damaged[MOST_FILES] = {NULL};
        for (size_t i = 0; i < n; i++) {
            const lwi_zip_entry *e = &zip->entries[i];
            files[i] = (stored_file){e->name, e->data, e->size};
            if (!is_json(e->name) ||
                (!strstr(e->name, "/models/") &&
                 strcmp(e->name, "serialized_exported_program.json") && next_random(&random) % 4))
                continue;
            damaged[i] = damage_text((const char *)e->data, e->size, &random, &files[i].size);
            files[i].data = damaged[i];
        }
        const lw_status status = try_archive(files, n);
        ran += status == LW_OK;
        silent += status != LW_OK && !strlen(lw_last_error());
        for (size_t i = 0; i < n; i++)
            free(damaged[i]);
    }
    printf("%s: %d of %d damaged programs ran, %d gave no sentence\n", path, ran, trials, silent);
    return silent;
}

static int damage_archive(const char *path, int trials) {
    size_t size = 0;
    lwi_arena arena;
    lwi_zip zip;
    unsigned char *data = read_file(path, &size);
    if (!data) return 1;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    const bool is_zip = lwi_zip_open(&arena, data, size, &zip) == LW_OK;
    const int bad = is_zip ? try_all(&zip, trials, path) : 1;
    if (is_zip) lwi_zip_close(&zip);
    lwi_arena_free(&arena);
    free(data);
    return bad;
}

int main(int argc, char **argv) {
    int bad = argc < 3;
    for (int i = 2; i < argc; i++)
        bad += damage_archive(argv[i], (int)strtol(argv[1], NULL, 10));
    return bad != 0;
}
