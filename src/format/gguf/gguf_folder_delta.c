/* SPDX-License-Identifier: MIT
 * Gated delta nets (Qwen3-Next, Qwen3.5) as Hugging Face folders have them: the way back from
 * format/huggingface/hf_delta_form.c. */
#include "format/gguf/gguf_folder.h"

#include <math.h>
#include <string.h>

typedef struct sizes {
    size_t heads, keys, each; /* heads of values; of keys; of values for one of keys */
    size_t key, value;        /* elements of a head */
} sizes;

static lw_status read_sizes(const lwi_folder_work *w, const lwi_folder_item *it, sizes *z) {
    z->heads = lwi_folder_size(w, "ssm.time_step_rank");
    z->keys = lwi_folder_size(w, "ssm.group_count");
    z->key = lwi_folder_size(w, "ssm.state_size");
    const size_t inner = lwi_folder_size(w, "ssm.inner_size");
    if (!z->heads || !z->keys || !z->key || !inner || z->heads % z->keys || inner % z->heads)
        return lwi_folder_odd_size(it);
    z->each = z->heads / z->keys;
    z->value = inner / z->heads;
    return LW_OK;
}

/* All queries, all keys, all values, and all gates: as groups of a head of keys. */
lw_status lwi_folder_projection(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    sizes z;
    uint8_t *qkv = NULL, *gates = NULL;
    LW_TRY(read_sizes(w, it, &z));
    const size_t values = z.each * z.value, rows = z.keys * (2 * z.key + 2 * values);
    const lwi_checkpoint_tensor *t = &it->t, *g = &it->second;
    if (t->rank != 2 || g->rank != 2 || t->dims[1] != g->dims[1] ||
        t->dims[0] != (int64_t)(z.keys * (2 * z.key + values)) ||
        g->dims[0] != (int64_t)(z.keys * values))
        return lwi_folder_odd_size(it);
    it->rank = 2;
    it->dims[0] = (int64_t)rows;
    it->dims[1] = t->dims[1];
    if (!to) return LW_OK;
    const size_t row = (size_t)t->dims[1] * it->type->bytes;
    lw_status status = lwi_folder_plain(it, t, &qkv);
    if (status == LW_OK) status = lwi_folder_plain(it, g, &gates);
    for (size_t k = 0; k < z.keys && status == LW_OK; k++) {
        const struct {
            const uint8_t *from;
            size_t rows;
        } parts[] = {{qkv + k * z.key * row, z.key},
                     {qkv + (z.keys + k) * z.key * row, z.key},
                     {qkv + (2 * z.keys * z.key + k * values) * row, values},
                     {gates + k * values * row, values}};
        for (size_t i = 0; i < 4; i++, to += parts[i - 1].rows * row)
            memcpy(to, parts[i].from, parts[i].rows * row);
    }
    lwi_free(&lwi_malloc_allocator, qkv);
    lwi_free(&lwi_malloc_allocator, gates);
    return status;
}

/* Pieces of heads of values [each, keys] become [keys, each]. */
static void untile(const sizes *z, const uint8_t *from, size_t size, uint8_t *to) {
    for (size_t k = 0; k < z->keys; k++)
        for (size_t e = 0; e < z->each; e++)
            memcpy(to + (k * z->each + e) * size, from + (e * z->keys + k) * size, size);
}

/* Rows behind those of queries and keys, if these are there, are of heads of values. */
static lw_status untile_rows(const sizes *z, const lwi_folder_item *it, const uint8_t *from,
                             uint8_t *to) {
    const size_t rows = (size_t)it->t.dims[0];
    const size_t before = 2 * z->keys * z->key, inner = z->heads * z->value;
    const size_t first = rows == before + inner ? before : 0;
    if ((rows - first) % z->heads || (!first && rows != inner && rows != z->heads))
        return lwi_folder_odd_size(it);
    const size_t row = lwi_folder_count(&it->t) / rows * it->type->bytes;
    if (!to) return LW_OK;
    memcpy(to, from, first * row);
    untile(z, from + first * row, (rows - first) / z->heads * row, to + first * row);
    return LW_OK;
}

static lw_status tiled(const lwi_folder_work *w, lwi_folder_item *it, lwi_folder_make *shape,
                       uint8_t *to) {
    sizes z;
    uint8_t *from = NULL;
    LW_TRY(read_sizes(w, it, &z));
    LW_TRY(shape(w, it, NULL));
    if (!to) return untile_rows(&z, it, NULL, NULL);
    LW_TRY(
        lwi_alloc_array(&lwi_malloc_allocator, lwi_folder_count(&it->t), it->type->bytes, &from));
    lw_status status = shape(w, it, from);
    if (status == LW_OK) status = untile_rows(&z, it, from, to);
    lwi_free(&lwi_malloc_allocator, from);
    return status;
}

lw_status lwi_folder_tiled(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    return tiled(w, it, lwi_folder_copy, to);
}

lw_status lwi_folder_tiled_kernel(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    return tiled(w, it, lwi_folder_kernel, to);
}

lw_status lwi_folder_tiled_log(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    return tiled(w, it, lwi_folder_log, to);
}

lw_status lwi_folder_tiled_columns(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    sizes z;
    uint8_t *from = NULL;
    LW_TRY(read_sizes(w, it, &z));
    if (it->t.rank != 2 || it->t.dims[1] != (int64_t)(z.heads * z.value))
        return lwi_folder_odd_size(it);
    LW_TRY(lwi_folder_copy(w, it, NULL));
    if (!to) return LW_OK;
    LW_TRY(lwi_folder_plain(it, &it->t, &from));
    const size_t rows = (size_t)it->t.dims[0], row = (size_t)it->t.dims[1] * it->type->bytes;
    for (size_t i = 0; i < rows; i++)
        untile(&z, from + i * row, z.value * it->type->bytes, to + i * row);
    lwi_free(&lwi_malloc_allocator, from);
    return LW_OK;
}
