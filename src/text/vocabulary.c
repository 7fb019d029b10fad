/* SPDX-License-Identifier: MIT */
#include "text/vocabulary.h"

#include <string.h>

enum { MOST_TOKENS = 1 << 27 };

static uint64_t load64(const char *p) {
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

static uint64_t load32(const char *p) {
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

static uint64_t mix(uint64_t h, uint64_t word) {
    h = (h ^ word) * UINT64_C(0x9fb21c651e98df25);
    return h ^ h >> 32;
}

enum { HEAD = 8 };

static uint64_t head_of(const char *p, size_t n) {
    if (n >= HEAD) return load64(p);
    if (n >= 4) return load32(p) | load32(p + n - 4) << 8 * (n - 4);
    uint64_t head = 0;
    for (size_t i = 0; i < n; i++)
        head |= (uint64_t)(uint8_t)p[i] << 8 * i;
    return head;
}

/* What is looked for: pieces are short mostly, and two multiplications are enough. */
typedef struct key {
    uint64_t head, hash;
    uint32_t check;
} key;

static key key_of(const char *p, size_t n) {
    key k = {.head = head_of(p, n), .check = (uint32_t)n};
    k.hash = mix(n * UINT64_C(0x9e3779b97f4a7c15), k.head);
    if (n > HEAD) {
        for (size_t i = HEAD; i + HEAD < n; i += HEAD)
            k.hash = mix(k.hash, load64(p + i));
        k.hash = mix(k.hash, load64(p + n - HEAD));
        k.check = (uint32_t)(k.hash >> 32) | 1u << 31;
    }
    k.hash = mix(k.hash, k.hash >> 17);
    return k;
}

lw_status lwi_vocabulary_init(lwi_vocabulary *v, lwi_arena *arena, size_t count, bool byte_level) {
    if (count == 0 || count > MOST_TOKENS)
        return lwi_fail(LW_CORRUPT, "tokenizer: a vocabulary of %zu tokens", count);
    *v = (lwi_vocabulary){.count = count};
    LW_TRY(lwi_arena_alloc(arena, count, sizeof *v->pieces, &v->pieces));
    v->written = v->pieces;
    if (byte_level) LW_TRY(lwi_arena_alloc(arena, count, sizeof *v->written, &v->written));
    return lwi_arena_alloc(arena, count, sizeof *v->attributes, &v->attributes);
}

static lw_status extend(lwi_arena *arena, void *array, size_t from, size_t to, size_t size) {
    void *old, *longer = NULL;
    memcpy(&old, array, sizeof old);
    LW_TRY(lwi_arena_alloc(arena, to, size, &longer));
    memcpy(longer, old, from * size);
    memcpy(array, &longer, sizeof longer);
    return LW_OK;
}

lw_status lwi_vocabulary_extend(lwi_vocabulary *v, lwi_arena *arena, size_t count) {
    if (count > MOST_TOKENS)
        return lwi_fail(LW_CORRUPT, "tokenizer: a vocabulary of %zu tokens", count);
    if (count <= v->count) return LW_OK;
    const bool same = v->written == v->pieces;
    LW_TRY(extend(arena, &v->pieces, v->count, count, sizeof *v->pieces));
    if (same) v->written = v->pieces;
    else LW_TRY(extend(arena, &v->written, v->count, count, sizeof *v->written));
    if (v->scores) LW_TRY(extend(arena, &v->scores, v->count, count, sizeof *v->scores));
    LW_TRY(extend(arena, &v->attributes, v->count, count, sizeof *v->attributes));
    v->count = count;
    return LW_OK;
}

static bool same_piece(lw_string piece, const char *data, size_t size) {
    return piece.size == size && !memcmp(piece.data, data, size);
}

/* The slot that holds the piece, or the empty one where it belongs. */
static lwi_piece_slot *slot_of(const lwi_vocabulary *v, const char *data, size_t size, key k) {
    for (size_t i = k.hash & v->mask;; i = (i + 1) & v->mask) {
        lwi_piece_slot *slot = v->slots + i;
        if (!slot->id) return slot;
        if (slot->head != k.head || slot->check != k.check) continue;
        if (size <= HEAD || same_piece(v->pieces[slot->id - 1], data, size)) return slot;
    }
}

lw_status lwi_vocabulary_index(lwi_vocabulary *v, lwi_arena *arena, uint8_t mask) {
    size_t slots = 16;
    while (slots < v->count + v->count / 2)
        slots *= 2;
    LW_TRY(lwi_arena_alloc(arena, slots, sizeof *v->slots, &v->slots));
    v->mask = slots - 1;
    for (size_t i = 0; i < v->count; i++) {
        const lw_string piece = v->pieces[i];
        if (!piece.size || !(v->attributes[i] & mask)) continue;
        const key k = key_of(piece.data, piece.size);
        *slot_of(v, piece.data, piece.size, k) = (lwi_piece_slot){k.head, k.check, (uint32_t)i + 1};
        if (piece.size > v->longest) v->longest = piece.size;
    }
    return LW_OK;
}

int32_t lwi_vocabulary_find(const lwi_vocabulary *v, const char *data, size_t size) {
    if (size > v->longest || !size) return LWI_NO_TOKEN;
    return (int32_t)slot_of(v, data, size, key_of(data, size))->id - 1;
}

void lwi_vocabulary_prefetch(const lwi_vocabulary *v, const char *data, size_t size) {
    if (size && size <= v->longest)
        __builtin_prefetch(v->slots + (key_of(data, size).hash & v->mask));
}

int32_t lwi_vocabulary_find_written(const lwi_vocabulary *v, const char *data, size_t size) {
    if (!size) return LWI_NO_TOKEN;
    const int32_t id = lwi_vocabulary_find(v, data, size);
    if (id != LWI_NO_TOKEN && same_piece(v->written[id], data, size)) return id;
    for (size_t i = v->count; i > 0; i--)
        if (same_piece(v->written[i - 1], data, size)) return (int32_t)i - 1;
    return LWI_NO_TOKEN;
}
