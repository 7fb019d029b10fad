/* SPDX-License-Identifier: MIT
 * Objects and arrays. Properties come in the schema's order; those that are not required may be
 * left out. Without "additionalProperties" there are no others, which keeps a model to the point.
 */
#include "base/regex.h"
#include "chat/grammar_schema.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------- objects */

typedef struct member {
    const char *key;
    size_t size;
    const lwi_json_item *schema; /* NULL: any value */
    bool required;
} member;

typedef struct object {
    lwi_schema *c;
    member *members;
    size_t count, capacity;
    const lwi_json_item *others;   /* additionalProperties; NULL: none */
    const lwi_json_item *patterns; /* patternProperties, or what names must be; size 0: none */
    const lwi_json_item *named;    /* what all have whose names match that; NULL: any value */
    const lwi_json_item *closed;   /* the schema that no value has, if it excludes others */
} object;

static member *find_member(object *o, const char *key, size_t size) {
    for (size_t i = 0; i < o->count; i++)
        if (o->members[i].size == size && !memcmp(o->members[i].key, key, size))
            return &o->members[i];
    return NULL;
}

static lw_status add_member(object *o, const char *key, size_t size, const lwi_json_item *schema) {
    LW_TRY(
        lwi_arena_grow(&o->c->arena, &o->members, &o->capacity, o->count + 1, sizeof *o->members));
    o->members[o->count++] = (member){key, size, schema, false};
    return LW_OK;
}

/* Whether a name matches a pattern, which need not be all of it. */
static lw_status matches(object *o, const lwi_json_item *pattern, const char *key, size_t size,
                         bool *found) {
    lwi_buffer whole = lwi_buffer_new(o->c->out->allocator);
    lwi_regex *regex = NULL;
    lw_status status = lwi_buffer_text(&whole, "(?s:.*)(?:");
    if (status == LW_OK) status = lwi_buffer_put(&whole, pattern->text, pattern->size);
    if (status == LW_OK) status = lwi_buffer_text(&whole, ")(?s:.*)");
    if (status == LW_OK &&
        lwi_regex_compile(o->c->out->allocator, whole.data, whole.size, &regex) != LW_OK)
        status = lwi_schema_unsupported("patternProperties");
    if (status == LW_OK) *found = lwi_regex_matches(regex, key, size);
    lwi_regex_free(regex);
    lwi_buffer_free(&whole);
    return status;
}

/* The schema that no value has. */
static const lwi_json_item nothing = {.kind = LWI_JSON_BOOL, .truth = false};

/* Names that are no property's are not written, but for those that match the pattern (NULL: none),
 * whose values have that schema. */
static void close_names(object *o, const lwi_json_item *pattern, const lwi_json_item *schema) {
    if (pattern) {
        o->patterns = pattern;
        o->named = schema;
    }
    o->others = NULL;
    o->closed = &nothing;
}

/* Names are those of a list, or match a pattern. */
static lw_status collect_names(object *o, const lwi_json_item *names) {
    const lwi_json_item *list = lwi_json_get(names, "enum"),
                        *pattern = lwi_json_get(names, "pattern");
    const lwi_json_item *type = lwi_json_get(names, "type");
    const size_t named = o->count;
    if (!names || (lwi_json_is(names, LWI_JSON_BOOL) && names->truth)) return LW_OK;
    if (type && (!lwi_json_is(type, LWI_JSON_STRING) || strcmp(type->text, "string") != 0))
        return lwi_schema_unsupported("propertyNames that are no strings");
    if (!lwi_schema_constrains(names, "type")) return LW_OK;
    if (lwi_json_is(list, LWI_JSON_ARRAY) == lwi_json_is(pattern, LWI_JSON_STRING))
        return lwi_schema_unsupported("propertyNames");
    LW_TRY(lwi_schema_without(o->c, names, list ? "enum" : "pattern", &names));
    if (lwi_schema_constrains(names, "type"))
        return lwi_schema_unsupported("propertyNames of several kinds");
    for (size_t i = 0; i < named; i++) {
        member *m = o->members + i;
        bool fits = !list;
        for (size_t k = 0; list && k < list->size; k++)
            fits |= lwi_json_is(list->items + k, LWI_JSON_STRING) &&
                    list->items[k].size == m->size && !memcmp(list->items[k].text, m->key, m->size);
        if (!list) LW_TRY(matches(o, pattern, m->key, m->size, &fits));
        if (!fits) m->schema = &nothing;
    }
    for (size_t k = 0; list && !o->closed && k < list->size; k++)
        if (lwi_json_is(list->items + k, LWI_JSON_STRING) &&
            !find_member(o, list->items[k].text, list->items[k].size))
            LW_TRY(add_member(o, list->items[k].text, list->items[k].size, o->others));
    close_names(o, o->closed ? NULL : pattern, o->others);
    return LW_OK;
}

/* Properties whose names match. Each name must have one schema only: a pattern, and no property
 * that is named itself. Where there are patterns, other additional properties are not written. */
static lw_status collect_patterns(object *o, const lwi_json_item *s) {
    const lwi_json_item *list = lwi_json_get(s, "patternProperties");
    bool clash = false;
    if (!lwi_json_is(list, LWI_JSON_OBJECT) || list->size == 0) return LW_OK;
    if (list->size > 1 || o->patterns)
        return lwi_schema_unsupported("patternProperties with several patterns");
    lwi_json_item *pattern = NULL;
    LW_TRY(lwi_arena_alloc(&o->c->arena, 1, sizeof *pattern, &pattern));
    *pattern = (lwi_json_item){
        .kind = LWI_JSON_STRING, .size = list->items->key_size, .text = list->items->key};
    for (size_t i = 0; i < o->count; i++) {
        LW_TRY(matches(o, pattern, o->members[i].key, o->members[i].size, &clash));
        if (clash) return lwi_schema_unsupported("patternProperties that match a named property");
    }
    close_names(o, pattern, list->items);
    return LW_OK;
}

static lw_status collect_properties(object *o, const lwi_json_item *s) {
    const lwi_json_item *list = lwi_json_get(s, "properties");
    const lwi_json_item *others = lwi_json_get(s, "additionalProperties");
    for (size_t i = 0; lwi_json_is(list, LWI_JSON_OBJECT) && i < list->size; i++)
        LW_TRY(add_member(o, list->items[i].key, list->items[i].key_size, &list->items[i]));
    o->closed = lwi_json_is(others, LWI_JSON_BOOL) && !others->truth ? others : NULL;
    if (others && !o->closed) o->others = others;
    LW_TRY(collect_names(o, lwi_json_get(s, "propertyNames")));
    return collect_patterns(o, s);
}

static lw_status collect_required(object *o, const lwi_json_item *s) {
    const lwi_json_item *list = lwi_json_get(s, "required");
    for (size_t i = 0; lwi_json_is(list, LWI_JSON_ARRAY) && i < list->size; i++) {
        const lwi_json_item *key = &list->items[i];
        if (!lwi_json_is(key, LWI_JSON_STRING)) continue;
        bool fits = false;
        if (o->patterns) LW_TRY(matches(o, o->patterns, key->text, key->size, &fits));
        if (!find_member(o, key->text, key->size))
            LW_TRY(add_member(o, key->text, key->size,
                              fits        ? o->named
                              : o->closed ? o->closed
                                          : o->others));
        find_member(o, key->text, key->size)->required = true;
    }
    return LW_OK;
}

static lw_status key_and_colon(lwi_buffer *to, const char *key, size_t size) {
    lwi_buffer json = lwi_buffer_new(to->allocator);
    lw_status status = lwi_buffer_json_string(&json, key, size);
    if (status == LW_OK) status = lwi_gbnf_literal(to, json.data, json.size);
    lwi_buffer_free(&json);
    LW_TRY(status);
    return lwi_buffer_text(to, " ws \":\" ws ");
}

static lw_status put_member(object *o, const member *m, lwi_buffer *to) {
    LW_TRY(key_and_colon(to, m->key, m->size));
    if (m->schema) LW_TRY(lwi_schema_any(o->c, m->schema, to));
    else LW_TRY(lwi_buffer_text(to, "value"));
    return lwi_buffer_text(to, " ws");
}

static int by_key(const void *a, const void *b) {
    const member *x = a, *y = b;
    const int c = memcmp(x->key, y->key, x->size < y->size ? x->size : y->size);
    return c ? c : x->size < y->size ? -1 : x->size > y->size;
}

/* Keys that are none of the members from..to, which agree in their first `depth` bytes: what may
 * follow there, up to the closing quote. Characters of members beyond ASCII are left out whole. */
static lw_status other_keys(object *o, const member *from, const member *to_member, size_t depth,
                            lwi_buffer *to) {
    const bool ends_here = from < to_member && from->size == depth;
    const member *first = ends_here ? from + 1 : from;
    LW_TRY(lwi_buffer_text(to, "([^\"\\\\\\x00-\\x1f"));
    for (const member *m = first; m < to_member; m++) {
        const unsigned char c = (unsigned char)m->key[depth];
        if (c >= 0x80) LW_TRY(lwi_buffer_text(to, "\\x80-\\U0010ffff"));
        else if (m == first || (unsigned char)m[-1].key[depth] != c)
            LW_TRY(lwi_schema_format(to, "\\x%02x", c));
    }
    LW_TRY(lwi_buffer_text(to, "] [^\"\\\\\\x00-\\x1f]* \"\\\"\""));
    if (!ends_here) LW_TRY(lwi_buffer_text(to, " | \"\\\"\""));
    for (const member *m = first; m < to_member;) {
        const member *end = m;
        while (end < to_member && end->key[depth] == m->key[depth])
            end++;
        const unsigned char c = (unsigned char)m->key[depth];
        if (c < 0x80 && c >= 0x20 && c != '"' && c != '\\' && depth < 50) {
            LW_TRY(lwi_schema_format(to, " | \"%c\" ", c));
            LW_TRY(other_keys(o, m, end, depth + 1, to));
        }
        m = end;
    }
    return lwi_buffer_text(to, ")");
}

/* A pair whose key is none of the members'. */
static lw_status other_pair(object *o, lwi_buffer *to) {
    member *sorted = NULL;
    lwi_buffer pair = lwi_buffer_new(to->allocator);
    LW_TRY(lwi_arena_alloc(&o->c->arena, o->count, sizeof *sorted, &sorted));
    if (o->count) memcpy(sorted, o->members, o->count * sizeof *sorted);
    if (o->count) qsort(sorted, o->count, sizeof *sorted, by_key);
    lw_status status = lwi_buffer_text(&pair, "\"\\\"\" ");
    if (status == LW_OK) status = other_keys(o, sorted, sorted + o->count, 0, &pair);
    if (status == LW_OK) status = lwi_buffer_text(&pair, " ws \":\" ws ");
    if (status == LW_OK) status = lwi_schema_any(o->c, o->others, &pair);
    if (status == LW_OK) status = lwi_buffer_text(&pair, " ws");
    if (status == LW_OK) status = lwi_schema_rule_of(o->c, &pair, to);
    lwi_buffer_free(&pair);
    return status;
}

/* A pair whose key matches the pattern. */
static lw_status pattern_pair(object *o, lwi_buffer *to) {
    lwi_buffer pair = lwi_buffer_new(to->allocator);
    lw_status status = lwi_buffer_text(&pair, "\"\\\"\" ");
    if (status == LW_OK) status = lwi_schema_pattern(o->patterns->text, o->patterns->size, &pair);
    if (status == LW_OK) status = lwi_buffer_text(&pair, " \"\\\"\" ws \":\" ws ");
    if (status == LW_OK)
        status = o->named ? lwi_schema_any(o->c, o->named, &pair) : lwi_buffer_text(&pair, "value");
    if (status == LW_OK) status = lwi_buffer_text(&pair, " ws");
    if (status == LW_OK) status = lwi_schema_rule_of(o->c, &pair, to);
    lwi_buffer_free(&pair);
    return status;
}

/* What may follow when all members are through. */
static lw_status put_others(object *o, bool first, lwi_buffer *to) {
    lwi_buffer pair = lwi_buffer_new(to->allocator);
    lw_status status = LW_OK;
    if (!o->others && !o->patterns) return lwi_buffer_text(to, "\"\"");
    status = o->patterns ? pattern_pair(o, &pair) : other_pair(o, &pair);
    if (status == LW_OK)
        status = first ? lwi_schema_format(to, "(%s (\",\" ws %s)*)?", pair.data, pair.data)
                       : lwi_schema_format(to, "(\",\" ws %s)*", pair.data);
    lwi_buffer_free(&pair);
    return status;
}

/* Rules from the last member to the first: first (nothing has come yet) and next (something has, so
 * a comma is needed). Each name is that of the rule for the members that remain. */
static lw_status chain(object *o, lwi_buffer *first, lwi_buffer *next) {
    lwi_buffer pair = lwi_buffer_new(o->c->out->allocator);
    lwi_buffer rule = pair, name = pair;
    lw_status status = LW_OK;
    for (size_t i = o->count; i-- > 0 && status == LW_OK;) {
        const bool optional = !o->members[i].required;
        pair.size = name.size = 0;
        status = put_member(o, &o->members[i], &pair);
        if (status == LW_OK) status = lwi_schema_rule_of(o->c, &pair, &name);
        rule.size = 0;
        if (status == LW_OK)
            status = optional ? lwi_schema_format(&rule, "%s %s | %s", name.data, next->data,
                                                  first->data)
                              : lwi_schema_format(&rule, "%s %s", name.data, next->data);
        first->size = 0;
        if (status == LW_OK) status = lwi_schema_rule_of(o->c, &rule, first);
        rule.size = 0;
        if (status == LW_OK)
            status = optional ? lwi_schema_format(&rule, "\",\" ws %s %s | %s", name.data,
                                                  next->data, next->data)
                              : lwi_schema_format(&rule, "\",\" ws %s %s", name.data, next->data);
        next->size = 0;
        if (status == LW_OK) status = lwi_schema_rule_of(o->c, &rule, next);
    }
    lwi_buffer_free(&pair);
    lwi_buffer_free(&rule);
    lwi_buffer_free(&name);
    return status;
}

/* Counts that are right whatever is left out. */
static lw_status check_counts(const object *o, const lwi_json_item *s) {
    const int64_t low = lwi_json_int(s, "minProperties", 0);
    const int64_t high = lwi_json_int(s, "maxProperties", INT64_MAX);
    int64_t required = 0;
    for (size_t i = 0; i < o->count; i++)
        required += o->members[i].required;
    if (low > required) return lwi_schema_unsupported("minProperties");
    if (high < INT64_MAX && (o->others || o->patterns || high < (int64_t)o->count))
        return lwi_schema_unsupported("maxProperties");
    return LW_OK;
}

lw_status lwi_schema_object(lwi_schema *c, const lwi_json_item *s, lwi_buffer *to) {
    object o = {.c = c};
    LW_TRY(collect_properties(&o, s));
    LW_TRY(collect_required(&o, s));
    if (!o.count && !o.others && !o.closed && !lwi_json_get(s, "properties")) {
        if (lwi_json_get(s, "minProperties")) return lwi_schema_unsupported("minProperties");
        if (lwi_json_get(s, "maxProperties")) return lwi_schema_unsupported("maxProperties");
        return lwi_buffer_text(to, "object");
    }
    LW_TRY(check_counts(&o, s));
    if (!o.count && !o.others && !o.patterns) return lwi_buffer_text(to, "\"{\" ws \"}\"");
    lwi_buffer first = lwi_buffer_new(to->allocator), next = first;
    lw_status status = put_others(&o, true, &first);
    if (status == LW_OK) status = put_others(&o, false, &next);
    if (status == LW_OK) status = chain(&o, &first, &next);
    if (status == LW_OK) status = lwi_schema_format(to, "\"{\" ws %s \"}\"", first.data);
    lwi_buffer_free(&first);
    lwi_buffer_free(&next);
    return status;
}

/* -------------------------------------------------------------------- arrays */

lw_status lwi_schema_element(lwi_schema *c, const lwi_json_item *schema, lwi_buffer *name) {
    lwi_buffer element = lwi_buffer_new(name->allocator);
    lw_status status =
        schema ? lwi_schema_any(c, schema, &element) : lwi_buffer_text(&element, "value");
    if (status == LW_OK) status = lwi_buffer_text(&element, " ws");
    if (status == LW_OK) status = lwi_schema_rule_of(c, &element, name);
    lwi_buffer_free(&element);
    return status;
}

static lw_status put_counts(lwi_buffer *to, int64_t low, int64_t high) {
    if (high < 0) return lwi_schema_format(to, "{%lld,}", (long long)low);
    return lwi_schema_format(to, "{%lld,%lld}", (long long)low, (long long)high);
}

/* Elements that are all alike: low to high of them (high < 0: no limit). */
static lw_status put_alike(lwi_buffer *to, const char *name, int64_t low, int64_t high) {
    if (high == 0) return lwi_buffer_text(to, "\"\"");
    LW_TRY(lwi_schema_format(to, "(%s (\",\" ws %s)", name, name));
    LW_TRY(put_counts(to, low > 1 ? low - 1 : 0, high < 0 ? -1 : high - 1));
    return lwi_buffer_text(to, low ? ")" : ")?");
}

/* A list with schemas by place, and one for those behind them. */
static lw_status put_places(lwi_schema *c, const lwi_json_item *places, const lwi_json_item *rest,
                            int64_t low, int64_t high, lwi_buffer *to) {
    const int64_t n = (int64_t)places->size;
    int64_t i = 0;
    for (; i < n && (high < 0 || i < high); i++) {
        LW_TRY(lwi_buffer_text(to, i ? "(\",\" ws " : "("));
        LW_TRY(lwi_schema_element(c, &places->items[i], to));
        LW_TRY(lwi_buffer_text(to, " "));
    }
    if (rest && i == n && (high < 0 || high > n)) {
        LW_TRY(lwi_buffer_text(to, "(\",\" ws "));
        LW_TRY(lwi_schema_element(c, rest, to));
        LW_TRY(lwi_buffer_text(to, ")"));
        LW_TRY(put_counts(to, low > n ? low - n : 0, high < 0 ? -1 : high - n));
    }
    while (i-- > 0)
        LW_TRY(lwi_buffer_text(to, i < low ? ")" : ")?"));
    return LW_OK;
}

/* Elements with one schema, and what is said of them together. */
static lw_status put_elements(lwi_schema *c, const lwi_json_item *s, const lwi_json_item *element,
                              int64_t low, int64_t high, lwi_buffer *to) {
    const lwi_json_item *special = lwi_json_get(s, "contains");
    const int64_t wanted = lwi_json_int(s, "minContains", 1);
    const bool unique = lwi_json_bool(s, "uniqueItems", false) && (high < 0 || high > 1);
    if (unique && special) return lwi_schema_unsupported("uniqueItems with contains");
    if (unique) return lwi_schema_unique(c, element, low, high, to);
    if (special && wanted > 0)
        return lwi_schema_contains(c, element, special, (lwi_schema_counts){low, high, wanted}, to);
    lwi_buffer name = lwi_buffer_new(to->allocator);
    lw_status status = lwi_schema_element(c, element, &name);
    if (status == LW_OK) status = put_alike(to, name.data, low, high);
    lwi_buffer_free(&name);
    return status;
}

lw_status lwi_schema_array(lwi_schema *c, const lwi_json_item *s, lwi_buffer *to) {
    static const char *const refused[] = {"maxContains", "unevaluatedItems", "additionalItems",
                                          NULL};
    const lwi_json_item *places = lwi_json_get(s, "prefixItems"), *rest = lwi_json_get(s, "items");
    const int64_t low = lwi_json_int(s, "minItems", 0), high = lwi_json_int(s, "maxItems", -1);
    const lwi_json_item *contains = lwi_json_get(s, "contains");
    const bool unique = lwi_json_bool(s, "uniqueItems", false);
    LW_TRY(lwi_schema_refuse(s, refused));
    if (low < 0 || low > 10000 || high > 10000 || (high >= 0 && high < low))
        return lwi_schema_unsupported("minItems or maxItems");
    if (lwi_json_is(rest, LWI_JSON_ARRAY)) places = rest, rest = NULL; /* of older drafts */
    if (lwi_json_is(rest, LWI_JSON_BOOL) && !rest->truth && !places)
        return low || (contains && lwi_json_int(s, "minContains", 1) > 0)
                   ? lwi_buffer_text(to, "[]")
                   : lwi_buffer_text(to, "\"[\" ws \"]\"");
    if (lwi_json_is(rest, LWI_JSON_BOOL) && !rest->truth) rest = NULL;
    LW_TRY(lwi_buffer_text(to, "\"[\" ws "));
    if (lwi_json_is(places, LWI_JSON_ARRAY) && places->size) {
        if (contains) return lwi_schema_unsupported("contains with prefixItems");
        if (unique && (high < 0 || high > 1))
            return lwi_schema_unsupported("uniqueItems with prefixItems");
        if (low > (int64_t)places->size && !rest) return lwi_schema_unsupported("minItems");
        LW_TRY(put_places(c, places, rest, low, high, to));
        return lwi_buffer_text(to, " \"]\"");
    }
    LW_TRY(put_elements(c, s, rest, low, high, to));
    return lwi_buffer_text(to, " \"]\"");
}
