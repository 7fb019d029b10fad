/* SPDX-License-Identifier: MIT */
#include "text/wordpiece.h"

/* The longest token at the beginning of the rest; 0: none. The key is the prefix and the rest. */
static size_t longest(const lwi_wordpiece *w, lw_string key, size_t prefix, int32_t *id) {
    const size_t most = w->vocabulary->longest;
    for (size_t n = key.size < most ? key.size : most; n > prefix; n--) {
        const bool whole = n == key.size || ((uint8_t)key.data[n] & 0xc0) != 0x80;
        if (!whole) continue;
        *id = lwi_vocabulary_find(w->vocabulary, key.data, n);
        if (*id != LWI_NO_TOKEN) return n - prefix;
    }
    return 0;
}

static size_t count_characters(lw_string text) {
    size_t n = 0;
    for (size_t i = 0; i < text.size; i++)
        n += ((uint8_t)text.data[i] & 0xc0) != 0x80;
    return n;
}

lw_status lwi_wordpiece_encode(const lwi_wordpiece *w, lwi_growing *key, lw_string word,
                               lwi_ids *ids) {
    const size_t first = ids->n;
    size_t at = 0;
    if (count_characters(word) > w->most_characters) return lwi_ids_add(ids, w->unknown);
    while (at < word.size) {
        const lw_string prefix = at ? w->more : w->start;
        int32_t id = LWI_NO_TOKEN;
        key->size = 0;
        LW_TRY(lwi_growing_add(key, prefix.data, prefix.size));
        LW_TRY(lwi_growing_add(key, word.data + at, word.size - at));
        const size_t n = longest(w, (lw_string){key->data, key->size}, prefix.size, &id);
        if (!n) {
            ids->n = first;
            return lwi_ids_add(ids, w->unknown);
        }
        LW_TRY(lwi_ids_add(ids, id));
        at += n;
    }
    return LW_OK;
}
