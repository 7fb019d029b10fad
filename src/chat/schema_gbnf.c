/* SPDX-License-Identifier: MIT
 * The schema as a whole: references, choices, types. */
#include "chat/grammar_schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MOST_RULES = 10000, MOST_DEPTH = 60 };

/* What every grammar ends with. White space is limited: a model would go on with it for ever. */
static const char common[] = "ws ::= [ \\t\\r]{0,8} (\"\\n\" [ \\t]{0,40}){0,2}\n"
                             "char ::= [^\"\\\\\\x00-\\x1f] | \"\\\\\" ([\"\\\\/bfnrt] | \"u\" "
                             "([0-9a-cA-CeEfF] hex hex hex | "
                             "[dD] [0-7] hex hex))\n"
                             "hex ::= [0-9a-fA-F]\n"
                             "string ::= \"\\\"\" char* \"\\\"\"\n"
                             "integer ::= \"-\"? (\"0\" | [1-9] [0-9]{0,17})\n"
                             "number ::= integer (\".\" [0-9]{1,17})? ([eE] [-+]? [0-9]{1,2})?\n"
                             "boolean ::= \"true\" | \"false\"\n"
                             "null ::= \"null\"\n"
                             "value ::= string | number | boolean | null | object | array\n"
                             "pair ::= string ws \":\" ws value ws\n"
                             "object ::= \"{\" ws (pair (\",\" ws pair)*)? \"}\"\n"
                             "array ::= \"[\" ws (value ws (\",\" ws value ws)*)? \"]\"\n";

lw_status lwi_schema_unsupported(const char *keyword) {
    return lwi_fail(LW_UNSUPPORTED, "JSON schema: '%s' cannot be made a grammar here", keyword);
}

lw_status lwi_schema_refuse(const lwi_json_item *schema, const char *const *keywords) {
    for (; *keywords; keywords++)
        if (lwi_json_get(schema, *keywords)) return lwi_schema_unsupported(*keywords);
    return LW_OK;
}

lw_status lwi_schema_format(lwi_buffer *to, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text) return lwi_fail(LW_INTERNAL, "a rule is too long");
    return lwi_buffer_put(to, text, (size_t)n);
}

lw_status lwi_gbnf_literal(lwi_buffer *to, const char *text, size_t size) {
    LW_TRY(lwi_buffer_put(to, "\"", 1));
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') LW_TRY(lwi_buffer_put(to, "\\", 1));
        if (c < 0x20) LW_TRY(lwi_schema_format(to, "\\x%02x", c));
        else LW_TRY(lwi_buffer_put(to, &text[i], 1));
    }
    return lwi_buffer_put(to, "\"", 1);
}

lw_status lwi_schema_count_rule(lwi_schema *c) {
    if (c->rules++ < MOST_RULES) return LW_OK;
    return lwi_fail(LW_LIMIT, "JSON schema: more than %d rules", MOST_RULES);
}

lw_status lwi_schema_rule_of(lwi_schema *c, const lwi_buffer *expression, lwi_buffer *to) {
    LW_TRY(lwi_schema_count_rule(c));
    LW_TRY(lwi_schema_format(c->out, "r%zu ::= ", c->rules));
    LW_TRY(lwi_buffer_put(c->out, expression->data, expression->size));
    LW_TRY(lwi_buffer_put(c->out, "\n", 1));
    return lwi_schema_format(to, "r%zu", c->rules);
}

/* ---------------------------------------------------------------- references */

static int hex_digit(char c) {
    const char small = c | 32;
    return c >= '0' && c <= '9' ? c - '0' : small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* The next byte of a JSON pointer in a URI, with %xx, ~0 and ~1 resolved; *k is behind it then. */
static char pointer_byte(const char *name, size_t size, size_t *k) {
    char c = name[(*k)++];
    if (c == '%' && *k + 1 < size && hex_digit(name[*k]) >= 0 && hex_digit(name[*k + 1]) >= 0) {
        c = (char)(hex_digit(name[*k]) << 4 | hex_digit(name[*k + 1]));
        *k += 2;
    }
    if (c != '~' || *k >= size) return c;
    return name[(*k)++] == '0' ? '~' : '/';
}

/* One step of a JSON pointer. */
static const lwi_json_item *step(const lwi_json_item *at, const char *name, size_t size) {
    if (lwi_json_is(at, LWI_JSON_ARRAY)) {
        size_t n = 0;
        for (size_t i = 0; i < size; i++) {
            if (name[i] < '0' || name[i] > '9' || n > at->size) return NULL;
            n = n * 10 + (size_t)(name[i] - '0');
        }
        return size && n < at->size ? &at->items[n] : NULL;
    }
    for (size_t i = 0; lwi_json_is(at, LWI_JSON_OBJECT) && i < at->size; i++) {
        const lwi_json_item *member = &at->items[i];
        size_t k = 0, j = 0;
        bool alike = true;
        while (alike && k < size && j < member->key_size)
            alike = pointer_byte(name, size, &k) == member->key[j++];
        if (alike && k == size && j == member->key_size) return member;
    }
    return NULL;
}

lw_status lwi_schema_resolve(const lwi_schema *c, const char *reference,
                             const lwi_json_item **found) {
    const lwi_json_item *at = c->root;
    const char *id = lwi_json_text(c->root, "$id", "");
    const size_t own = strlen(id);
    if (own && !strncmp(reference, id, own) && reference[own] == '#') reference += own;
    if (*reference != '#' || (reference[1] && reference[1] != '/'))
        return lwi_fail(LW_UNSUPPORTED, "JSON schema: the reference '%.100s' leads elsewhere",
                        reference);
    for (const char *p = reference + 1; *p == '/' && at;) {
        const char *end = strchr(++p, '/');
        const size_t n = end ? (size_t)(end - p) : strlen(p);
        at = step(at, p, n);
        p += n;
    }
    if (!at) return lwi_fail(LW_NOT_FOUND, "JSON schema: nothing at '%.100s'", reference);
    *found = at;
    return LW_OK;
}

/* The rule of a schema that is referred to; it is made the first time. */
static lw_status reference(lwi_schema *c, const char *text, lwi_buffer *to) {
    const lwi_json_item *schema = NULL;
    LW_TRY(lwi_schema_resolve(c, text, &schema));
    for (size_t i = 0; i < c->known_count; i++)
        if (c->known[i].schema == schema)
            return lwi_schema_format(to, "ref%zu", c->known[i].number);
    LW_TRY(lwi_schema_count_rule(c));
    LW_TRY(lwi_arena_grow(&c->arena, &c->known, &c->known_capacity, c->known_count + 1,
                          sizeof *c->known));
    const size_t number = c->rules;
    c->known[c->known_count++] = (lwi_schema_rule){schema, number};
    lwi_buffer expression = lwi_buffer_new(c->out->allocator);
    lw_status status = lwi_schema_any(c, schema, &expression);
    if (status == LW_OK) status = lwi_schema_format(c->out, "ref%zu ::= ", number);
    if (status == LW_OK) status = lwi_buffer_put(c->out, expression.data, expression.size);
    if (status == LW_OK) status = lwi_buffer_put(c->out, "\n", 1);
    lwi_buffer_free(&expression);
    LW_TRY(status);
    return lwi_schema_format(to, "ref%zu", number);
}

/* ------------------------------------------------------------------- choices */

static bool whole_number(const lwi_json_item *v) {
    return v->is_integer || (v->number == (double)(int64_t)v->number);
}

static bool has_type(const lwi_json_item *v, const char *type) {
    static const char *const names[] = {"null", "boolean", "number", "string", "array", "object"};
    if (!strcmp(names[v->kind], type)) return true;
    return v->kind == LWI_JSON_NUMBER && !strcmp(type, "integer") && whole_number(v);
}

static bool allowed_by_type(const lwi_json_item *v, const lwi_json_item *type) {
    if (lwi_json_is(type, LWI_JSON_STRING)) return has_type(v, type->text);
    bool allowed = !lwi_json_is(type, LWI_JSON_ARRAY);
    for (size_t i = 0; !allowed && i < type->size; i++)
        allowed = lwi_json_is(&type->items[i], LWI_JSON_STRING) && has_type(v, type->items[i].text);
    return allowed;
}

static lw_status constant(const lwi_json_item *v, lwi_buffer *to) {
    lwi_buffer json = lwi_buffer_new(to->allocator);
    lw_status status = lwi_buffer_json(&json, v);
    if (status == LW_OK) status = lwi_gbnf_literal(to, json.data, json.size);
    lwi_buffer_free(&json);
    return status;
}

static lw_status enumeration(const lwi_json_item *schema, const lwi_json_item *values,
                             lwi_buffer *to) {
    const lwi_json_item *type = lwi_json_get(schema, "type");
    const char *between = "(";
    if (!lwi_json_is(values, LWI_JSON_ARRAY))
        return lwi_fail(LW_CORRUPT, "JSON schema: 'enum' wants an array");
    for (size_t i = 0; i < values->size; i++) {
        if (!allowed_by_type(&values->items[i], type)) continue;
        LW_TRY(lwi_buffer_text(to, between));
        LW_TRY(constant(&values->items[i], to));
        between = " | ";
    }
    return lwi_buffer_text(to, *between == '(' ? "[]" : ")"); /* []: nothing matches */
}

static const char *implied_type(const lwi_json_item *s) {
    static const char *const signs[][2] = {{"properties", "object"},
                                           {"required", "object"},
                                           {"additionalProperties", "object"},
                                           {"patternProperties", "object"},
                                           {"propertyNames", "object"},
                                           {"minProperties", "object"},
                                           {"maxProperties", "object"},
                                           {"items", "array"},
                                           {"contains", "array"},
                                           {"uniqueItems", "array"},
                                           {"prefixItems", "array"},
                                           {"minItems", "array"},
                                           {"maxItems", "array"},
                                           {"pattern", "string"},
                                           {"minLength", "string"},
                                           {"maxLength", "string"},
                                           {"format", "string"},
                                           {"minimum", "number"},
                                           {"maximum", "number"},
                                           {"exclusiveMinimum", "number"},
                                           {"exclusiveMaximum", "number"},
                                           {"multipleOf", "number"}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (lwi_json_get(s, signs[i][0])) return signs[i][1];
    return NULL;
}

/* Nothing but a type may exclude some of them. */
static lw_status constants(const lwi_json_item *s, lwi_buffer *to) {
    const lwi_json_item *one = lwi_json_get(s, "const"), *several = lwi_json_get(s, "enum");
    bool listed = !several;
    if (implied_type(s)) return lwi_schema_unsupported("const or enum with other keywords");
    if (!one) return enumeration(s, several, to);
    for (size_t i = 0; lwi_json_is(several, LWI_JSON_ARRAY) && i < several->size; i++)
        listed |= lwi_schema_same(one, several->items + i);
    return listed && allowed_by_type(one, lwi_json_get(s, "type")) ? constant(one, to)
                                                                   : lwi_buffer_text(to, "[]");
}

/* --------------------------------------------------------------------- types */

static lw_status of_type(lwi_schema *c, const lwi_json_item *s, const char *type, lwi_buffer *to) {
    if (!strcmp(type, "object")) return lwi_schema_object(c, s, to);
    if (!strcmp(type, "array")) return lwi_schema_array(c, s, to);
    if (!strcmp(type, "string")) return lwi_schema_string(c, s, to);
    if (!strcmp(type, "number")) return lwi_schema_number(c, s, false, to);
    if (!strcmp(type, "integer")) return lwi_schema_number(c, s, true, to);
    if (!strcmp(type, "boolean") || !strcmp(type, "null")) return lwi_buffer_text(to, type);
    return lwi_fail(LW_CORRUPT, "JSON schema: there is no type '%.100s'", type);
}

static lw_status of_types(lwi_schema *c, const lwi_json_item *s, const lwi_json_item *types,
                          lwi_buffer *to) {
    if (!types->size) return lwi_fail(LW_CORRUPT, "JSON schema: 'type' is empty");
    LW_TRY(lwi_buffer_text(to, "("));
    for (size_t i = 0; i < types->size; i++) {
        if (i) LW_TRY(lwi_buffer_text(to, " | "));
        if (!lwi_json_is(&types->items[i], LWI_JSON_STRING))
            return lwi_fail(LW_CORRUPT, "JSON schema: 'type' wants names");
        LW_TRY(of_type(c, s, types->items[i].text, to));
    }
    return lwi_buffer_text(to, ")");
}

/* Those of allOf that say what must not hold, or if what: the others tell what values there are. */
static lw_status conditions(lwi_schema *c, const lwi_json_item *s, const lwi_json_item *list,
                            lwi_buffer *to) {
    for (size_t i = 0; i < list->size; i++) {
        const lwi_json_item *item = &list->items[i];
        if (!lwi_schema_has_logic(item)) continue;
        LW_TRY(lwi_schema_logic(c, item, s, &item));
        LW_TRY(lwi_schema_merge(c, s, item, &s));
    }
    return lwi_schema_any(c, s, to);
}

static lw_status all_of(lwi_schema *c, const lwi_json_item *s, const lwi_json_item *list,
                        lwi_buffer *to) {
    if (!lwi_json_is(list, LWI_JSON_ARRAY) || !list->size)
        return lwi_fail(LW_CORRUPT, "JSON schema: 'allOf' wants schemas");
    LW_TRY(lwi_schema_without(c, s, "allOf", &s));
    if (list->size == 1 && !lwi_schema_constrains(s, "")) return lwi_schema_any(c, list->items, to);
    for (size_t i = 0; i < list->size; i++)
        if (!lwi_schema_has_logic(&list->items[i]))
            LW_TRY(lwi_schema_merge(c, s, &list->items[i], &s));
    return conditions(c, s, list, to);
}

/* What stands beside a reference holds too. */
static lw_status referred(lwi_schema *c, const lwi_json_item *s, const char *text, lwi_buffer *to) {
    const lwi_json_item *other = NULL, *rest = NULL;
    if (!lwi_schema_constrains(s, "$ref")) return reference(c, text, to);
    LW_TRY(lwi_schema_resolve(c, text, &other));
    LW_TRY(lwi_schema_without(c, s, "$ref", &rest));
    LW_TRY(lwi_schema_merge(c, other, rest, &s));
    return lwi_schema_any(c, s, to);
}

/* Each alternative with what stands beside them. */
static lw_status choice(lwi_schema *c, const lwi_json_item *s, const char *keyword,
                        const lwi_json_item *list, lwi_buffer *to) {
    const lwi_json_item *rest = NULL, *one = NULL;
    if (!lwi_json_is(list, LWI_JSON_ARRAY) || !list->size)
        return lwi_fail(LW_CORRUPT, "JSON schema: '%s' wants schemas", keyword);
    LW_TRY(lwi_schema_without(c, s, keyword, &rest));
    const bool alone = !lwi_schema_constrains(rest, "");
    LW_TRY(lwi_buffer_text(to, "("));
    for (size_t i = 0; i < list->size; i++) {
        if (i) LW_TRY(lwi_buffer_text(to, " | "));
        one = &list->items[i];
        if (!alone) LW_TRY(lwi_schema_merge(c, rest, one, &one));
        LW_TRY(lwi_schema_any(c, one, to));
    }
    return lwi_buffer_text(to, ")");
}

static lw_status schema_object(lwi_schema *c, const lwi_json_item *s, lwi_buffer *to) {
    static const char *const refused[] = {"$dynamicRef", NULL};
    static const char *const chosen[] = {"anyOf", "oneOf", NULL};
    LW_TRY(lwi_schema_refuse(s, refused));
    if (lwi_schema_has_logic(s)) LW_TRY(lwi_schema_logic(c, s, NULL, &s));
    const lwi_json_item *item = lwi_json_get(s, "$ref");
    if (lwi_json_is(item, LWI_JSON_STRING)) return referred(c, s, item->text, to);
    if ((item = lwi_json_get(s, "allOf")) != NULL) return all_of(c, s, item, to);
    for (int i = 0; chosen[i]; i++)
        if ((item = lwi_json_get(s, chosen[i])) != NULL) return choice(c, s, chosen[i], item, to);
    if (lwi_json_get(s, "const") || lwi_json_get(s, "enum")) return constants(s, to);
    const lwi_json_item *type = lwi_json_get(s, "type");
    if (lwi_json_is(type, LWI_JSON_ARRAY)) return of_types(c, s, type, to);
    const char *name = lwi_json_is(type, LWI_JSON_STRING) ? type->text : implied_type(s);
    return name ? of_type(c, s, name, to) : lwi_buffer_text(to, "value");
}

lw_status lwi_schema_any(lwi_schema *c, const lwi_json_item *s, lwi_buffer *to) {
    if (lwi_json_is(s, LWI_JSON_BOOL)) return lwi_buffer_text(to, s->truth ? "value" : "[]");
    if (!lwi_json_is(s, LWI_JSON_OBJECT))
        return lwi_fail(LW_CORRUPT, "JSON schema: an object is expected for each schema");
    if (c->depth == MOST_DEPTH) return lwi_fail(LW_LIMIT, "JSON schema: nested too deep");
    c->depth++;
    LW_TRY(schema_object(c, s, to));
    c->depth--;
    return LW_OK;
}

static lw_status whole(lwi_schema *c, const char *json, size_t size) {
    const lwi_json_limits limits = {.bytes = 1 << 22, .depth = 200};
    lwi_buffer root = lwi_buffer_new(c->out->allocator);
    LW_TRY(lwi_json_parse(&c->arena, json, size, &limits, &c->root));
    lw_status status = lwi_schema_any(c, c->root, &root);
    if (status == LW_OK) status = lwi_buffer_text(c->out, "root ::= ");
    if (status == LW_OK) status = lwi_buffer_put(c->out, root.data, root.size);
    if (status == LW_OK) status = lwi_buffer_text(c->out, "\n");
    if (status == LW_OK) status = lwi_buffer_text(c->out, common);
    lwi_buffer_free(&root);
    return status;
}

lw_status lwi_schema_gbnf(const char *json, size_t size, lwi_buffer *gbnf) {
    lwi_schema c = {.out = gbnf};
    lwi_arena_init(&c.arena, gbnf->allocator);
    const lw_status status = whole(&c, json, size);
    lwi_arena_free(&c.arena);
    return status;
}
