/* SPDX-License-Identifier: MIT
 * TfIdfVectorizer (ONNX 9): counts in each row the n-grams of a pool, also with tokens left out
 * between theirs, and weighs the counts. */
#include "base/checked.h"
#include "ops/op.h"

#include <string.h>

enum { NONE = -1 };

/* The pool as a tree: an n-gram is a path from the root. A step to a child is found by hashing the
 * parent's number and the token. */
typedef struct step {
    int64_t parent, token, child; /* child NONE: unused */
} step;

typedef struct pool {
    lwi_call *call;
    const int64_t *integers;  /* tokens of the pool: these ... */
    const lw_string *strings; /* ... or these */
    size_t n_tokens;
    const int64_t *starts, *indexes; /* of the n-grams by length; columns of the n-grams */
    size_t n_lengths, n_grams;
    const float *weights;
    size_t n_weights;
    int64_t columns;
    step *steps;        /* hash tables with mask + 1 places */
    int64_t *token_ids; /* of strings: number of the pool's token, or NONE */
    size_t mask;
    int64_t *column; /* by child: of the n-gram that ends there, or NONE */
    int64_t n_children;
} pool;

static size_t mix(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (size_t)(x ^ x >> 31);
}

static size_t hash_string(const lw_string *s) {
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < s->size; i++)
        h = (h ^ (unsigned char)s->data[i]) * UINT64_C(0x100000001b3);
    return mix(h);
}

static bool equal(const lw_string *a, const lw_string *b) {
    return a->size == b->size && (a->size == 0 || !memcmp(a->data, b->data, a->size));
}

/* The number that stands for a string: that of its first place in the pool. NONE if it is not
 * there; then it is entered as `own` unless that is NONE too. */
static int64_t token_of(const pool *p, const lw_string *s, int64_t own) {
    size_t at = hash_string(s) & p->mask;
    for (; p->token_ids[at] != NONE; at = (at + 1) & p->mask)
        if (equal(&p->strings[p->token_ids[at]], s)) return p->token_ids[at];
    p->token_ids[at] = own;
    return own;
}

/* Where the step from a parent by a token is, or where it would be entered. */
static step *find_step(const pool *p, int64_t parent, int64_t token) {
    size_t at = mix((uint64_t)parent * UINT64_C(0x9e3779b97f4a7c15) ^ mix((uint64_t)token));
    for (at &= p->mask; p->steps[at].child != NONE; at = (at + 1) & p->mask)
        if (p->steps[at].parent == parent && p->steps[at].token == token) break;
    return &p->steps[at];
}

/* ------------------------------------------------------------ reading it in */

static lw_status check_pool(const pool *p) {
    size_t grams = 0;
    for (size_t i = 0; i < p->n_lengths; i++) {
        const int64_t begin = p->starts[i];
        const int64_t end = i + 1 < p->n_lengths ? p->starts[i + 1] : (int64_t)p->n_tokens;
        if (begin < 0 || end < begin || end > (int64_t)p->n_tokens ||
            (end - begin) % (int64_t)(i + 1) != 0)
            return lwi_call_fail(p->call, LW_CORRUPT,
                                 "ngram_counts: %zu-grams cannot be tokens "
                                 "%lld to %lld of %zu",
                                 i + 1, (long long)begin, (long long)end, p->n_tokens);
        grams += (size_t)(end - begin) / (i + 1);
    }
    if (grams != p->n_grams)
        return lwi_call_fail(p->call, LW_CORRUPT,
                             "there are %zu n-grams, but ngram_indexes has "
                             "%zu",
                             grams, p->n_grams);
    for (size_t i = 0; i < p->n_grams; i++)
        if (p->indexes[i] < 0 || p->indexes[i] == INT64_MAX)
            return lwi_call_fail(p->call, LW_RANGE, "ngram_indexes has %lld",
                                 (long long)p->indexes[i]);
    return LW_OK;
}

static lw_status read_pool(lwi_call *c, pool *p) {
    size_t n_strings = 0;
    *p = (pool){.call = c};
    p->integers = lwi_attr_ints(c->node, "pool_int64s", &p->n_tokens);
    p->strings = lwi_attr_strings(c->node, "pool_strings", &n_strings);
    if (n_strings > 0 && p->n_tokens > 0)
        return lwi_call_fail(c, LW_CORRUPT, "has both pool_int64s and pool_strings");
    if (n_strings > 0) p->n_tokens = n_strings;
    else p->strings = NULL;
    if (p->n_tokens > 0 && (p->strings != NULL) != (c->in[0]->dtype == LW_STRING))
        return lwi_call_fail(c, LW_TYPE, "the input is not of the pool's type");
    p->starts = lwi_attr_ints(c->node, "ngram_counts", &p->n_lengths);
    p->indexes = lwi_attr_ints(c->node, "ngram_indexes", &p->n_grams);
    p->weights = lwi_attr_floats(c->node, "weights", &p->n_weights);
    LW_TRY(check_pool(p));
    for (size_t i = 0; i < p->n_grams; i++)
        if (p->indexes[i] >= p->columns) p->columns = p->indexes[i] + 1;
    return LW_OK;
}

static lw_status open_tables(pool *p) {
    size_t places = 4;
    while (places < 2 * p->n_tokens)
        places *= 2;
    p->mask = places - 1;
    LW_TRY(lwi_scratch(p->call, places, sizeof *p->steps, &p->steps));
    LW_TRY(lwi_scratch(p->call, places, sizeof *p->token_ids, &p->token_ids));
    LW_TRY(lwi_scratch(p->call, p->n_tokens, sizeof *p->column, &p->column));
    for (size_t i = 0; i < places; i++)
        p->steps[i].child = p->token_ids[i] = NONE;
    return LW_OK;
}

/* An n-gram that begins at token `first` of the pool. */
static void enter(pool *p, size_t first, size_t length, int64_t column) {
    int64_t node = NONE;
    for (size_t i = first; i < first + length; i++) {
        const int64_t token = p->strings ? token_of(p, &p->strings[i], (int64_t)i) : p->integers[i];
        step *s = find_step(p, node, token);
        if (s->child == NONE) {
            *s = (step){node, token, p->n_children++};
            p->column[s->child] = NONE;
        }
        node = s->child;
    }
    p->column[node] = column;
}

static void build(pool *p, int64_t shortest, int64_t longest) {
    size_t gram = 0;
    for (size_t i = 0; i < p->n_lengths; i++) {
        const size_t end = i + 1 < p->n_lengths ? (size_t)p->starts[i + 1] : p->n_tokens;
        const bool wanted = (int64_t)i + 1 >= shortest && (int64_t)i + 1 <= longest;
        for (size_t at = (size_t)p->starts[i]; at < end; at += i + 1, gram++)
            if (wanted) enter(p, at, i + 1, p->indexes[gram]);
    }
}

/* ---------------------------------------------------------------- counting */

/* A token of the input by the pool's number; what is not in the pool has none. */
static bool read_token(const pool *p, size_t i, int64_t *token) {
    const lw_value *x = p->call->in[0];
    if (!p->strings) {
        *token = lwi_get_int(x, i);
        return true;
    }
    *token = token_of(p, (const lw_string *)x->data + i, NONE);
    return *token != NONE;
}

/* All n-grams of at least `shortest` tokens, which stand `distance` apart. */
static void count_grams(const pool *p, size_t begin, size_t n, size_t distance, int64_t shortest,
                        float *y) {
    for (size_t start = 0; start < n; start++) {
        int64_t node = NONE, token = 0, length = 1;
        for (size_t at = start; at < n && read_token(p, begin + at, &token); at += distance) {
            node = find_step(p, node, token)->child;
            if (node == NONE) break;
            if (length++ >= shortest && p->column[node] != NONE) y[p->column[node]]++;
        }
    }
}

static lw_status count_row(const pool *p, size_t begin, size_t n, float *y) {
    const lwi_node *node = p->call->node;
    const int64_t most_skipped = lwi_attr_int(node, "max_skip_count", 0);
    int64_t shortest = lwi_attr_int(node, "min_gram_length", 1);
    for (int64_t skipped = 0; skipped <= most_skipped && skipped < (int64_t)n; skipped++) {
        LW_TRY(lwi_check_cancel(p->call));
        count_grams(p, begin, n, (size_t)skipped + 1, shortest, y);
        if (shortest == 1) shortest = 2; /* single tokens have no distance: counted once */
    }
    return LW_OK;
}

static void weigh(const pool *p, bool count_once, bool weighted, float *y) {
    for (int64_t i = 0; i < p->columns; i++) {
        if (count_once && y[i] > 1) y[i] = 1;
        if (weighted && i < (int64_t)p->n_weights) y[i] *= p->weights[i];
    }
}

/* --------------------------------------------------------------- operator */

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[0];
    pool p;
    LW_TRY(lwi_need_rank(c, 0, 0, 2));
    LW_TRY(read_pool(c, &p));
    const int64_t dims[2] = {x->rank == 2 ? x->dims[0] : p.columns, p.columns};
    return lwi_out(c, 0, LW_FLOAT32, x->rank == 2 ? 2 : 1, dims);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    const bool once = lwi_attr_is(c->node, "mode", "IDF");
    const bool weighted = once || lwi_attr_is(c->node, "mode", "TFIDF");
    float *y = c->out[0]->data;
    pool p;
    if (!weighted && !lwi_attr_is(c->node, "mode", "TF"))
        return lwi_call_fail(c, LW_INVALID, "there is no mode '%s'",
                             lwi_attr_string(c->node, "mode", ""));
    LW_TRY(read_pool(c, &p));
    LW_TRY(open_tables(&p));
    build(&p, lwi_attr_int(c->node, "min_gram_length", 1),
          lwi_attr_int(c->node, "max_gram_length", 1));
    const size_t rows = x->rank == 2 ? (size_t)x->dims[0] : 1, n = rows ? x->count / rows : 0;
    if (c->out[0]->count == 0) return LW_OK;
    memset(y, 0, c->out[0]->bytes);
    for (size_t row = 0; row < rows; row++, y += p.columns) {
        LW_TRY(count_row(&p, row * n, n, y));
        weigh(&p, once, weighted, y);
    }
    return LW_OK;
}

const lwi_op lwi_op_tf_idf_vectorizer = {.infer = infer, .run = run};
