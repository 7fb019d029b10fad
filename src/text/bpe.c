/* SPDX-License-Identifier: MIT */
#include "text/bpe.h"

#include "base/utf8.h"
#include "lampwick/tokenizer.h"
#include "text/space_words.h"

enum { MOST_BYTES = 1 << 30 };

void lwi_bpe_work_free(lwi_bpe_work *work) {
    lwi_free(&lwi_malloc_allocator, work->symbols);
    lwi_free(&lwi_malloc_allocator, work->heap);
    lwi_free(&lwi_malloc_allocator, work->splits);
    lwi_growing_free(&work->key);
}

/* ----------------------------------------------------------------- symbols */

static lw_status add_symbol(lwi_bpe_work *work, size_t begin, size_t size, int32_t id) {
    if (work->n == work->symbol_capacity)
        LW_TRY(lwi_grow(&lwi_malloc_allocator, &work->symbols, &work->symbol_capacity, work->n + 1,
                        sizeof *work->symbols));
    work->symbols[work->n++] = (lwi_bpe_symbol){(uint32_t)begin, (uint32_t)size, id, 0, 0, false};
    return LW_OK;
}

static bool has_all_bytes(const lwi_bpe *bpe, const char *data, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (bpe->byte_tokens[(uint8_t)data[i]] == LWI_NO_TOKEN) return false;
    return true;
}

/* A character that is no token. Where the order is that of texts, it may yet be part of one. */
static lw_status add_unknown(const lwi_bpe *bpe, lwi_bpe_work *work, const char *text, size_t begin,
                             size_t size) {
    if (bpe->order == LWI_BPE_SCORES) return add_symbol(work, begin, size, LWI_NO_TOKEN);
    if (bpe->byte_fallback && has_all_bytes(bpe, text + begin, size)) {
        for (size_t i = 0; i < size; i++)
            LW_TRY(add_symbol(work, begin + i, 1, bpe->byte_tokens[(uint8_t)text[begin + i]]));
        return LW_OK;
    }
    if (bpe->unknown == LWI_NO_TOKEN) return LW_OK;
    lwi_bpe_symbol *last = work->n ? work->symbols + work->n - 1 : NULL;
    if (bpe->fuse_unknown && last && last->id == bpe->unknown) {
        last->size += (uint32_t)size;
        return LW_OK;
    }
    return add_symbol(work, begin, size, bpe->unknown);
}

/* The token of a symbol with the prefix and suffix that its place asks for. */
static lw_status find_affixed(const lwi_bpe *bpe, lwi_bpe_work *work, lw_string text, size_t begin,
                              size_t size, int32_t *id) {
    work->key.size = 0;
    if (begin) LW_TRY(lwi_growing_add(&work->key, bpe->prefix.data, bpe->prefix.size));
    LW_TRY(lwi_growing_add(&work->key, text.data + begin, size));
    if (begin + size == text.size)
        LW_TRY(lwi_growing_add(&work->key, bpe->suffix.data, bpe->suffix.size));
    *id = lwi_vocabulary_find(bpe->vocabulary, work->key.data, work->key.size);
    return LW_OK;
}

static size_t character_size(const char *data, size_t size) {
    const char *at = data;
    (void)lwi_utf8_next(&at, data + size);
    return (size_t)(at - data);
}

/* One symbol at begin; *size is the text that it takes. */
static lw_status next_symbol(const lwi_bpe *bpe, lwi_bpe_work *work, lw_string text, size_t begin,
                             size_t *size) {
    const char *at = text.data + begin;
    int32_t id = LWI_NO_TOKEN;
    *size = bpe->bytes ? 1 : character_size(at, text.size - begin);
    if (bpe->prefix.size || bpe->suffix.size)
        LW_TRY(find_affixed(bpe, work, text, begin, *size, &id));
    else if (bpe->bytes) id = bpe->byte_tokens[(uint8_t)*at];
    else id = lwi_vocabulary_find(bpe->vocabulary, at, *size);
    if (id == LWI_NO_TOKEN) return add_unknown(bpe, work, text.data, begin, *size);
    return add_symbol(work, begin, *size, id);
}

static lw_status make_symbols(const lwi_bpe *bpe, lwi_bpe_work *work, lw_string text) {
    size_t size = 0;
    work->n = work->n_splits = 0;
    for (size_t begin = 0; begin < text.size; begin += size) {
        const int32_t whole = bpe->frozen ? lwi_byte_trie_longest(bpe->frozen, text.data + begin,
                                                                  text.size - begin, &size)
                                          : LWI_NO_TOKEN;
        if (whole == LWI_NO_TOKEN) {
            LW_TRY(next_symbol(bpe, work, text, begin, &size));
        } else {
            LW_TRY(add_symbol(work, begin, size, whole));
            work->symbols[work->n - 1].frozen = true;
        }
    }
    return LW_OK;
}

/* ------------------------------------------------------------------ tokens */

static lw_status put_unknown(const lwi_bpe *bpe, const lwi_bpe_work *work, const char *data,
                             size_t size, lwi_ids *ids) {
    if (bpe->byte_fallback && has_all_bytes(bpe, data, size)) {
        for (size_t i = 0; i < size; i++)
            LW_TRY(lwi_ids_add(ids, bpe->byte_tokens[(uint8_t)data[i]]));
        return LW_OK;
    }
    if (bpe->unknown == LWI_NO_TOKEN) return LW_OK;
    const bool more = ids->n > work->first && ids->items[ids->n - 1] == bpe->unknown;
    if (bpe->fuse_unknown && more) return LW_OK;
    return lwi_ids_add(ids, bpe->unknown);
}

/* A symbol's token; one that is marked as unused is taken apart, as often as it takes. */
static lw_status put_parts(const lwi_bpe *bpe, lwi_bpe_work *work, const char *data, size_t size,
                           int32_t id, int depth, lwi_ids *ids) {
    enum { DEEPEST = 64 };
    for (;;) {
        uint32_t left = 0;
        for (size_t i = 0; i < work->n_splits && !left && depth < DEEPEST; i++)
            if (id >= 0 && work->splits[i].id == id && work->splits[i].left < size)
                left = work->splits[i].left;
        if (!left) break;
        const int32_t part = lwi_vocabulary_find(bpe->vocabulary, data, left);
        LW_TRY(put_parts(bpe, work, data, left, part, depth + 1, ids));
        data += left;
        size -= left;
        id = lwi_vocabulary_find(bpe->vocabulary, data, size);
    }
    return id == LWI_NO_TOKEN ? put_unknown(bpe, work, data, size, ids) : lwi_ids_add(ids, id);
}

static lw_status put_symbols(const lwi_bpe *bpe, lwi_bpe_work *work, const char *text,
                             lwi_ids *ids) {
    for (size_t i = 0; i < work->n; i++) {
        const lwi_bpe_symbol s = work->symbols[i];
        LW_TRY(put_parts(bpe, work, text + s.begin, s.size, s.id, 0, ids));
    }
    return LW_OK;
}

/* The token that is the whole piece. */
static lw_status find_whole(const lwi_bpe *bpe, lwi_bpe_work *work, lw_string text, int32_t *id) {
    if (bpe->suffix.size) return find_affixed(bpe, work, text, 0, text.size, id);
    *id = lwi_vocabulary_find(bpe->vocabulary, text.data, text.size);
    return LW_OK;
}

static lw_status encode_word(const lwi_bpe *bpe, lwi_bpe_work *work, lw_string text, lwi_ids *ids) {
    int32_t whole = LWI_NO_TOKEN;
    uint8_t *known = NULL;
    if (!bpe->frozen) LW_TRY(find_whole(bpe, work, text, &whole));
    if (whole != LWI_NO_TOKEN) {
        known = bpe->merged_whole + whole;
        if (bpe->whole_first || __atomic_load_n(known, __ATOMIC_RELAXED) == 1)
            return lwi_ids_add(ids, whole);
    }
    LW_TRY(make_symbols(bpe, work, text));
    LW_TRY(lwi_bpe_merge(bpe, work, text.data));
    if (known) {
        const bool same = work->n == 1 && work->symbols[0].id == whole && !work->n_splits;
        __atomic_store_n(known, same ? 1 : 2, __ATOMIC_RELAXED);
    }
    return put_symbols(bpe, work, text.data, ids);
}

lw_status lwi_bpe_encode(const lwi_bpe *bpe, lwi_bpe_work *work, lw_string text, lwi_ids *ids) {
    if (text.size > MOST_BYTES)
        return lwi_fail(LW_LIMIT, "tokenizer: a text of %zu bytes without a break", text.size);
    work->first = ids->n;
    if (!bpe->words) return encode_word(bpe, work, text, ids);
    while (text.size) {
        const size_t n = lwi_word_size(text.data, text.size);
        LW_TRY(encode_word(bpe, work, (lw_string){text.data, n}, ids));
        text.data += n;
        text.size -= n;
    }
    return LW_OK;
}
