/* SPDX-License-Identifier: MIT
 * Tensors of Hugging Face folders that are put together, turned or computed from those of a GGUF
 * file; one after the other as they are written, so that memory holds one at a time. */
#include "format/gguf/gguf_folder.h"

#include <math.h>
#include <string.h>

size_t lwi_folder_count(const lwi_checkpoint_tensor *t) {
    return t->bytes / t->type->bytes * t->type->elements;
}

lw_status lwi_folder_odd_size(const lwi_folder_item *it) {
    return lwi_fail(LW_CORRUPT, "the tensor '%s' has a size that does not fit", it->t.name);
}

static lw_status through_floats(const lwi_folder_item *it, const lwi_checkpoint_tensor *t,
                                uint8_t *to) {
    const size_t n = lwi_folder_count(t);
    float *floats = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, n, sizeof *floats, &floats));
    lwi_blocks_decode(t->type, t->data, n, floats);
    lwi_blocks_encode(it->type, floats, n, NULL, to);
    lwi_free(&lwi_malloc_allocator, floats);
    return LW_OK;
}

lw_status lwi_folder_plain(const lwi_folder_item *it, const lwi_checkpoint_tensor *t,
                           uint8_t **numbers) {
    const size_t n = lwi_folder_count(t);
    uint8_t *made = NULL;
    lw_status status = LW_OK;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, n, it->type->bytes, &made));
    if (t->type == it->type) memcpy(made, t->data, t->bytes);
    else status = through_floats(it, t, made);
    if (status == LW_OK) *numbers = made;
    else lwi_free(&lwi_malloc_allocator, made);
    return status;
}

/* ------------------------------------------------------------------ of one */

static void keep_shape(lwi_folder_item *it) {
    it->rank = it->t.rank;
    memcpy(it->dims, it->t.dims, sizeof it->dims);
}

static lw_status copy(const lwi_folder_item *it, uint8_t *to) {
    if (to && it->t.type == it->type) memcpy(to, it->t.data, it->t.bytes);
    return to && it->t.type != it->type ? through_floats(it, &it->t, to) : LW_OK;
}

lw_status lwi_folder_copy(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    (void)w;
    keep_shape(it);
    return copy(it, to);
}

lw_status lwi_folder_vector(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    (void)w;
    it->rank = 1;
    it->dims[0] = (int64_t)lwi_folder_count(&it->t);
    return copy(it, to);
}

lw_status lwi_folder_row(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    (void)w;
    it->rank = 2;
    it->dims[0] = 1;
    it->dims[1] = (int64_t)lwi_folder_count(&it->t);
    return copy(it, to);
}

lw_status lwi_folder_shifted(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    (void)w;
    if (it->t.rank != 2) return lwi_folder_odd_size(it);
    const size_t before = 2 * (size_t)it->t.dims[1] * it->type->bytes;
    keep_shape(it);
    it->dims[0] += 2;
    if (!to) return LW_OK;
    memset(to, 0, before);
    return copy(it, to + before);
}

lw_status lwi_folder_kernel(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    (void)w;
    if (it->t.rank != 2) return lwi_folder_odd_size(it);
    it->rank = 3;
    it->dims[0] = it->t.dims[0];
    it->dims[1] = 1;
    it->dims[2] = it->t.dims[1];
    return copy(it, to);
}

lw_status lwi_folder_log(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    const size_t n = lwi_folder_count(&it->t);
    float *floats = NULL;
    (void)w;
    keep_shape(it);
    if (!to) return LW_OK;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, n, sizeof *floats, &floats));
    lwi_blocks_decode(it->t.type, it->t.data, n, floats);
    for (size_t i = 0; i < n; i++)
        floats[i] = logf(-floats[i]);
    lwi_blocks_encode(it->type, floats, n, NULL, to);
    lwi_free(&lwi_malloc_allocator, floats);
    return LW_OK;
}

lw_status lwi_folder_log_vector(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    LW_TRY(lwi_folder_log(w, it, to));
    it->rank = 1;
    it->dims[0] = (int64_t)lwi_folder_count(&it->t);
    return LW_OK;
}

/* ----------------------------------------------------------------- of both */

static bool are_alike(const lwi_folder_item *it, int rank) {
    const lwi_checkpoint_tensor *a = &it->t, *b = &it->second;
    return a->rank == rank && b->rank == rank && !memcmp(a->dims, b->dims, sizeof a->dims);
}

/* Both in the item's type; second is NULL if there is none. */
typedef struct pair {
    uint8_t *first, *second;
} pair;

static void free_pair(pair *p) {
    lwi_free(&lwi_malloc_allocator, p->first);
    lwi_free(&lwi_malloc_allocator, p->second);
}

static lw_status open_pair(const lwi_folder_item *it, pair *p) {
    *p = (pair){NULL, NULL};
    LW_TRY(lwi_folder_plain(it, &it->t, &p->first));
    if (!it->second.name) return LW_OK;
    const lw_status status = lwi_folder_plain(it, &it->second, &p->second);
    if (status != LW_OK) free_pair(p);
    return status;
}

/* [groups, out, in] and the same again as [groups, 2 * out, in]; matrices are one group. */
lw_status lwi_folder_stack(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    pair p;
    (void)w;
    if (!are_alike(it, 2) && !are_alike(it, 3)) return lwi_folder_odd_size(it);
    keep_shape(it);
    it->dims[it->rank - 2] *= 2;
    if (!to) return LW_OK;
    LW_TRY(open_pair(it, &p));
    const size_t groups = it->rank == 3 ? (size_t)it->dims[0] : 1;
    const size_t bytes = lwi_folder_count(&it->t) / groups * it->type->bytes;
    for (size_t i = 0; i < groups; i++, to += 2 * bytes) {
        memcpy(to, p.first + i * bytes, bytes);
        memcpy(to + bytes, p.second + i * bytes, bytes);
    }
    free_pair(&p);
    return LW_OK;
}

/* [experts, out, in], or a bias [experts, out], as [experts, in, parts * out]. Element o of part k
 * is column k * behind + o * apart. */
static lw_status turn(lwi_folder_item *it, uint8_t *to, size_t parts, bool alternate) {
    const bool matrix = it->t.rank == 3;
    const size_t out = (size_t)it->t.dims[1], in = matrix ? (size_t)it->t.dims[2] : 1;
    const size_t columns = parts * out;
    pair p;
    if ((!matrix && it->t.rank != 2) || (parts == 2 && !are_alike(it, it->t.rank)))
        return lwi_folder_odd_size(it);
    it->rank = it->t.rank;
    it->dims[0] = it->t.dims[0];
    it->dims[1] = (int64_t)(matrix ? in : columns);
    it->dims[2] = (int64_t)columns;
    if (!to) return LW_OK;
    LW_TRY(open_pair(it, &p));
    const size_t size = it->type->bytes, experts = (size_t)it->t.dims[0];
    for (size_t part = 0; part < parts; part++) {
        const uint8_t *from = part ? p.second : p.first;
        const size_t begin = alternate ? part : part * out, step = alternate ? parts : 1;
        for (size_t e = 0; e < experts; e++)
            for (size_t o = 0; o < out; o++)
                for (size_t i = 0; i < in; i++, from += size)
                    memcpy(to + ((e * in + i) * columns + begin + o * step) * size, from, size);
    }
    free_pair(&p);
    return LW_OK;
}

lw_status lwi_folder_turn(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    (void)w;
    return turn(it, to, 1, false);
}

lw_status lwi_folder_turn_alternating(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    (void)w;
    return turn(it, to, 2, true);
}

lw_status lwi_folder_turn_halves(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    (void)w;
    return turn(it, to, 2, false);
}

/* Keys [heads, rank, key] and values [heads, value, rank] as rows [heads * (key + value), rank]. */
lw_status lwi_folder_latent(const lwi_folder_work *w, lwi_folder_item *it, uint8_t *to) {
    const lwi_checkpoint_tensor *k = &it->t, *v = &it->second;
    const size_t heads = (size_t)k->dims[0], rank = (size_t)k->dims[1];
    pair p;
    (void)w;
    if (k->rank != 3 || v->rank != 3 || v->dims[0] != k->dims[0] || v->dims[2] != k->dims[1])
        return lwi_folder_odd_size(it);
    const size_t key = (size_t)k->dims[2], value = (size_t)v->dims[1], size = it->type->bytes;
    it->rank = 2;
    it->dims[0] = (int64_t)(heads * (key + value));
    it->dims[1] = (int64_t)rank;
    if (!to) return LW_OK;
    LW_TRY(open_pair(it, &p));
    for (size_t h = 0; h < heads; h++) {
        for (size_t i = 0; i < key; i++)
            for (size_t r = 0; r < rank; r++, to += size)
                memcpy(to, p.first + ((h * rank + r) * key + i) * size, size);
        memcpy(to, p.second + h * value * rank * size, value * rank * size);
        to += value * rank * size;
    }
    free_pair(&p);
    return LW_OK;
}
