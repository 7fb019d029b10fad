/* SPDX-License-Identifier: MIT
 * GBNF, the notation of llama.cpp:
 *   root ::= "yes" | "no" | number        literals, choices, rules
 *   number ::= "-"? [1-9] [0-9]{0,8}      classes, ? * + {n} {n,} {n,m}, groups in parentheses
 * A rule ends with its line, except within parentheses and behind ::= and |. # begins a comment. */
#include "base/utf8.h"
#include "chat/grammar_states.h"

#include <string.h>

typedef struct parser {
    lwi_grammar *grammar;
    const char *at, *end;
    int line;
    unsigned depth;
    bool *defined;
    size_t defined_capacity;
} parser;

static lw_status choice(parser *p, bool nested, lwi_rule **rule);

static lw_status wrong(const parser *p, const char *what) {
    return lwi_fail(LW_CORRUPT, "grammar, line %d: %s", p->line, what);
}

static void skip_space(parser *p, bool lines) {
    for (; p->at < p->end; p->at++) {
        if (*p->at == '#')
            while (p->at + 1 < p->end && p->at[1] != '\n')
                p->at++;
        else if (*p->at == '\n' && lines) p->line++;
        else if (*p->at != ' ' && *p->at != '\t' && *p->at != '\r') break;
    }
}

static char peek(const parser *p) { return p->at < p->end ? *p->at : 0; }

static lw_status new_rule(parser *p, lwi_rule_kind kind, lwi_rule **rule) {
    LW_TRY(lwi_arena_alloc(&p->grammar->arena, 1, sizeof **rule, rule));
    (*rule)->kind = (uint8_t)kind;
    return LW_OK;
}

static lw_status add_child(parser *p, lwi_rule *rule, size_t *capacity, const lwi_rule *child) {
    LW_TRY(lwi_arena_grow(&p->grammar->arena, &rule->children, capacity, rule->count + 1,
                          sizeof *rule->children));
    rule->children[rule->count++] = child;
    return LW_OK;
}

/* --------------------------------------------------------------------- names */

static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* Small grammars: a list is searched. */
static lw_status rule_number(parser *p, const char *name, size_t size, uint32_t *number) {
    lwi_grammar *g = p->grammar;
    for (size_t i = 0; i < g->rule_count; i++)
        if (strlen(g->names[i]) == size && !memcmp(g->names[i], name, size)) {
            *number = (uint32_t)i;
            return LW_OK;
        }
    LW_TRY(lwi_arena_grow(&g->arena, &g->names, &g->name_capacity, g->rule_count + 1,
                          sizeof *g->names));
    LW_TRY(lwi_arena_grow(&g->arena, &g->rules, &g->rule_capacity, g->rule_count + 1,
                          sizeof *g->rules));
    LW_TRY(lwi_arena_string(&g->arena, name, size, &g->names[g->rule_count]));
    *number = (uint32_t)g->rule_count++;
    return g->rule_count > 20000 ? lwi_fail(LW_LIMIT, "a grammar of more than 20000 rules") : LW_OK;
}

static lw_status name(parser *p, uint32_t *number) {
    const char *start = p->at;
    while (is_name(peek(p)))
        p->at++;
    if (p->at == start) return wrong(p, "expected a name");
    return rule_number(p, start, (size_t)(p->at - start), number);
}

/* ---------------------------------------------------------------- characters */

static lw_status hex(parser *p, int digits, uint32_t *point) {
    *point = 0;
    for (int i = 0; i < digits; i++, p->at++) {
        const char c = peek(p), small = c | 32;
        if (c >= '0' && c <= '9') *point = *point << 4 | (uint32_t)(c - '0');
        else if (small >= 'a' && small <= 'f') *point = *point << 4 | (uint32_t)(small - 'a' + 10);
        else return wrong(p, "an escape with too few hexadecimal digits");
    }
    return *point > 0x10ffff ? wrong(p, "an escape beyond Unicode") : LW_OK;
}

/* One character of a literal or a class, escapes resolved. */
static lw_status character(parser *p, uint32_t *point) {
    static const char names[] = "nrt\\\"[]-^", values[] = "\n\r\t\\\"[]-^";
    if (p->at == p->end) return wrong(p, "the text ends within a literal or class");
    if (*p->at != '\\') {
        *point = lwi_utf8_next(&p->at, p->end);
        return *point == LWI_UTF8_BAD ? wrong(p, "bytes that are not UTF-8") : LW_OK;
    }
    p->at++;
    const char c = peek(p);
    p->at++;
    if (c == 'x') return hex(p, 2, point);
    if (c == 'u') return hex(p, 4, point);
    if (c == 'U') return hex(p, 8, point);
    const char *found = c ? strchr(names, c) : NULL;
    if (!found) return wrong(p, "an escape that does not exist");
    *point = (unsigned char)values[found - names];
    return LW_OK;
}

static lw_status add_range(parser *p, lwi_rule *rule, size_t *capacity, uint32_t first,
                           uint32_t last) {
    LW_TRY(lwi_arena_grow(&p->grammar->arena, &rule->ranges, capacity, rule->count + 1,
                          sizeof *rule->ranges));
    size_t i = rule->count++;
    for (; i > 0 && rule->ranges[i - 1][0] > first; i--)
        memcpy(rule->ranges[i], rule->ranges[i - 1], sizeof *rule->ranges);
    rule->ranges[i][0] = first, rule->ranges[i][1] = last;
    return LW_OK;
}

/* Everything that the sorted ranges leave out. */
static lw_status invert(parser *p, lwi_rule *rule) {
    lwi_rule other = {.kind = LWI_R_RANGES};
    size_t capacity = 0;
    uint32_t next = 0;
    for (size_t i = 0; i < rule->count; i++) {
        if (rule->ranges[i][0] > next)
            LW_TRY(add_range(p, &other, &capacity, next, rule->ranges[i][0] - 1));
        if (rule->ranges[i][1] >= next) next = rule->ranges[i][1] + 1;
    }
    if (next <= 0x10ffff) LW_TRY(add_range(p, &other, &capacity, next, 0x10ffff));
    *rule = other;
    return LW_OK;
}

/* [a-z_], [^"\n] */
static lw_status class(parser *p, lwi_rule **rule) {
    size_t capacity = 0;
    LW_TRY(new_rule(p, LWI_R_RANGES, rule));
    p->at++;
    const bool inverted = peek(p) == '^';
    p->at += inverted;
    while (peek(p) != ']') {
        uint32_t first, last;
        LW_TRY(character(p, &first));
        last = first;
        if (peek(p) == '-' && p->at + 1 < p->end && p->at[1] != ']') {
            p->at++;
            LW_TRY(character(p, &last));
        }
        if (last < first) return wrong(p, "a range that ends before it begins");
        LW_TRY(add_range(p, *rule, &capacity, first, last));
    }
    p->at++;
    return inverted ? invert(p, *rule) : LW_OK;
}

static lw_status literal(parser *p, lwi_rule **rule) {
    size_t capacity = 0;
    LW_TRY(new_rule(p, LWI_R_SEQUENCE, rule));
    p->at++;
    while (peek(p) != '"') {
        lwi_rule *letter;
        uint32_t point;
        size_t one = 0;
        LW_TRY(character(p, &point));
        LW_TRY(new_rule(p, LWI_R_RANGES, &letter));
        LW_TRY(add_range(p, letter, &one, point, point));
        LW_TRY(add_child(p, *rule, &capacity, letter));
    }
    p->at++;
    return LW_OK;
}

/* ------------------------------------------------------------------- structure */

static lw_status group(parser *p, lwi_rule **rule) {
    if (p->depth == LWI_MOST_RULE_DEPTH) return lwi_fail(LW_LIMIT, "a grammar nested too deep");
    p->depth++;
    p->at++;
    skip_space(p, true);
    LW_TRY(choice(p, true, rule));
    if (peek(p) != ')') return wrong(p, "expected ')'");
    p->at++;
    p->depth--;
    return LW_OK;
}

static lw_status item(parser *p, lwi_rule **rule) {
    size_t capacity = 0;
    if (peek(p) == '"') return literal(p, rule);
    if (peek(p) == '[') return class(p, rule);
    if (peek(p) == '(') return group(p, rule);
    if (peek(p) == '.') {
        p->at++;
        LW_TRY(new_rule(p, LWI_R_RANGES, rule));
        return add_range(p, *rule, &capacity, 0, 0x10ffff);
    }
    LW_TRY(new_rule(p, LWI_R_RULE, rule));
    return name(p, &(*rule)->low);
}

static lw_status count(parser *p, uint32_t *number) {
    enum { MOST = 100000 };
    const char *start = p->at;
    *number = 0;
    for (; peek(p) >= '0' && peek(p) <= '9'; p->at++)
        if (*number <= MOST) *number = *number * 10 + (uint32_t)(*p->at - '0');
    if (p->at == start) return wrong(p, "expected a number");
    return *number > MOST ? lwi_fail(LW_LIMIT, "grammar, line %d: too many repetitions", p->line)
                          : LW_OK;
}

/* {n}, {n,}, {n,m} */
static lw_status braces(parser *p, uint32_t *low, uint32_t *high) {
    p->at++;
    skip_space(p, false);
    LW_TRY(count(p, low));
    *high = *low;
    skip_space(p, false);
    if (peek(p) == ',') {
        p->at++;
        skip_space(p, false);
        *high = UINT32_MAX;
        if (peek(p) != '}') LW_TRY(count(p, high));
        skip_space(p, false);
    }
    if (peek(p) != '}') return wrong(p, "expected '}'");
    p->at++;
    return *high < *low ? wrong(p, "a repetition with less than nothing") : LW_OK;
}

/* What may stand behind an item, once. */
static lw_status repetition(parser *p, lwi_rule **rule) {
    uint32_t low = 0, high = UINT32_MAX;
    const char c = peek(p);
    if (c == '{') LW_TRY(braces(p, &low, &high));
    else if (c == '*' || c == '+' || c == '?') {
        p->at++;
        low = c == '+', high = c == '?' ? 1 : UINT32_MAX;
    } else return LW_OK;
    lwi_rule *repeat;
    size_t capacity = 0;
    LW_TRY(new_rule(p, LWI_R_REPEAT, &repeat));
    repeat->low = low, repeat->high = high;
    LW_TRY(add_child(p, repeat, &capacity, *rule));
    repeat->count = 1;
    *rule = repeat;
    return LW_OK;
}

static lw_status sequence(parser *p, bool nested, lwi_rule **rule) {
    size_t capacity = 0;
    LW_TRY(new_rule(p, LWI_R_SEQUENCE, rule));
    for (;;) {
        const char c = peek(p);
        lwi_rule *child;
        if (!c || c == '\n' || c == '|' || c == ')') return LW_OK;
        LW_TRY(item(p, &child));
        LW_TRY(repetition(p, &child));
        LW_TRY(add_child(p, *rule, &capacity, child));
        skip_space(p, nested);
    }
}

static lw_status choice(parser *p, bool nested, lwi_rule **rule) {
    size_t capacity = 0;
    LW_TRY(new_rule(p, LWI_R_CHOICE, rule));
    for (;;) {
        lwi_rule *child;
        LW_TRY(sequence(p, nested, &child));
        LW_TRY(add_child(p, *rule, &capacity, child));
        if (peek(p) != '|') return LW_OK;
        p->at++;
        skip_space(p, true);
    }
}

static lw_status definition(parser *p) {
    uint32_t number;
    lwi_rule *rule;
    LW_TRY(name(p, &number));
    skip_space(p, false);
    if (p->end - p->at < 3 || memcmp(p->at, "::=", 3)) return wrong(p, "expected '::='");
    p->at += 3;
    skip_space(p, true);
    LW_TRY(choice(p, false, &rule));
    if (p->at < p->end && *p->at != '\n') return wrong(p, "expected the end of the rule");
    if (p->grammar->rules[number])
        return lwi_fail(LW_CORRUPT, "grammar: the rule '%s' is there twice",
                        p->grammar->names[number]);
    p->grammar->rules[number] = rule;
    return LW_OK;
}

lw_status lwi_grammar_parse(lwi_grammar *g, const char *text, size_t size) {
    parser p = {.grammar = g, .at = text, .end = text + size, .line = 1};
    size_t i = 0;
    for (skip_space(&p, true); p.at < p.end; skip_space(&p, true))
        LW_TRY(definition(&p));
    for (; i < g->rule_count; i++)
        if (!g->rules[i])
            return lwi_fail(LW_CORRUPT, "grammar: the rule '%s' is missing", g->names[i]);
    for (i = 0; i < g->rule_count && strcmp(g->names[i], "root"); i++)
        ;
    if (i == g->rule_count) return lwi_fail(LW_CORRUPT, "grammar: the rule 'root' is missing");
    g->root = (uint32_t)i;
    return LW_OK;
}
