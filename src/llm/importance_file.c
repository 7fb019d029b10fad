/* SPDX-License-Identifier: MIT */
#include "llm/importance_file.h"

#include "base/blocks.h"
#include "files/little_endian.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 256 };

/* The sum of squares over a count; of matrices that nothing went through, all numbers count the
 * same. */
static float mean_of(float sum, float count) {
    const float mean = count > 0 ? sum / count : 1;
    return mean >= 0 && mean < 1e30F ? mean : 0;
}

/* Room for the means of a weight. */
static lw_status add(lwi_importance *m, const char *name, size_t n, float **means) {
    const char *kept = NULL;
    LW_TRY(lwi_arena_string(&m->arena, name, strlen(name), &kept));
    LW_TRY(lwi_arena_grow(&m->arena, &m->items, &m->capacity, m->n + 1, sizeof *m->items));
    LW_TRY(lwi_arena_alloc(&m->arena, n, sizeof **means, means));
    m->items[m->n] = (lwi_importance_means){*means, n};
    return lwi_strmap_set(&m->index, kept, (int)m->n++);
}

static float number_at(const uint8_t *data, size_t i) {
    float x;
    memcpy(&x, data + i * sizeof x, sizeof x);
    return x;
}

/* --------------------------------------------------------------------- GGUF */

static lw_status take_sums(lwi_importance *m, const lwi_gguf_tensor *sums) {
    char weight[NAME], name[NAME + 8];
    float *means = NULL;
    const size_t end = strlen(".in_sum2"), size = strlen(sums->name);
    if (size < end || size >= NAME || strcmp(sums->name + size - end, ".in_sum2")) return LW_OK;
    snprintf(weight, sizeof weight, "%.*s", (int)(size - end), sums->name);
    snprintf(name, sizeof name, "%s.counts", weight);
    const lwi_gguf_tensor *counts = lwi_gguf_find_tensor(&m->gguf, name);
    if (!counts) return LW_OK;
    const size_t n = sums->bytes / sizeof(float), matrices = counts->bytes / sizeof(float);
    if (sums->type != LWI_BLOCK_F32 || counts->type != LWI_BLOCK_F32 || matrices == 0 ||
        n % matrices)
        return lwi_fail(LW_CORRUPT, "the importance of '%s' is not for its counts", sums->name);
    LW_TRY(add(m, weight, n, &means));
    for (size_t k = 0; k < n; k++)
        means[k] = mean_of(number_at(sums->data, k), number_at(counts->data, k / (n / matrices)));
    return LW_OK;
}

static lw_status read_gguf(lwi_importance *m, const char *path) {
    LW_TRY(lwi_gguf_read(&m->arena, m->file.data, m->file.size, &m->gguf));
    const lw_string type = lwi_gguf_string(&m->gguf, "general.type");
    if (type.size != 7 || memcmp(type.data, "imatrix", 7))
        return lwi_fail(LW_UNSUPPORTED, "'%s' is no importance matrix", path);
    for (size_t i = 0; i < m->gguf.n_tensors; i++)
        LW_TRY(take_sums(m, m->gguf.tensors + i));
    return LW_OK;
}

/* ----------------------------------------------------------- the older kind */

/* What is left of the file: 32-bit numbers, names and floats, one behind the other. */
typedef struct rest {
    const uint8_t *data;
    size_t size;
} rest;

static bool take(rest *r, size_t n, const uint8_t **bytes) {
    if (n > r->size) return false;
    *bytes = r->data;
    r->data += n;
    r->size -= n;
    return true;
}

static bool take_count(rest *r, size_t most, size_t *n) {
    const uint8_t *bytes = NULL;
    if (!take(r, 4, &bytes)) return false;
    *n = (size_t)lwi_little_endian(bytes, 4);
    return *n <= most;
}

/* A name, how often the weight was met, and means times that. *good: the file may be one. */
static lw_status take_entry(lwi_importance *m, rest *r, bool *good) {
    char name[NAME];
    const uint8_t *text = NULL, *numbers = NULL;
    float *means = NULL;
    size_t length = 0, calls = 0, n = 0;
    *good = take_count(r, NAME - 1, &length) && length > 0 && take(r, length, &text) &&
            take_count(r, INT32_MAX, &calls) && take_count(r, r->size / sizeof(float), &n) &&
            n > 0 && take(r, n * sizeof(float), &numbers) && !memchr(text, 0, length);
    if (!*good) return LW_OK;
    snprintf(name, sizeof name, "%.*s", (int)length, (const char *)text);
    LW_TRY(add(m, name, n, &means));
    for (size_t i = 0; i < n; i++)
        means[i] = mean_of(number_at(numbers, i), calls ? (float)calls : 1);
    return LW_OK;
}

static lw_status read_older(lwi_importance *m, const char *path) {
    enum { LEAST = 16 }; /* bytes of an entry */
    rest r = {m->file.data, m->file.size};
    size_t entries = 0;
    bool good = take_count(&r, r.size / LEAST, &entries) && entries > 0;
    for (size_t i = 0; i < entries && good; i++)
        LW_TRY(take_entry(m, &r, &good));
    if (good) return LW_OK;
    return lwi_fail(LW_UNSUPPORTED, "'%s' is no importance matrix", path);
}

/* --------------------------------------------------------------------- both */

lw_status lwi_importance_open(const char *path, lwi_importance *m) {
    lwi_arena_init(&m->arena, &lwi_malloc_allocator);
    lwi_strmap_init(&m->index, &lwi_malloc_allocator);
    LW_TRY(lwi_file_map(path, &m->file));
    const bool gguf = lwi_is_gguf(m->file.data, m->file.size);
    return gguf ? read_gguf(m, path) : read_older(m, path);
}

void lwi_importance_close(lwi_importance *m) {
    if (m->gguf.arena) lwi_gguf_free(&m->gguf);
    lwi_file_unmap(&m->file);
    if (!m->arena.allocator.alloc) return;
    lwi_strmap_free(&m->index);
    lwi_arena_free(&m->arena);
}

const float *lwi_importance_find(const lwi_importance *m, const char *weight, size_t matrices,
                                 size_t columns) {
    const int i = m->n ? lwi_strmap_get(&m->index, weight) : -1;
    if (i < 0) return NULL;
    const size_t n = m->items[i].n;
    return n / columns == matrices && n % columns == 0 ? m->items[i].means : NULL;
}
