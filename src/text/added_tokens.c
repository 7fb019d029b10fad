/* SPDX-License-Identifier: MIT */
#include "text/added_tokens.h"

#include "base/utf8.h"
#include "text/unicode_class.h"

lw_status lwi_added_set_init(lwi_added_set *set, const lwi_added_token *tokens,
                             const lw_allocator *allocator) {
    *set = (lwi_added_set){.tokens = tokens};
    return lwi_byte_trie_init(&set->trie, allocator);
}

lw_status lwi_added_set_add(lwi_added_set *set, size_t index, lw_string text) {
    if (!text.size) return LW_OK;
    set->first[(uint8_t)*text.data] = true;
    set->n++;
    return lwi_byte_trie_add(&set->trie, text.data, text.size, (int32_t)index);
}

void lwi_added_set_free(lwi_added_set *set) { lwi_byte_trie_free(&set->trie); }

/* The character that ends at `at`. */
static uint32_t character_before(lw_string text, size_t at) {
    size_t begin = at - 1;
    while (begin && ((uint8_t)text.data[begin] & 0xc0) == 0x80)
        begin--;
    const char *p = text.data + begin;
    return lwi_utf8_next(&p, text.data + at);
}

static bool is_alone(lw_string text, lwi_span match) {
    const char *after = text.data + match.end, *end = text.data + text.size;
    if (match.begin && lwi_is_word(character_before(text, match.begin))) return false;
    return after == end || !lwi_is_word(lwi_utf8_next(&after, end));
}

static size_t space_before(lw_string text, size_t at) {
    while (at) {
        size_t begin = at - 1;
        while (begin && ((uint8_t)text.data[begin] & 0xc0) == 0x80)
            begin--;
        if (!lwi_is_white_space(character_before(text, at))) break;
        at = begin;
    }
    return at;
}

static size_t space_after(lw_string text, size_t at) {
    const char *p = text.data + at, *end = text.data + text.size;
    while (p < end) {
        const char *next = p;
        if (!lwi_is_white_space(lwi_utf8_next(&next, end))) break;
        p = next;
    }
    return (size_t)(p - text.data);
}

static lw_status add(lwi_fragments *fragments, int32_t id, size_t begin, size_t end) {
    LW_TRY(lwi_grow(&lwi_malloc_allocator, &fragments->items, &fragments->capacity,
                    fragments->n + 1, sizeof *fragments->items));
    fragments->items[fragments->n++] = (lwi_fragment){id, {begin, end}};
    return LW_OK;
}

/* The next match at or after *at, which moves behind it. */
static const lwi_added_token *next_match(const lwi_added_set *set, lw_string text, size_t *at,
                                         lwi_span *match) {
    for (size_t i = *at; i < text.size; i++) {
        size_t length = 0;
        if (!set->first[(uint8_t)text.data[i]]) continue;
        const int32_t index =
            lwi_byte_trie_longest(&set->trie, text.data + i, text.size - i, &length);
        if (index < 0) continue;
        *match = (lwi_span){i, i + length};
        *at = i + length;
        return set->tokens + index;
    }
    return NULL;
}

lw_status lwi_added_set_find(const lwi_added_set *set, lw_string text, bool special,
                             lwi_fragments *fragments) {
    size_t at = 0, done = 0;
    lwi_span match;
    const lwi_added_token *token;
    while (set->n && (token = next_match(set, text, &at, &match))) {
        if (token->special && !special) continue;
        if (token->single_word && !is_alone(text, match)) continue;
        if (token->lstrip) {
            match.begin = space_before(text, match.begin);
            if (match.begin < done) match.begin = done;
        }
        if (token->rstrip) match.end = space_after(text, match.end);
        if (done < match.begin) LW_TRY(add(fragments, -1, done, match.begin));
        LW_TRY(add(fragments, token->id, match.begin, match.end));
        done = match.end;
    }
    return done < text.size ? add(fragments, -1, done, text.size) : LW_OK;
}
