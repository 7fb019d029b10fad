/* SPDX-License-Identifier: MIT
 * Schemas that hold at the same time as one: allOf, and what stands beside anyOf, oneOf and $ref.
 */
#include "chat/grammar_schema.h"

#include <string.h>

enum { MOST_MERGES = 10000, MOST_CHOICES = 256 };

typedef lw_status merge_fn(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                           lwi_json_item *to);

static lw_status merge(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                       lwi_json_item *to);

static lw_status new_items(lwi_schema *c, size_t n, lwi_json_item **items) {
    return lwi_arena_alloc(&c->arena, n + 1, sizeof **items, items);
}

bool lwi_schema_same(const lwi_json_item *a, const lwi_json_item *b) {
    if (a->kind != b->kind) return false;
    const size_t n = a->kind == LWI_JSON_ARRAY || a->kind == LWI_JSON_OBJECT ? a->size : 0;
    switch ((lwi_json_kind)a->kind) {
    case LWI_JSON_NULL:
        return true;
    case LWI_JSON_BOOL:
        return a->truth == b->truth;
    case LWI_JSON_NUMBER:
        if (a->is_integer && b->is_integer) return a->integer == b->integer;
        return (a->is_integer ? (double)a->integer : a->number) ==
               (b->is_integer ? (double)b->integer : b->number);
    case LWI_JSON_STRING:
        return a->size == b->size && !memcmp(a->text, b->text, a->size);
    case LWI_JSON_ARRAY:
    case LWI_JSON_OBJECT:
        break;
    }
    if (b->size != n) return false;
    for (size_t i = 0; i < n; i++)
        if ((a->kind == LWI_JSON_OBJECT && strcmp(a->items[i].key, b->items[i].key) != 0) ||
            !lwi_schema_same(a->items + i, b->items + i))
            return false;
    return true;
}

/* ------------------------------------------------------------- single keywords */

static lw_status first(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                       lwi_json_item *to) {
    (void)c;
    (void)b;
    *to = *a;
    return LW_OK;
}

static lw_status equal(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                       lwi_json_item *to) {
    (void)c;
    (void)to;
    return lwi_schema_same(a, b) ? LW_OK : lwi_schema_unsupported(a->key);
}

static lw_status bound(const lwi_json_item *a, const lwi_json_item *b, bool larger,
                       lwi_json_item *to) {
    if (!lwi_json_is(a, LWI_JSON_NUMBER) || !lwi_json_is(b, LWI_JSON_NUMBER))
        return lwi_schema_same(a, b) ? LW_OK : lwi_schema_unsupported(a->key);
    const double x = a->is_integer ? (double)a->integer : a->number;
    const double y = b->is_integer ? (double)b->integer : b->number;
    if (larger ? y > x : y < x) *to = *b;
    return LW_OK;
}

static lw_status larger(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                        lwi_json_item *to) {
    (void)c;
    return bound(a, b, true, to);
}

static lw_status smaller(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                         lwi_json_item *to) {
    (void)c;
    return bound(a, b, false, to);
}

/* Elements of a for which b has one that fits. */
static lw_status common(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                        bool (*fits)(const lwi_json_item *, const lwi_json_item *),
                        lwi_json_item *to) {
    lwi_json_item *items = NULL;
    size_t n = 0;
    LW_TRY(new_items(c, a->size, &items));
    for (size_t i = 0; i < a->size; i++) {
        bool found = false;
        for (size_t k = 0; k < b->size && !found; k++)
            found = fits(a->items + i, b->items + k);
        if (found) items[n++] = a->items[i];
    }
    to->items = items;
    to->size = n;
    return LW_OK;
}

static lw_status values(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                        lwi_json_item *to) {
    if (!lwi_json_is(a, LWI_JSON_ARRAY) || !lwi_json_is(b, LWI_JSON_ARRAY))
        return lwi_fail(LW_CORRUPT, "JSON schema: 'enum' wants an array");
    return common(c, a, b, lwi_schema_same, to);
}

static bool is_word(const lwi_json_item *a, const char *word) {
    return lwi_json_is(a, LWI_JSON_STRING) && !strcmp(a->text, word);
}

/* Whole numbers are numbers. */
static bool is_part(const lwi_json_item *a, const lwi_json_item *b) {
    return lwi_schema_same(a, b) || (is_word(a, "integer") && is_word(b, "number"));
}

static lwi_json_item listed(const lwi_json_item *a) {
    if (lwi_json_is(a, LWI_JSON_ARRAY)) return *a;
    return (lwi_json_item){.kind = LWI_JSON_ARRAY, .size = 1, .items = a};
}

/* A type that is in both lists, or is part of one in the other. */
static lw_status types(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                       lwi_json_item *to) {
    const lwi_json_item x = listed(a), y = listed(b);
    lwi_json_item both[2] = {{.kind = LWI_JSON_ARRAY}, {.kind = LWI_JSON_ARRAY}};
    lwi_json_item *items = NULL;
    size_t n = 0;
    LW_TRY(common(c, &x, &y, is_part, both));
    LW_TRY(common(c, &y, &x, is_part, both + 1));
    LW_TRY(new_items(c, both[0].size + both[1].size, &items));
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < both[i].size; k++) {
            bool there = false;
            for (size_t j = 0; j < n; j++)
                there |= lwi_schema_same(items + j, both[i].items + k);
            if (!there) items[n++] = both[i].items[k];
        }
    to->kind = LWI_JSON_ARRAY;
    to->items = items;
    to->size = n;
    return LW_OK;
}

static lw_status join(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                      lwi_json_item *to) {
    lwi_json_item *items = NULL;
    if (!lwi_json_is(a, LWI_JSON_ARRAY) || !lwi_json_is(b, LWI_JSON_ARRAY))
        return lwi_fail(LW_CORRUPT, "JSON schema: '%s' wants an array", a->key);
    LW_TRY(new_items(c, a->size + b->size, &items));
    memcpy(items, a->items, a->size * sizeof *items);
    memcpy(items + a->size, b->items, b->size * sizeof *items);
    to->items = items;
    to->size = a->size + b->size;
    return LW_OK;
}

/* All pairs of alternatives. */
static lw_status choices(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                         lwi_json_item *to) {
    lwi_json_item *items = NULL;
    if (!lwi_json_is(a, LWI_JSON_ARRAY) || !lwi_json_is(b, LWI_JSON_ARRAY))
        return lwi_fail(LW_CORRUPT, "JSON schema: '%s' wants schemas", a->key);
    if (a->size > MOST_CHOICES || b->size > MOST_CHOICES || a->size * b->size > MOST_CHOICES)
        return lwi_fail(LW_LIMIT, "JSON schema: more than %d combinations", MOST_CHOICES);
    LW_TRY(new_items(c, a->size * b->size, &items));
    size_t n = 0;
    for (size_t i = 0; i < a->size * b->size; i++) {
        LW_TRY(merge(c, a->items + i / b->size, b->items + i % b->size, items + n));
        n += !lwi_json_is(items + n, LWI_JSON_BOOL) || items[n].truth || i + 1 == a->size * b->size;
    }
    to->items = items; /* without those that nothing fits, but one */
    to->size = n;
    return LW_OK;
}

/* -------------------------------------------------------------------- objects */

/* A property that only one schema names is among the additional ones of the other. */
static lw_status put_property(lwi_schema *c, const lwi_json_item *property,
                              const lwi_json_item *other_schema, lwi_json_item *to) {
    const lwi_json_item *others = lwi_json_get(other_schema, "additionalProperties");
    *to = *property;
    if (!others) return LW_OK;
    LW_TRY(merge(c, property, others, to));
    to->key = property->key;
    to->key_size = property->key_size;
    return LW_OK;
}

static lw_status properties(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                            lwi_json_item *to) {
    const lwi_json_item *x = lwi_json_get(a, "properties"), *y = lwi_json_get(b, "properties");
    const size_t n_x = lwi_json_is(x, LWI_JSON_OBJECT) ? x->size : 0;
    const size_t n_y = lwi_json_is(y, LWI_JSON_OBJECT) ? y->size : 0;
    lwi_json_item *items = NULL;
    size_t n = 0;
    LW_TRY(new_items(c, n_x + n_y, &items));
    for (size_t i = 0; i < n_x; i++, n++) {
        const lwi_json_item *twin = lwi_json_get(y, x->items[i].key);
        if (!twin) LW_TRY(put_property(c, x->items + i, b, items + n));
        else LW_TRY(merge(c, x->items + i, twin, items + n));
        items[n].key = x->items[i].key;
        items[n].key_size = x->items[i].key_size;
    }
    for (size_t i = 0; i < n_y; i++)
        if (!lwi_json_get(x, y->items[i].key))
            LW_TRY(put_property(c, y->items + i, a, items + n++));
    *to = (lwi_json_item){
        .kind = LWI_JSON_OBJECT, .key = "properties", .key_size = 10, .size = n, .items = items};
    return LW_OK;
}

/* -------------------------------------------------------------------- schemas */

static const struct {
    const char *key;
    merge_fn *merge;
} keywords[] = {{"type", types},
                {"enum", values},
                {"const", first},
                {"required", join},
                {"additionalProperties", merge},
                {"items", merge},
                {"prefixItems", equal},
                {"additionalItems", equal},
                {"minItems", larger},
                {"maxItems", smaller},
                {"minProperties", larger},
                {"maxProperties", smaller},
                {"minLength", larger},
                {"maxLength", smaller},
                {"pattern", equal},
                {"format", equal},
                {"minimum", larger},
                {"exclusiveMinimum", larger},
                {"maximum", smaller},
                {"exclusiveMaximum", smaller},
                {"multipleOf", equal},
                {"uniqueItems", equal},
                {"contains", equal},
                {"minContains", larger},
                {"maxContains", smaller},
                {"patternProperties", equal},
                {"propertyNames", merge},
                {"anyOf", choices},
                {"oneOf", choices},
                {"allOf", join},
                {"$ref", equal}};
enum { KEYWORDS = sizeof keywords / sizeof *keywords };

bool lwi_schema_constrains(const lwi_json_item *s, const char *except) {
    for (size_t i = 0; i < KEYWORDS; i++)
        if (strcmp(keywords[i].key, except) != 0 && lwi_json_get(s, keywords[i].key)) return true;
    if (lwi_schema_has_logic(s)) return true;
    return lwi_json_get(s, "properties") != NULL;
}

static lw_status merge_keyword(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                               lwi_json_item *to) {
    for (size_t i = 0; i < KEYWORDS; i++)
        if (!strcmp(keywords[i].key, a->key)) return keywords[i].merge(c, a, b, to);
    return LW_OK; /* remarks: a's */
}

/* The same schema with its reference as one of allOf: there is another one. */
static lw_status refer_later(lwi_schema *c, const lwi_json_item *s, const lwi_json_item **to) {
    const lwi_json_item *known = lwi_json_get(s, "allOf");
    const size_t n = lwi_json_is(known, LWI_JSON_ARRAY) ? known->size : 0;
    lwi_json_item *reference = NULL, *list = NULL, *items = NULL, *made = NULL;
    size_t count = 0;
    LW_TRY(new_items(c, 1, &reference));
    LW_TRY(new_items(c, n + 1, &list));
    LW_TRY(new_items(c, s->size + 1, &items));
    LW_TRY(new_items(c, 1, &made));
    *reference = *lwi_json_get(s, "$ref");
    if (n) memcpy(list, known->items, n * sizeof *list);
    list[n] = (lwi_json_item){.kind = LWI_JSON_OBJECT, .size = 1, .items = reference};
    for (size_t i = 0; i < s->size; i++)
        if (strcmp(s->items[i].key, "$ref") != 0 && strcmp(s->items[i].key, "allOf") != 0)
            items[count++] = s->items[i];
    items[count++] = (lwi_json_item){
        .kind = LWI_JSON_ARRAY, .key = "allOf", .key_size = 5, .size = n + 1, .items = list};
    *made = (lwi_json_item){.kind = LWI_JSON_OBJECT, .size = count, .items = items};
    *to = made;
    return LW_OK;
}

static bool is_listed(const lwi_json_item *value, const lwi_json_item *list) {
    bool listed = !value || !lwi_json_is(list, LWI_JSON_ARRAY);
    for (size_t i = 0; !listed && i < list->size; i++)
        listed = lwi_schema_same(value, list->items + i);
    return listed;
}

/* A property that must be there and has no value. */
static bool wants_nothing(const lwi_json_item *s) {
    const lwi_json_item *required = lwi_json_get(s, "required");
    for (size_t i = 0; lwi_json_is(required, LWI_JSON_ARRAY) && i < required->size; i++) {
        const lwi_json_item *name = required->items + i;
        const lwi_json_item *p = lwi_json_is(name, LWI_JSON_STRING)
                                     ? lwi_json_get(lwi_json_get(s, "properties"), name->text)
                                     : NULL;
        if (lwi_json_is(p, LWI_JSON_BOOL) && !p->truth) return true;
    }
    return false;
}

/* Types without a common one, two constants, a constant or values that are not listed. */
static bool excludes_all(const lwi_json_item *a, const lwi_json_item *b,
                         const lwi_json_item *both) {
    const lwi_json_item *x = lwi_json_get(a, "const"), *y = lwi_json_get(b, "const");
    const lwi_json_item *type = lwi_json_get(both, "type"), *list = lwi_json_get(both, "enum");
    return (x && y && !lwi_schema_same(x, y)) ||
           (lwi_json_is(type, LWI_JSON_ARRAY) && !type->size) ||
           !is_listed(lwi_json_get(both, "const"), list) ||
           (lwi_json_is(list, LWI_JSON_ARRAY) && !list->size) || wants_nothing(both);
}

static lw_status merge_objects(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                               lwi_json_item *to) {
    const lwi_json_item *x = lwi_json_get(a, "$ref"), *y = lwi_json_get(b, "$ref");
    lwi_json_item *items = NULL;
    size_t n = 0;
    if (x && y && !lwi_schema_same(x, y)) LW_TRY(refer_later(c, b, &b));
    if (lwi_schema_has_logic(a) && lwi_schema_has_logic(b)) LW_TRY(lwi_schema_set_aside(c, b, &b));
    LW_TRY(new_items(c, a->size + b->size + 1, &items));
    if (lwi_json_get(a, "properties") || lwi_json_get(b, "properties"))
        LW_TRY(properties(c, a, b, items + n++));
    for (size_t i = 0; i < a->size; i++) {
        const lwi_json_item *one = a->items + i, *twin = lwi_json_get(b, one->key);
        if (!strcmp(one->key, "properties")) continue;
        items[n] = *one;
        if (twin) LW_TRY(merge_keyword(c, one, twin, items + n));
        items[n].key = one->key;
        items[n++].key_size = one->key_size;
    }
    for (size_t i = 0; i < b->size; i++)
        if (strcmp(b->items[i].key, "properties") != 0 && !lwi_json_get(a, b->items[i].key))
            items[n++] = b->items[i];
    to->kind = LWI_JSON_OBJECT;
    to->size = n;
    to->items = items;
    if (excludes_all(a, b, to)) *to = (lwi_json_item){.kind = LWI_JSON_BOOL, .truth = false};
    return LW_OK;
}

/* `to` keeps its key. */
static lw_status merge(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                       lwi_json_item *to) {
    const lwi_json_item *chosen = NULL;
    if (c->merges++ == MOST_MERGES)
        return lwi_fail(LW_LIMIT, "JSON schema: more than %d schemas are put together",
                        MOST_MERGES);
    if (lwi_json_is(a, LWI_JSON_BOOL)) chosen = a->truth ? b : a;
    else if (lwi_json_is(b, LWI_JSON_BOOL)) chosen = b->truth ? a : b;
    if (!chosen && lwi_json_is(a, LWI_JSON_OBJECT) && lwi_json_is(b, LWI_JSON_OBJECT))
        return merge_objects(c, a, b, to);
    if (!chosen) return lwi_fail(LW_CORRUPT, "JSON schema: a schema is no object");
    *to = *chosen;
    return LW_OK;
}

lw_status lwi_schema_merge(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                           const lwi_json_item **merged) {
    lwi_json_item *item = NULL;
    LW_TRY(new_items(c, 1, &item));
    LW_TRY(merge(c, a, b, item));
    *merged = item;
    return LW_OK;
}

lw_status lwi_schema_without(lwi_schema *c, const lwi_json_item *s, const char *key,
                             const lwi_json_item **rest) {
    lwi_json_item *item = NULL, *items = NULL;
    size_t n = 0;
    LW_TRY(new_items(c, 1, &item));
    LW_TRY(new_items(c, s->size, &items));
    for (size_t i = 0; i < s->size; i++)
        if (strcmp(s->items[i].key, key) != 0) items[n++] = s->items[i];
    *item = (lwi_json_item){.kind = LWI_JSON_OBJECT, .size = n, .items = items};
    *rest = item;
    return LW_OK;
}
