/* SPDX-License-Identifier: MIT */
#include "llm/importance_file.h"

#include "base/blocks.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 256 };

static float number_at(const lwi_gguf_tensor *t, size_t i) {
    float x;
    memcpy(&x, t->data + i * sizeof x, sizeof x);
    return x;
}

static const lwi_gguf_tensor *counts_of(const lwi_gguf *gguf, const lwi_gguf_tensor *sums) {
    char name[NAME];
    const size_t n = strlen(sums->name), end = strlen(".in_sum2");
    if (n < end || n + 1 > NAME || strcmp(sums->name + n - end, ".in_sum2")) return NULL;
    snprintf(name, sizeof name, "%.*s.counts", (int)(n - end), sums->name);
    return lwi_gguf_find_tensor(gguf, name);
}

/* Of matrices that nothing went through, all numbers count the same. */
static lw_status take_means(lwi_importance *m, size_t i) {
    const lwi_gguf_tensor *sums = m->gguf.tensors + i, *counts = counts_of(&m->gguf, sums);
    if (!counts) return LW_OK;
    const size_t n = sums->bytes / sizeof(float), matrices = counts->bytes / sizeof(float);
    if (sums->type != LWI_BLOCK_F32 || counts->type != LWI_BLOCK_F32 || matrices == 0 ||
        n % matrices)
        return lwi_fail(LW_CORRUPT, "the importance of '%s' is not for its counts", sums->name);
    LW_TRY(lwi_arena_alloc(&m->arena, n, sizeof **m->means, &m->means[i]));
    for (size_t k = 0; k < n; k++) {
        const float count = number_at(counts, k / (n / matrices)), sum = number_at(sums, k);
        const float mean = count > 0 ? sum / count : 1;
        m->means[i][k] = mean >= 0 && mean < 1e30F ? mean : 0;
    }
    return LW_OK;
}

lw_status lwi_importance_open(const char *path, lwi_importance *m) {
    lwi_arena_init(&m->arena, &lwi_malloc_allocator);
    LW_TRY(lwi_file_map(path, &m->file));
    LW_TRY(lwi_gguf_read(&m->arena, m->file.data, m->file.size, &m->gguf));
    const lw_string type = lwi_gguf_string(&m->gguf, "general.type");
    if (type.size != 7 || memcmp(type.data, "imatrix", 7))
        return lwi_fail(LW_UNSUPPORTED, "'%s' is no importance matrix", path);
    LW_TRY(lwi_arena_alloc(&m->arena, m->gguf.n_tensors, sizeof *m->means, &m->means));
    m->n = m->gguf.n_tensors;
    for (size_t i = 0; i < m->n; i++)
        LW_TRY(take_means(m, i));
    return LW_OK;
}

void lwi_importance_close(lwi_importance *m) {
    if (m->gguf.arena) lwi_gguf_free(&m->gguf);
    lwi_file_unmap(&m->file);
    if (m->arena.allocator.alloc) lwi_arena_free(&m->arena);
}

const float *lwi_importance_find(const lwi_importance *m, const char *weight, size_t matrices,
                                 size_t columns) {
    char name[NAME];
    if (m->n == 0 || strlen(weight) + 9 > NAME) return NULL;
    snprintf(name, sizeof name, "%s.in_sum2", weight);
    const int i = lwi_strmap_get(&m->gguf.tensor_index, name);
    if (i < 0 || !m->means[i]) return NULL;
    const size_t n = m->gguf.tensors[i].bytes / sizeof(float);
    return n / columns == matrices && n % columns == 0 ? m->means[i] : NULL;
}
