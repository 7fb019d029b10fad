/* SPDX-License-Identifier: MIT
 * JSON schemas as GBNF. Expressions are written so that they can stand behind each other. */
#ifndef LWI_GRAMMAR_SCHEMA_H
#define LWI_GRAMMAR_SCHEMA_H

#include "base/byte_buffer.h"
#include "base/json_read.h"

/* A schema that has a rule of its own, because it is referred to. */
typedef struct lwi_schema_rule {
    const lwi_json_item *schema;
    size_t number;
} lwi_schema_rule;

typedef struct lwi_schema {
    const lwi_json_item *root;
    lwi_arena arena;
    lwi_buffer *out; /* the rules */
    lwi_schema_rule *known;
    size_t known_count, known_capacity, rules, merges;
    unsigned depth;
} lwi_schema;

lw_status lwi_schema_gbnf(const char *json, size_t size, lwi_buffer *gbnf);

/* The expression of a schema, whatever it is. */
lw_status lwi_schema_any(lwi_schema *c, const lwi_json_item *schema, lwi_buffer *to);
/* Those of one type. */
lw_status lwi_schema_object(lwi_schema *c, const lwi_json_item *schema, lwi_buffer *to);
lw_status lwi_schema_array(lwi_schema *c, const lwi_json_item *schema, lwi_buffer *to);
lw_status lwi_schema_string(lwi_schema *c, const lwi_json_item *schema, lwi_buffer *to);
lw_status lwi_schema_number(lwi_schema *c, const lwi_json_item *schema, bool integer,
                            lwi_buffer *to);
/* A regular expression, for the inside of a JSON string. */
lw_status lwi_schema_pattern(const char *pattern, size_t size, lwi_buffer *to);

/* Multiples of a whole number, from low to high (INT64_MIN, INT64_MAX: no bound). */
lw_status lwi_schema_multiples(lwi_schema *c, int64_t of, int64_t low, int64_t high,
                               lwi_buffer *to);
/* The name of a rule for an element of an array and the white space behind it. */
lw_status lwi_schema_element(lwi_schema *c, const lwi_json_item *schema, lwi_buffer *name);
/* The inside of an array, low to high elements (high < 0: no limit): all different, of few values;
 * so many at least that are special. */
typedef struct lwi_schema_counts {
    int64_t low, high, wanted;
} lwi_schema_counts;
lw_status lwi_schema_unique(lwi_schema *c, const lwi_json_item *element, int64_t low, int64_t high,
                            lwi_buffer *to);
lw_status lwi_schema_contains(lwi_schema *c, const lwi_json_item *element,
                              const lwi_json_item *special, lwi_schema_counts counts,
                              lwi_buffer *to);

/* Whether it has not, if or the like; the same with choices instead of these. base: what also
 * holds, from which is known what values there are; NULL: nothing. */
bool lwi_schema_has_logic(const lwi_json_item *schema);
lw_status lwi_schema_logic(lwi_schema *c, const lwi_json_item *schema, const lwi_json_item *base,
                           const lwi_json_item **to);
/* These as a schema of its own among those of allOf. */
lw_status lwi_schema_set_aside(lwi_schema *c, const lwi_json_item *schema,
                               const lwi_json_item **to);
/* What a reference refers to. */
lw_status lwi_schema_resolve(const lwi_schema *c, const char *reference,
                             const lwi_json_item **found);
/* Before a rule whose name its caller makes of c->rules. LW_LIMIT: there are too many. */
lw_status lwi_schema_count_rule(lwi_schema *c);

/* One schema for two that hold at the same time, in the arena. */
lw_status lwi_schema_merge(lwi_schema *c, const lwi_json_item *a, const lwi_json_item *b,
                           const lwi_json_item **merged);
lw_status lwi_schema_without(lwi_schema *c, const lwi_json_item *schema, const char *key,
                             const lwi_json_item **rest);
bool lwi_schema_same(const lwi_json_item *a, const lwi_json_item *b);
/* Whether it has a keyword that excludes texts, but for one. */
bool lwi_schema_constrains(const lwi_json_item *schema, const char *except);

lw_status lwi_schema_unsupported(const char *keyword);
/* An error if the schema has one of the keywords. */
lw_status lwi_schema_refuse(const lwi_json_item *schema, const char *const *keywords);
/* A rule "rN ::= expression" of its own; its name is appended to `to`. */
lw_status lwi_schema_rule_of(lwi_schema *c, const lwi_buffer *expression, lwi_buffer *to);
lw_status lwi_schema_format(lwi_buffer *to, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Bytes as a GBNF literal in quotes. */
lw_status lwi_gbnf_literal(lwi_buffer *to, const char *text, size_t size);

#endif
