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

/* Of short pieces mostly: a multiplication for eight bytes, and one for their number. */
static uint64_t piece_hash(const char *p, size_t n) {
    uint64_t h = n * UINT64_C(0x9e3779b97f4a7c15);
    for (; n > 8; n -= 8, p += 8)
        h = mix(h, load64(p));
    uint64_t word = 0;
    if (n == 8) word = load64(p);
    else if (n >= 4) word = load32(p) << 32 | load32(p + n - 4);
    else if (n)
        word =
            (uint64_t)(uint8_t)p[0] << 16 | (uint64_t)(uint8_t)p[n >> 1] << 8 | (uint8_t)p[n - 1];
    return mix(mix(h, word), h);
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
static uint64_t *slot_of(const lwi_vocabulary *v, const char *data, size_t size, uint64_t hash) {
    for (size_t i = hash & v->mask;; i = (i + 1) & v->mask) {
        uint64_t *slot = v->slots + i;
        if (!*slot) return slot;
        if ((*slot ^ hash) >> 32 == 0 && same_piece(v->pieces[(uint32_t)*slot - 1], data, size))
            return slot;
    }
}

lw_status lwi_vocabulary_index(lwi_vocabulary *v, lwi_arena *arena, uint8_t mask) {
    size_t slots = 16;
    while (slots < v->count * 2)
        slots *= 2;
    LW_TRY(lwi_arena_alloc(arena, slots, sizeof *v->slots, &v->slots));
    v->mask = slots - 1;
    for (size_t i = 0; i < v->count; i++) {
        const lw_string piece = v->pieces[i];
        if (!piece.size || !(v->attributes[i] & mask)) continue;
        const uint64_t hash = piece_hash(piece.data, piece.size);
        *slot_of(v, piece.data, piece.size, hash) = (hash >> 32) << 32 | (i + 1);
        if (piece.size > v->longest) v->longest = piece.size;
    }
    return LW_OK;
}

int32_t lwi_vocabulary_find(const lwi_vocabulary *v, const char *data, size_t size) {
    if (size > v->longest || !size) return LWI_NO_TOKEN;
    const uint64_t slot = *slot_of(v, data, size, piece_hash(data, size));
    return slot ? (int32_t)((uint32_t)slot - 1) : LWI_NO_TOKEN;
}

int32_t lwi_vocabulary_find_written(const lwi_vocabulary *v, const char *data, size_t size) {
    if (!size) return LWI_NO_TOKEN;
    const int32_t id = lwi_vocabulary_find(v, data, size);
    if (id != LWI_NO_TOKEN && same_piece(v->written[id], data, size)) return id;
    for (size_t i = v->count; i > 0; i--)
        if (same_piece(v->written[i - 1], data, size)) return (int32_t)i - 1;
    return LWI_NO_TOKEN;
}
