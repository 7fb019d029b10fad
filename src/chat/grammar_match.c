/* SPDX-License-Identifier: MIT
 * The public interface to grammars; masks over a vocabulary. */
#include "lampwick/grammar.h"

#include "base/checked.h"
#include "chat/grammar_schema.h"
#include "chat/grammar_sets.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_TEXT = 16 << 20, MASKS = 256, SETS_KEPT = 1 << 14, MOST_TOKEN = 1 << 14 };

/* Tokens in the order of their bytes, so that neighbours share the beginning of their way. */
struct lw_vocabulary {
    lwi_arena arena;
    size_t count, used; /* tokens; those with bytes */
    lw_string *tokens;  /* by number */
    uint32_t *order;
    uint16_t *shared; /* bytes shared with the one before in the order */
    size_t longest;
};

struct lw_matcher {
    const lw_vocabulary *vocabulary;
    lwi_sets sets;
    uint32_t at, marked; /* sets */
    uint64_t *masks[MASKS];
    uint32_t owners[MASKS]; /* the set whose mask it is */
    size_t next_mask, words;
    uint32_t *path; /* sets along a token */
};

/* ------------------------------------------------------------------- grammars */

static lw_status new_grammar(const char *text, size_t size, lw_grammar **grammar) {
    void *block = NULL;
    if (size > MOST_TEXT)
        return lwi_fail(LW_LIMIT, "a grammar of %zu bytes; at most %d are read", size, MOST_TEXT);
    LW_TRY(lwi_alloc(&lwi_malloc_allocator, sizeof(lw_grammar), &block));
    lw_grammar *made = block;
    memset(made, 0, sizeof *made);
    lwi_arena_init(&made->arena, &lwi_malloc_allocator);
    lw_status status = lwi_grammar_parse(made, text, size);
    if (status == LW_OK) status = lwi_grammar_compile(made);
    if (status == LW_OK) status = lwi_grammar_prune(made);
    if (status == LW_OK) *grammar = made;
    else lw_grammar_free(made);
    return status;
}

lw_status lw_grammar_new(const char *gbnf, size_t size, lw_grammar **grammar) {
    if (!gbnf || !grammar) return lwi_fail(LW_INVALID, "a grammar and a place for it are needed");
    return new_grammar(gbnf, size, grammar);
}

lw_status lw_grammar_new_schema(const char *json, size_t size, lw_grammar **grammar) {
    lw_text gbnf = {NULL, 0};
    if (!grammar) return lwi_fail(LW_INVALID, "a place for the grammar is needed");
    LW_TRY(lw_schema_gbnf(json, size, &gbnf));
    const lw_status status = new_grammar(gbnf.data, gbnf.size, grammar);
    lw_text_free(&gbnf);
    return status;
}

lw_status lw_schema_gbnf(const char *json, size_t size, lw_text *gbnf) {
    lwi_buffer out = lwi_buffer_new(&lwi_malloc_allocator);
    if (!json || !gbnf) return lwi_fail(LW_INVALID, "a schema and a place for the text are needed");
    const lw_status status = lwi_schema_gbnf(json, size, &out);
    if (status == LW_OK) *gbnf = (lw_text){out.data, out.size};
    else lwi_buffer_free(&out);
    return status;
}

void lw_grammar_free(lw_grammar *grammar) {
    if (!grammar) return;
    lwi_arena_free(&grammar->arena);
    lwi_free(&lwi_malloc_allocator, grammar);
}

/* ----------------------------------------------------------------- vocabulary */

static int compare_bytes(const lw_string *a, const lw_string *b) {
    const int c = memcmp(a->data, b->data, a->size < b->size ? a->size : b->size);
    return c ? c : a->size < b->size ? -1 : a->size > b->size;
}

typedef struct numbered {
    lw_string text;
    uint32_t token;
} numbered;

static int compare_numbered(const void *a, const void *b) {
    const numbered *x = a, *y = b;
    const int c = compare_bytes(&x->text, &y->text);
    return c ? c : x->token < y->token ? -1 : 1;
}

/* Puts the tokens that are used in the order of their texts. */
static lw_status order_tokens(lw_vocabulary *v) {
    numbered *all = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, v->used, sizeof *all, &all));
    for (size_t i = 0; i < v->used; i++)
        all[i] = (numbered){v->tokens[v->order[i]], v->order[i]};
    if (v->used) qsort(all, v->used, sizeof *all, compare_numbered);
    for (size_t i = 0; i < v->used; i++)
        v->order[i] = all[i].token;
    lwi_free(&lwi_malloc_allocator, all);
    return LW_OK;
}

static uint16_t shared_bytes(const lw_string *a, const lw_string *b) {
    size_t n = 0;
    while (n < a->size && n < b->size && a->data[n] == b->data[n])
        n++;
    return (uint16_t)n;
}

static lw_status take_tokens(lw_vocabulary *v, const lw_string *tokens, size_t count) {
    if (count > UINT32_MAX / 4) return lwi_fail(LW_LIMIT, "a vocabulary of %zu tokens", count);
    v->count = count;
    LW_TRY(lwi_arena_alloc(&v->arena, count, sizeof *v->tokens, &v->tokens));
    LW_TRY(lwi_arena_alloc(&v->arena, count, sizeof *v->order, &v->order));
    LW_TRY(lwi_arena_alloc(&v->arena, count, sizeof *v->shared, &v->shared));
    for (size_t i = 0; i < count; i++) {
        if (!tokens[i].size || tokens[i].size > MOST_TOKEN) continue;
        LW_TRY(lwi_arena_string(&v->arena, tokens[i].data, tokens[i].size, &v->tokens[i].data));
        v->tokens[i].size = tokens[i].size;
        v->order[v->used++] = (uint32_t)i;
        if (tokens[i].size > v->longest) v->longest = tokens[i].size;
    }
    LW_TRY(order_tokens(v));
    for (size_t i = 1; i < v->used; i++)
        v->shared[i] = shared_bytes(&v->tokens[v->order[i - 1]], &v->tokens[v->order[i]]);
    return LW_OK;
}

lw_status lw_vocabulary_new(const lw_string *tokens, size_t count, lw_vocabulary **vocabulary) {
    void *block = NULL;
    if ((count && !tokens) || !vocabulary)
        return lwi_fail(LW_INVALID, "tokens and a place for the vocabulary are needed");
    LW_TRY(lwi_alloc(&lwi_malloc_allocator, sizeof(lw_vocabulary), &block));
    lw_vocabulary *v = block;
    memset(v, 0, sizeof *v);
    lwi_arena_init(&v->arena, &lwi_malloc_allocator);
    const lw_status status = take_tokens(v, tokens, count);
    if (status == LW_OK) *vocabulary = v;
    else lw_vocabulary_free(v);
    return status;
}

void lw_vocabulary_free(lw_vocabulary *v) {
    if (!v) return;
    lwi_arena_free(&v->arena);
    lwi_free(&lwi_malloc_allocator, v);
}

/* -------------------------------------------------------------------- matcher */

static lw_status prepare(lw_matcher *m, const lw_grammar *grammar) {
    LW_TRY(lwi_sets_init(&m->sets, grammar));
    if (m->vocabulary) {
        m->words = (m->vocabulary->count + 63) / 64;
        LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, m->vocabulary->longest + 1, sizeof *m->path,
                               &m->path));
    }
    LW_TRY(lwi_sets_start(&m->sets, &m->at));
    m->marked = m->at;
    return LW_OK;
}

lw_status lw_matcher_new(const lw_grammar *grammar, const lw_vocabulary *vocabulary,
                         lw_matcher **matcher) {
    void *block = NULL;
    if (!grammar || !matcher)
        return lwi_fail(LW_INVALID, "a grammar and a place for the matcher are needed");
    LW_TRY(lwi_alloc(&lwi_malloc_allocator, sizeof(lw_matcher), &block));
    lw_matcher *m = block;
    memset(m, 0, sizeof *m);
    m->vocabulary = vocabulary;
    const lw_status status = prepare(m, grammar);
    if (status == LW_OK) *matcher = m;
    else lw_matcher_free(m);
    return status;
}

void lw_matcher_free(lw_matcher *m) {
    if (!m) return;
    for (size_t i = 0; i < MASKS; i++)
        lwi_free(&lwi_malloc_allocator, m->masks[i]);
    lwi_free(&lwi_malloc_allocator, m->path);
    if (m->sets.grammar) lwi_sets_free(&m->sets);
    lwi_free(&lwi_malloc_allocator, m);
}

lw_status lw_matcher_reset(lw_matcher *m) {
    if (!m) return lwi_fail(LW_INVALID, "a matcher is needed");
    return lwi_sets_start(&m->sets, &m->at);
}

bool lw_matcher_complete(const lw_matcher *m) { return m && m->sets.sets[m->at].complete; }

void lw_matcher_mark(lw_matcher *m) {
    if (m) m->marked = m->at;
}

void lw_matcher_back(lw_matcher *m) {
    if (m) m->at = m->marked;
}

/* When there are too many sets, all but those in use are forgotten, and the masks with them. */
static lw_status tidy(lw_matcher *m) {
    if (m->sets.set_count < SETS_KEPT) return LW_OK;
    uint32_t kept[2] = {m->at, m->marked};
    LW_TRY(lwi_sets_restart(&m->sets, kept, 2));
    m->at = kept[0], m->marked = kept[1];
    memset(m->owners, 0, sizeof m->owners);
    return LW_OK;
}

lw_status lw_matcher_text(lw_matcher *m, const char *text, size_t size) {
    if (!m || (size && !text)) return lwi_fail(LW_INVALID, "a matcher and a text are needed");
    LW_TRY(tidy(m));
    uint32_t at = m->at;
    for (size_t i = 0; i < size; i++) {
        LW_TRY(lwi_sets_step(&m->sets, at, (uint8_t)text[i], &at));
        if (at == LWI_DEAD)
            return lwi_fail(LW_RANGE, "the grammar does not allow byte %zu of the text", i);
    }
    m->at = at;
    return LW_OK;
}

lw_status lw_matcher_token(lw_matcher *m, size_t token) {
    if (!m || !m->vocabulary || token >= m->vocabulary->count || !m->vocabulary->tokens[token].size)
        return lwi_fail(LW_RANGE, "a matcher and a token with bytes are needed");
    const lw_string *bytes = &m->vocabulary->tokens[token];
    return lw_matcher_text(m, bytes->data, bytes->size);
}

/* Each token goes on where the one before it came along; behind a dead end all are left out. */
static lw_status fill_mask(lw_matcher *m, uint64_t *mask) {
    const lw_vocabulary *v = m->vocabulary;
    size_t dead = SIZE_MAX; /* the byte at which the way ended */
    memset(mask, 0, m->words * sizeof *mask);
    m->path[0] = m->at;
    for (size_t i = 0; i < v->used; i++) {
        if (v->shared[i] > dead) continue;
        const lw_string *token = &v->tokens[v->order[i]];
        size_t depth = v->shared[i];
        for (dead = SIZE_MAX; depth < token->size && dead == SIZE_MAX; depth++) {
            const lwi_set *set = &m->sets.sets[m->path[depth]];
            uint32_t next = set->next ? set->next[(uint8_t)token->data[depth]] : LWI_UNKNOWN;
            if (next == LWI_UNKNOWN)
                LW_TRY(lwi_sets_step(&m->sets, m->path[depth], (uint8_t)token->data[depth], &next));
            m->path[depth + 1] = next;
            if (next == LWI_DEAD) dead = depth;
        }
        if (dead == SIZE_MAX) mask[v->order[i] / 64] |= UINT64_C(1) << v->order[i] % 64;
    }
    return LW_OK;
}

lw_status lw_matcher_mask(lw_matcher *m, const uint64_t **mask) {
    if (!m || !m->vocabulary || !mask)
        return lwi_fail(LW_INVALID, "a matcher with a vocabulary, and a place, are needed");
    LW_TRY(tidy(m));
    const uint32_t known = m->sets.sets[m->at].mask;
    if (known != LWI_UNKNOWN && m->owners[known] == m->at) {
        *mask = m->masks[known];
        return LW_OK;
    }
    const size_t slot = m->next_mask;
    if (!m->masks[slot])
        LW_TRY(
            lwi_alloc_array(&lwi_malloc_allocator, m->words, sizeof **m->masks, &m->masks[slot]));
    m->owners[slot] = LWI_DEAD;
    LW_TRY(fill_mask(m, m->masks[slot]));
    m->owners[slot] = m->at;
    m->sets.sets[m->at].mask = (uint32_t)slot;
    m->next_mask = (slot + 1) % MASKS;
    *mask = m->masks[slot];
    return LW_OK;
}
