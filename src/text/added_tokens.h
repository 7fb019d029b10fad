/* SPDX-License-Identifier: MIT
 * Tokens that are found in a text as they are written, before anything else is done to it. */
#ifndef LWI_ADDED_TOKENS_H
#define LWI_ADDED_TOKENS_H

#include "text/byte_trie.h"
#include "text/growing.h"

typedef struct lwi_added_token {
    int32_t id;
    lw_string text;
    bool special;        /* found only when special tokens are wanted */
    bool single_word;    /* not next to letters */
    bool lstrip, rstrip; /* takes white space before, after it along */
    bool normalized;     /* looked for after normalization */
} lwi_added_token;

/* One set of them; the tokenizer has one for the text as it is and one for the normalized text. */
typedef struct lwi_added_set {
    lwi_byte_trie trie; /* of places in the list */
    bool first[256];    /* may a token begin with the byte? */
    const lwi_added_token *tokens;
    size_t n; /* in the trie */
} lwi_added_set;

lw_status lwi_added_set_init(lwi_added_set *set, const lwi_added_token *tokens,
                             const lw_allocator *allocator);
/* tokens[index], found where text is. */
lw_status lwi_added_set_add(lwi_added_set *set, size_t index, lw_string text);
void lwi_added_set_free(lwi_added_set *set);

/* A part of a text: a token, or a span that has none. */
typedef struct lwi_fragment {
    int32_t id; /* -1: text */
    lwi_span span;
} lwi_fragment;

typedef struct lwi_fragments {
    lwi_fragment *items;
    size_t n, capacity;
} lwi_fragments;

/* Appends the parts of the text; at each place the longest token counts. */
lw_status lwi_added_set_find(const lwi_added_set *set, lw_string text, bool special,
                             lwi_fragments *fragments);

#endif
