/* SPDX-License-Identifier: MIT
 * not, if with then and else, dependentRequired, dependentSchemas and dependencies as choices
 * (anyOf) among schemas without them. What must not hold is written as what holds instead: values
 * of a list without some of them, types without some, properties that are missing or have another
 * value. */
#include "chat/grammar_schema.h"

#include <string.h>

typedef struct list {
    lwi_schema *c;
    lwi_json_item *items;
    size_t n, capacity;
} list;

static const char *const words[] = {
    "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies", NULL};

static bool is_among(const char *const *names, const char *key) {
    while (*names && strcmp(*names, key) != 0)
        names++;
    return *names != NULL;
}

bool lwi_schema_has_logic(const lwi_json_item *s) {
    for (size_t i = 0; lwi_json_is(s, LWI_JSON_OBJECT) && i < s->size; i++)
        if (is_among(words, s->items[i].key)) return true;
    return false;
}

/* ------------------------------------------------------------------ new items */

static lwi_json_item called(lwi_json_item item, const char *key) {
    item.key = key;
    item.key_size = (uint32_t)strlen(key);
    return item;
}

static lw_status add(list *l, lwi_json_item item) {
    LW_TRY(lwi_arena_grow(&l->c->arena, &l->items, &l->capacity, l->n + 1, sizeof *l->items));
    l->items[l->n++] = item;
    return LW_OK;
}

static lwi_json_item array_of(const list *l) {
    return (lwi_json_item){.kind = LWI_JSON_ARRAY, .size = l->n, .items = l->items};
}

static lwi_json_item object_of(const list *l) {
    return (lwi_json_item){.kind = LWI_JSON_OBJECT, .size = l->n, .items = l->items};
}

/* {"key": item} */
static lw_status wrap(lwi_schema *c, const char *key, lwi_json_item item, lwi_json_item *to) {
    list l = {.c = c};
    LW_TRY(add(&l, called(item, key)));
    *to = object_of(&l);
    return LW_OK;
}

/* {"properties": {name: schema}}, with the name among those required if it must be there. */
static lw_status property(lwi_schema *c, const lwi_json_item *name, lwi_json_item schema,
                          bool needed, lwi_json_item *to) {
    list one = {.c = c}, all = {.c = c}, required = {.c = c};
    schema.key = name->key;
    schema.key_size = name->key_size;
    LW_TRY(add(&one, schema));
    LW_TRY(add(&all, called(object_of(&one), "properties")));
    if (needed) {
        LW_TRY(add(
            &required,
            (lwi_json_item){.kind = LWI_JSON_STRING, .size = name->key_size, .text = name->key}));
        LW_TRY(add(&all, called(array_of(&required), "required")));
    }
    *to = object_of(&all);
    return LW_OK;
}

static lwi_json_item truth(bool value) {
    return (lwi_json_item){.kind = LWI_JSON_BOOL, .truth = value};
}

/* {"allOf": [a, b]} */
static lw_status both(lwi_schema *c, lwi_json_item a, lwi_json_item b, lwi_json_item *to) {
    list l = {.c = c};
    LW_TRY(add(&l, a));
    LW_TRY(add(&l, b));
    return wrap(c, "allOf", array_of(&l), to);
}

static lw_status any_of(lwi_schema *c, const list *alternatives, lwi_json_item *to) {
    if (alternatives->n == 0) {
        *to = truth(false);
        return LW_OK;
    }
    return wrap(c, "anyOf", array_of(alternatives), to);
}

/* ------------------------------------------------------------------ opposites */

/* The values that a schema lists; false: it lists none. */
static lw_status values_of(lwi_schema *c, const lwi_json_item *s, list *values, bool *listed) {
    const lwi_json_item *item = lwi_json_get(s, "enum");
    const char *reference = lwi_json_text(s, "$ref", NULL);
    *listed = true;
    if (!lwi_json_is(s, LWI_JSON_OBJECT)) *listed = false;
    else if (lwi_json_get(s, "const")) return add(values, *lwi_json_get(s, "const"));
    else if (lwi_json_is(item, LWI_JSON_ARRAY))
        for (size_t i = 0; i < item->size; i++)
            LW_TRY(add(values, item->items[i]));
    else if (!strcmp(lwi_json_text(s, "type", ""), "boolean"))
        for (int i = 0; i < 2; i++)
            LW_TRY(add(values, truth(i)));
    else if (reference && c->depth < 50) {
        LW_TRY(lwi_schema_resolve(c, reference, &item));
        c->depth++;
        const lw_status status = values_of(c, item, values, listed);
        c->depth--;
        return status;
    } else *listed = false;
    return LW_OK;
}

static bool has_value(const list *values, const lwi_json_item *value) {
    for (size_t i = 0; i < values->n; i++)
        if (lwi_schema_same(values->items + i, value)) return true;
    return false;
}

/* The values that base lists, but for those of s. */
static lw_status other_values(lwi_schema *c, const lwi_json_item *base, const lwi_json_item *s,
                              const char *word, list *to) {
    list all = {.c = c}, out = {.c = c}, rest = {.c = c};
    lwi_json_item made;
    bool known = false, listed = false;
    LW_TRY(values_of(c, s, &out, &listed));
    LW_TRY(values_of(c, base, &all, &known));
    if (!known || !listed) return lwi_schema_unsupported(word);
    for (size_t i = 0; i < all.n; i++)
        if (!has_value(&out, all.items + i)) LW_TRY(add(&rest, all.items[i]));
    if (rest.n == 0) return LW_OK;
    LW_TRY(wrap(c, "enum", array_of(&rest), &made));
    return add(to, made);
}

static lw_status other_types(lwi_schema *c, const lwi_json_item *type, const char *word, list *to) {
    static const char *const names[] = {"null", "boolean", "number", "string", "array", "object"};
    const lwi_json_item one = {.kind = LWI_JSON_ARRAY, .size = 1, .items = type};
    const lwi_json_item *types = lwi_json_is(type, LWI_JSON_ARRAY) ? type : &one;
    list rest = {.c = c};
    lwi_json_item made;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool out = false;
        for (size_t k = 0; k < types->size; k++) {
            if (!lwi_json_is(types->items + k, LWI_JSON_STRING) ||
                !strcmp(types->items[k].text, "integer"))
                return lwi_schema_unsupported(word);
            out |= !strcmp(types->items[k].text, names[i]);
        }
        if (!out)
            LW_TRY(add(&rest, (lwi_json_item){.kind = LWI_JSON_STRING,
                                              .size = strlen(names[i]),
                                              .text = names[i]}));
    }
    if (rest.n == 0) return LW_OK;
    LW_TRY(wrap(c, "type", array_of(&rest), &made));
    return add(to, made);
}

static lw_status opposite(lwi_schema *c, const lwi_json_item *base, const lwi_json_item *s,
                          const char *word, list *to);

/* A property is missing, or has another value. */
static lw_status other_objects(lwi_schema *c, const lwi_json_item *base, const lwi_json_item *s,
                               const char *word, list *to) {
    const lwi_json_item *properties = lwi_json_get(s, "properties");
    const lwi_json_item *required = lwi_json_get(s, "required");
    lwi_json_item made;
    for (size_t i = 0; lwi_json_is(properties, LWI_JSON_OBJECT) && i < properties->size; i++) {
        const lwi_json_item *p = properties->items + i;
        list others = {.c = c};
        LW_TRY(
            opposite(c, lwi_json_get(lwi_json_get(base, "properties"), p->key), p, word, &others));
        for (size_t k = 0; k < others.n; k++) {
            LW_TRY(property(c, p, others.items[k], true, &made));
            LW_TRY(add(to, made));
        }
    }
    for (size_t i = 0; lwi_json_is(required, LWI_JSON_ARRAY) && i < required->size; i++) {
        const lwi_json_item *name = required->items + i;
        if (!lwi_json_is(name, LWI_JSON_STRING)) continue;
        const lwi_json_item key = {.key = name->text, .key_size = (uint32_t)name->size};
        LW_TRY(property(c, &key, truth(false), false, &made));
        LW_TRY(add(to, made));
    }
    return LW_OK;
}

/* None of several. */
static lw_status none_of(lwi_schema *c, const lwi_json_item *base, const lwi_json_item *several,
                         const char *word, list *to) {
    list all = {.c = c};
    lwi_json_item made;
    for (size_t i = 0; i < several->size; i++) {
        list others = {.c = c};
        LW_TRY(opposite(c, base, several->items + i, word, &others));
        LW_TRY(any_of(c, &others, &made));
        LW_TRY(add(&all, made));
    }
    LW_TRY(wrap(c, "allOf", array_of(&all), &made));
    return add(to, made);
}

/* Alternatives that together are all that s excludes of what base allows. A schema of objects is
 * meant to be about objects: base must say that it is. */
static lw_status opposite(lwi_schema *c, const lwi_json_item *base, const lwi_json_item *s,
                          const char *word, list *to) {
    static const char *const values[] = {"const", "enum", NULL};
    static const char *const types[] = {"type", NULL};
    static const char *const objects[] = {"properties", "required", "type", NULL};
    static const char *const choices[] = {"anyOf", NULL};
    static const char *const opposites[] = {"not", NULL};
    static const char *const *const forms[] = {values, types, objects, choices, opposites};
    static const char *const remarks[] = {"title", "description", "$comment", "default", NULL};
    bool fits[5] = {true, true, true, true, true};
    size_t said = 0;
    if (lwi_json_is(s, LWI_JSON_BOOL)) return s->truth ? LW_OK : add(to, truth(true));
    for (size_t i = 0; lwi_json_is(s, LWI_JSON_OBJECT) && i < s->size; i++) {
        if (is_among(remarks, s->items[i].key)) continue;
        said++;
        for (size_t k = 0; k < 5; k++)
            fits[k] &= is_among(forms[k], s->items[i].key);
    }
    const lwi_json_item *of = lwi_json_get(base, "type");
    const bool is_object = of ? lwi_json_is(of, LWI_JSON_STRING) && !strcmp(of->text, "object")
                              : lwi_json_get(base, "properties") != NULL;
    const char *type = lwi_json_text(s, "type", "object");
    if (said == 0) return LW_OK;
    if (fits[0]) return other_values(c, base, s, word, to);
    if (fits[1]) return other_types(c, lwi_json_get(s, "type"), word, to);
    if (fits[2] && is_object && !strcmp(type, "object")) return other_objects(c, base, s, word, to);
    if (fits[3] && lwi_json_is(lwi_json_get(s, "anyOf"), LWI_JSON_ARRAY))
        return none_of(c, base, lwi_json_get(s, "anyOf"), word, to);
    if (fits[4]) return add(to, *lwi_json_get(s, "not"));
    return lwi_schema_unsupported(word);
}

/* ------------------------------------------------------------------ conditions */

static lw_status add_not(lwi_schema *c, const lwi_json_item *base, const lwi_json_item *s,
                         list *conditions) {
    list others = {.c = c};
    lwi_json_item made;
    LW_TRY(opposite(c, base, s, "not", &others));
    LW_TRY(any_of(c, &others, &made));
    return add(conditions, made);
}

static lw_status add_if(lwi_schema *c, const lwi_json_item *base, const lwi_json_item *s,
                        list *conditions) {
    const lwi_json_item *condition = lwi_json_get(s, "if"), *then = lwi_json_get(s, "then");
    const lwi_json_item *otherwise = lwi_json_get(s, "else");
    list ways = {.c = c}, others = {.c = c};
    lwi_json_item made;
    if (!condition || (!then && !otherwise)) return LW_OK;
    LW_TRY(both(c, *condition, then ? *then : truth(true), &made));
    LW_TRY(add(&ways, made));
    LW_TRY(opposite(c, base, condition, "if", &others));
    for (size_t i = 0; i < others.n; i++) {
        LW_TRY(both(c, others.items[i], otherwise ? *otherwise : truth(true), &made));
        LW_TRY(add(&ways, made));
    }
    LW_TRY(any_of(c, &ways, &made));
    return add(conditions, made);
}

/* Each property is missing, or others are there, or a schema holds. */
static lw_status add_dependent(lwi_schema *c, const lwi_json_item *dependent, list *conditions) {
    for (size_t i = 0; lwi_json_is(dependent, LWI_JSON_OBJECT) && i < dependent->size; i++) {
        const lwi_json_item *entry = dependent->items + i;
        list ways = {.c = c};
        lwi_json_item made, needs = *entry;
        LW_TRY(property(c, entry, truth(false), false, &made));
        LW_TRY(add(&ways, made));
        if (lwi_json_is(entry, LWI_JSON_ARRAY)) LW_TRY(wrap(c, "required", *entry, &needs));
        LW_TRY(property(c, entry, truth(true), true, &made));
        LW_TRY(both(c, made, needs, &made));
        LW_TRY(add(&ways, made));
        LW_TRY(any_of(c, &ways, &made));
        LW_TRY(add(conditions, made));
    }
    return LW_OK;
}

/* What is known of the values: with what stands in allOf and behind $ref. */
static lw_status base_of(lwi_schema *c, const lwi_json_item *s, const lwi_json_item **base) {
    const lwi_json_item *all = lwi_json_get(s, "allOf"), *other = NULL;
    const char *reference = lwi_json_text(s, "$ref", NULL);
    *base = s;
    if (reference) {
        LW_TRY(lwi_schema_resolve(c, reference, &other));
        LW_TRY(lwi_schema_without(c, s, "$ref", base));
        LW_TRY(lwi_schema_merge(c, *base, other, base));
    }
    for (size_t i = 0; lwi_json_is(all, LWI_JSON_ARRAY) && i < all->size; i++)
        if (!lwi_schema_has_logic(all->items + i) && !lwi_json_get(all->items + i, "$ref"))
            LW_TRY(lwi_schema_merge(c, *base, all->items + i, base));
    return LW_OK;
}

/* s without the words, and them alone. */
static lw_status divide(lwi_schema *c, const lwi_json_item *s, list *plain, list *logic) {
    *plain = *logic = (list){.c = c};
    for (size_t i = 0; i < s->size; i++)
        LW_TRY(add(is_among(words, s->items[i].key) ? logic : plain, s->items[i]));
    return LW_OK;
}

/* plain with more schemas among those of its allOf. */
static lw_status join(lwi_schema *c, const list *plain, const list *more,
                      const lwi_json_item **to) {
    list all = {.c = c}, members = {.c = c};
    lwi_json_item *made = NULL;
    for (size_t i = 0; i < plain->n; i++) {
        const lwi_json_item *item = plain->items + i;
        const bool known = !strcmp(item->key, "allOf") && lwi_json_is(item, LWI_JSON_ARRAY);
        for (size_t k = 0; known && k < item->size; k++)
            LW_TRY(add(&all, item->items[k]));
        if (!known) LW_TRY(add(&members, *item));
    }
    for (size_t i = 0; i < more->n; i++)
        LW_TRY(add(&all, more->items[i]));
    if (all.n) LW_TRY(add(&members, called(array_of(&all), "allOf")));
    LW_TRY(lwi_arena_alloc(&c->arena, 1, sizeof *made, &made));
    *made = object_of(&members);
    *to = made;
    return LW_OK;
}

lw_status lwi_schema_logic(lwi_schema *c, const lwi_json_item *s, const lwi_json_item *base,
                           const lwi_json_item **to) {
    list plain, logic, conditions = {.c = c};
    const lwi_json_item *rest = NULL, *known = NULL;
    LW_TRY(divide(c, s, &plain, &logic));
    const list none = {.c = c};
    LW_TRY(join(c, &plain, &none, &rest));
    LW_TRY(base_of(c, rest, &known));
    if (base) LW_TRY(lwi_schema_merge(c, base, known, &known));
    if (lwi_json_get(s, "not")) LW_TRY(add_not(c, known, lwi_json_get(s, "not"), &conditions));
    LW_TRY(add_if(c, known, s, &conditions));
    for (size_t i = 4; words[i]; i++)
        LW_TRY(add_dependent(c, lwi_json_get(s, words[i]), &conditions));
    return join(c, &plain, &conditions, to);
}

lw_status lwi_schema_set_aside(lwi_schema *c, const lwi_json_item *s, const lwi_json_item **to) {
    list plain, logic, one = {.c = c};
    LW_TRY(divide(c, s, &plain, &logic));
    LW_TRY(add(&one, object_of(&logic)));
    return join(c, &plain, &one, to);
}
