/* SPDX-License-Identifier: MIT
 * Values wait on a stack; when an array or object ends, its children move to the arena together. */
#include "base/json_read.h"

#include "base/checked.h"
#include "base/hash.h"
#include "base/json_scan.h"
#include "base/random.h"
#include "base/text_number.h"

#include <math.h>
#include <string.h>

enum { DEPTH = 64, MOST_DEPTH = 1024, FEW_KEYS = 8 };

typedef struct reader {
    lwi_json_scan scan;
    lwi_json_limits limits;
    lwi_arena *arena;
    lwi_json_item *stack;
    size_t count, capacity, items;
    uint32_t *slots; /* of the keys seen in an object that ends */
    size_t slot_capacity;
    uint64_t seed; /* nobody can prepare keys that collide */
    unsigned depth;
} reader;

static lw_status wrong(const reader *r, const char *what) {
    return lwi_json_wrong(&r->scan, LW_CORRUPT, r->scan.at, what);
}

static void skip_space(reader *r) {
    while (*r->scan.at == ' ' || *r->scan.at == '\n' || *r->scan.at == '\t' || *r->scan.at == '\r')
        r->scan.at++;
}

static bool skip_word(reader *r, const char *word) {
    const size_t n = strlen(word);
    if ((size_t)(r->scan.end - r->scan.at) < n || memcmp(r->scan.at, word, n)) return false;
    r->scan.at += n;
    return true;
}

/* ------------------------------------------------------------------- values */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static lw_status digits(reader *r) {
    if (!is_digit(*r->scan.at)) return wrong(r, "expected a digit");
    while (is_digit(*r->scan.at))
        r->scan.at++;
    return LW_OK;
}

static lw_status read_number(reader *r, lwi_json_item *item) {
    char *start = r->scan.at;
    item->kind = LWI_JSON_NUMBER;
    if (*r->scan.at == '-') r->scan.at++;
    if (r->limits.python_numbers && skip_word(r, "Infinity")) {
        item->number = *start == '-' ? -INFINITY : INFINITY;
        return LW_OK;
    }
    if (*r->scan.at == '0' && is_digit(r->scan.at[1]))
        return wrong(r, "a number must not begin with 0");
    LW_TRY(digits(r));
    bool whole = true;
    if (*r->scan.at == '.') {
        whole = false, r->scan.at++;
        LW_TRY(digits(r));
    }
    if ((*r->scan.at | 32) == 'e') {
        whole = false, r->scan.at++;
        if (*r->scan.at == '+' || *r->scan.at == '-') r->scan.at++;
        LW_TRY(digits(r));
    }
    const size_t n = (size_t)(r->scan.at - start);
    item->is_integer = whole && lwi_text_integer(start, n, false, &item->integer);
    if (!item->is_integer) (void)lwi_text_double(start, n, &item->number); /* its form is right */
    return LW_OK;
}

static lw_status read_word(reader *r, lwi_json_item *item) {
    if (skip_word(r, "null")) {
        item->kind = LWI_JSON_NULL;
    } else if (skip_word(r, "true") || skip_word(r, "false")) {
        item->kind = LWI_JSON_BOOL;
        item->truth = r->scan.at[-2] == 'u';
    } else if (r->limits.python_numbers && skip_word(r, "NaN")) {
        item->kind = LWI_JSON_NUMBER;
        item->number = NAN;
    } else {
        return wrong(r, r->scan.at == r->scan.end ? "the text ends where a value is expected"
                                                  : "expected a value");
    }
    return LW_OK;
}

static lw_status read_children(reader *r, lwi_json_item *item, char open);

static lw_status read_value(reader *r, lwi_json_item *item) {
    if (++r->items > r->limits.items)
        return lwi_fail(LW_LIMIT, "JSON of more than %zu values", r->limits.items);
    const char c = *r->scan.at;
    if (c == '"') {
        r->scan.at++;
        item->kind = LWI_JSON_STRING;
        return lwi_json_scan_string(&r->scan, &item->text, &item->size);
    }
    if (c == '{' || c == '[') return read_children(r, item, c);
    if (c == '-' || is_digit(c) || c == 'I') return read_number(r, item);
    return read_word(r, item);
}

/* --------------------------------------------------------- arrays and objects */

static bool same_key(const lwi_json_item *a, const lwi_json_item *b) {
    return a->key_size == b->key_size && !memcmp(a->key, b->key, a->key_size);
}

/* The first of n members that has the key of `member`, otherwise NULL; it is then remembered. */
static lwi_json_item *seen(reader *r, lwi_json_item *members, size_t n, size_t mask,
                           const lwi_json_item *member) {
    if (!mask) {
        for (size_t i = 0; i < n; i++)
            if (same_key(&members[i], member)) return &members[i];
        return NULL;
    }
    size_t i = lwi_hash(r->seed, member->key, member->key_size) & mask;
    for (; r->slots[i]; i = (i + 1) & mask)
        if (same_key(&members[r->slots[i] - 1], member)) return &members[r->slots[i] - 1];
    r->slots[i] = (uint32_t)n + 1;
    return NULL;
}

static lw_status prepare_slots(reader *r, size_t n, size_t *mask) {
    size_t size = 4 * FEW_KEYS;
    while (size < 2 * n)
        size *= 2;
    LW_TRY(lwi_grow(&r->arena->allocator, &r->slots, &r->slot_capacity, size, sizeof *r->slots));
    memset(r->slots, 0, size * sizeof *r->slots);
    *mask = size - 1;
    return LW_OK;
}

/* Keys that come twice: one member stays, in the first one's place with the last one's value. */
static lw_status settle_keys(reader *r, lwi_json_item *members, size_t *count) {
    size_t n = 0, mask = 0;
    if (*count > FEW_KEYS) LW_TRY(prepare_slots(r, *count, &mask));
    for (size_t i = 0; i < *count; i++) {
        lwi_json_item *before = seen(r, members, n, mask, &members[i]);
        if (before && r->limits.unique_keys)
            return lwi_json_wrong(&r->scan, LW_CORRUPT, members[i].key,
                                  "the object has this key twice");
        if (before) *before = members[i];
        else members[n++] = members[i];
    }
    *count = n;
    return LW_OK;
}

static lw_status read_key(reader *r, lwi_json_item *member) {
    size_t size;
    if (*r->scan.at != '"') return wrong(r, "expected a key in quotes");
    r->scan.at++;
    LW_TRY(lwi_json_scan_string(&r->scan, &member->key, &size));
    member->key_size = (uint32_t)size;
    skip_space(r);
    if (*r->scan.at != ':') return wrong(r, "expected ':'");
    r->scan.at++;
    skip_space(r);
    return LW_OK;
}

/* One child and what follows it; *last if that is the closing bracket. */
static lw_status read_child(reader *r, char open, bool *last) {
    lwi_json_item child = {0};
    const char close = open == '{' ? '}' : ']';
    skip_space(r);
    if (open == '{') LW_TRY(read_key(r, &child));
    LW_TRY(read_value(r, &child));
    LW_TRY(lwi_grow(&r->arena->allocator, &r->stack, &r->capacity, r->count + 1, sizeof child));
    r->stack[r->count++] = child;
    skip_space(r);
    *last = *r->scan.at == close;
    if (!*last && *r->scan.at != ',')
        return wrong(r, open == '{' ? "expected ',' or '}'" : "expected ',' or ']'");
    r->scan.at++;
    return LW_OK;
}

static lw_status read_children(reader *r, lwi_json_item *item, char open) {
    if (r->depth == r->limits.depth)
        return lwi_json_wrong(&r->scan, LW_LIMIT, r->scan.at, "nested too deep");
    r->depth++;
    r->scan.at++;
    const size_t first = r->count;
    skip_space(r);
    bool last = *r->scan.at == (open == '{' ? '}' : ']');
    if (last) r->scan.at++;
    while (!last)
        LW_TRY(read_child(r, open, &last));
    item->kind = open == '{' ? LWI_JSON_OBJECT : LWI_JSON_ARRAY;
    item->size = r->count - first;
    if (open == '{' && item->size) LW_TRY(settle_keys(r, r->stack + first, &item->size));
    const size_t bytes = item->size * sizeof *item;
    if (bytes) LW_TRY(lwi_arena_copy(r->arena, r->stack + first, bytes, &item->items));
    r->count = first;
    r->depth--;
    return LW_OK;
}

/* ----------------------------------------------------------------- document */

static lw_status read_document(reader *r, lwi_json_item *root) {
    skip_space(r);
    LW_TRY(read_value(r, root));
    skip_space(r);
    if (r->scan.at != r->scan.end) return wrong(r, "something follows the value");
    return LW_OK;
}

static lwi_json_limits settled(const lwi_json_limits *limits) {
    lwi_json_limits l = limits ? *limits : (lwi_json_limits){0};
    const size_t most = UINT32_MAX / 4; /* keys, members and slots are counted in 32 bits */
    if (!l.bytes || l.bytes > most) l.bytes = most;
    if (!l.items || l.items > most) l.items = (size_t)1 << 26;
    if (!l.depth) l.depth = DEPTH;
    if (l.depth > MOST_DEPTH) l.depth = MOST_DEPTH;
    return l;
}

lw_status lwi_json_parse(lwi_arena *arena, const char *text, size_t size,
                         const lwi_json_limits *limits, const lwi_json_item **root) {
    reader r = {.limits = settled(limits), .arena = arena, .seed = lwi_random_key()};
    if (size > r.limits.bytes)
        return lwi_fail(LW_LIMIT, "JSON of %zu bytes; at most %zu are read", size, r.limits.bytes);
    const char *copy = NULL;
    LW_TRY(lwi_arena_string(arena, text, size, &copy));
    r.scan = (lwi_json_scan){(char *)copy, (char *)copy + size, text, copy};
    lwi_json_item *item = NULL;
    LW_TRY(lwi_arena_alloc(arena, 1, sizeof *item, &item));
    const lw_status status = read_document(&r, item);
    lwi_free(&arena->allocator, r.stack);
    lwi_free(&arena->allocator, r.slots);
    if (status == LW_OK) *root = item;
    return status;
}

/* ------------------------------------------------------------------- look up */

bool lwi_json_is(const lwi_json_item *item, lwi_json_kind kind) {
    return item && item->kind == kind;
}

const lwi_json_item *lwi_json_get(const lwi_json_item *object, const char *key) {
    if (!lwi_json_is(object, LWI_JSON_OBJECT)) return NULL;
    const size_t n = strlen(key);
    for (size_t i = 0; i < object->size; i++)
        if (object->items[i].key_size == n && !memcmp(object->items[i].key, key, n))
            return &object->items[i];
    return NULL;
}

int64_t lwi_json_int(const lwi_json_item *object, const char *key, int64_t missing) {
    const lwi_json_item *item = lwi_json_get(object, key);
    return lwi_json_is(item, LWI_JSON_NUMBER) && item->is_integer ? item->integer : missing;
}

double lwi_json_number(const lwi_json_item *object, const char *key, double missing) {
    const lwi_json_item *item = lwi_json_get(object, key);
    if (!lwi_json_is(item, LWI_JSON_NUMBER)) return missing;
    return item->is_integer ? (double)item->integer : item->number;
}

bool lwi_json_bool(const lwi_json_item *object, const char *key, bool missing) {
    const lwi_json_item *item = lwi_json_get(object, key);
    return lwi_json_is(item, LWI_JSON_BOOL) ? item->truth : missing;
}

const char *lwi_json_text(const lwi_json_item *object, const char *key, const char *missing) {
    const lwi_json_item *item = lwi_json_get(object, key);
    return lwi_json_is(item, LWI_JSON_STRING) ? item->text : missing;
}

lw_status lwi_json_index_make(lwi_arena *arena, const lwi_json_item *object,
                              lwi_json_index *index) {
    lwi_json_index made = {.object = object, .mask = 7, .seed = lwi_random_key()};
    const size_t n = lwi_json_is(object, LWI_JSON_OBJECT) ? object->size : 0;
    while (made.mask < 2 * n)
        made.mask = made.mask * 2 + 1;
    LW_TRY(lwi_arena_alloc(arena, made.mask + 1, sizeof *made.slots, &made.slots));
    for (size_t k = 0; k < n; k++) {
        const lwi_json_item *member = &object->items[k];
        size_t i = lwi_hash(made.seed, member->key, member->key_size) & made.mask;
        while (made.slots[i])
            i = (i + 1) & made.mask;
        made.slots[i] = (uint32_t)k + 1;
    }
    *index = made;
    return LW_OK;
}

const lwi_json_item *lwi_json_index_get(const lwi_json_index *index, const char *key, size_t size) {
    for (size_t i = lwi_hash(index->seed, key, size) & index->mask; index->slots[i];
         i = (i + 1) & index->mask) {
        const lwi_json_item *member = &index->object->items[index->slots[i] - 1];
        if (member->key_size == size && !memcmp(member->key, key, size)) return member;
    }
    return NULL;
}
