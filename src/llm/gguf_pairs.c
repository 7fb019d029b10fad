/* SPDX-License-Identifier: MIT */
#include "llm/gguf_pairs.h"

#include "base/checked.h"

#include <stdio.h>
#include <string.h>

static void put(uint8_t *to, uint64_t number, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(number >> 8 * i & 255);
}

/* A new pair whose data, of so many bytes, is to be filled. */
static lw_status add(lwi_pairs *p, const char *key, lwi_gguf_pair pair, uint8_t **data) {
    char full[160];
    snprintf(full, sizeof full, "%s%s", *key == '.' ? p->prefix : "", key);
    LW_TRY(lwi_arena_string(p->arena, full, strlen(full), &pair.key));
    LW_TRY(lwi_arena_alloc(p->arena, pair.bytes + 1, 1, data));
    pair.data = *data;
    LW_TRY(lwi_arena_grow(p->arena, &p->items, &p->capacity, p->n + 1, sizeof *p->items));
    p->items[p->n++] = pair;
    return LW_OK;
}

lw_status lwi_pairs_int(lwi_pairs *p, const char *key, lwi_gguf_kind kind, int64_t number) {
    const size_t bytes = kind == LWI_GGUF_BOOL ? 1 : 4;
    uint8_t *data = NULL;
    LW_TRY(add(p, key, (lwi_gguf_pair){NULL, kind, LWI_GGUF_UINT8, 1, NULL, bytes}, &data));
    put(data, (uint64_t)number, bytes);
    return LW_OK;
}

lw_status lwi_pairs_float(lwi_pairs *p, const char *key, double number) {
    const float single = (float)number;
    uint32_t bits;
    uint8_t *data = NULL;
    memcpy(&bits, &single, sizeof bits);
    LW_TRY(add(p, key, (lwi_gguf_pair){NULL, LWI_GGUF_FLOAT32, LWI_GGUF_UINT8, 1, NULL, 4}, &data));
    put(data, bits, 4);
    return LW_OK;
}

lw_status lwi_pairs_text(lwi_pairs *p, const char *key, lw_string text) {
    uint8_t *data = NULL;
    LW_TRY(add(p, key,
               (lwi_gguf_pair){NULL, LWI_GGUF_STRING, LWI_GGUF_UINT8, text.size, NULL, text.size},
               &data));
    if (text.size) memcpy(data, text.data, text.size);
    return LW_OK;
}

lw_status lwi_pairs_numbers(lwi_pairs *p, const char *key, lwi_gguf_kind kind, const uint32_t *bits,
                            size_t n) {
    uint8_t *data = NULL;
    LW_TRY(add(p, key, (lwi_gguf_pair){NULL, LWI_GGUF_ARRAY, kind, n, NULL, 4 * n}, &data));
    for (size_t i = 0; i < n; i++)
        put(data + 4 * i, bits[i], 4);
    return LW_OK;
}

static lw_status put_bytes(lwi_pairs *p, const char *key, lwi_gguf_kind kind, const void *bytes,
                           size_t n) {
    uint8_t *data = NULL;
    LW_TRY(add(p, key, (lwi_gguf_pair){NULL, LWI_GGUF_ARRAY, kind, n, NULL, n}, &data));
    if (n) memcpy(data, bytes, n);
    return LW_OK;
}

lw_status lwi_pairs_bytes(lwi_pairs *p, const char *key, const void *bytes, size_t n) {
    return put_bytes(p, key, LWI_GGUF_UINT8, bytes, n);
}

lw_status lwi_pairs_flags(lwi_pairs *p, const char *key, const uint8_t *flags, size_t n) {
    return put_bytes(p, key, LWI_GGUF_BOOL, flags, n);
}

lw_status lwi_pairs_texts(lwi_pairs *p, const char *key, const lw_string *texts, size_t n) {
    size_t bytes = 0;
    uint8_t *data = NULL;
    for (size_t i = 0; i < n; i++)
        if (!lwi_add_size(bytes, 8, &bytes) || !lwi_add_size(bytes, texts[i].size, &bytes))
            return lwi_fail(LW_LIMIT, "%s would be too long", key);
    LW_TRY(
        add(p, key, (lwi_gguf_pair){NULL, LWI_GGUF_ARRAY, LWI_GGUF_STRING, n, NULL, bytes}, &data));
    for (size_t i = 0; i < n; data += texts[i++].size) {
        put(data, texts[i].size, 8);
        data += 8;
        if (texts[i].size) memcpy(data, texts[i].data, texts[i].size);
    }
    return LW_OK;
}
