/* SPDX-License-Identifier: MIT
 * Expressions, by the binding strength of what stands between them. Operators, which only old
 * files have, become calls of torch's functions, as new files write them. */
#include "format/torchscript/ts_parser.h"

#include "base/text_number.h"

#include <string.h>

lw_status lwi_ts_unexpected(const lwi_ts_parser *p, const char *expected) {
    static const char *const names[] = {"the end of the file", "the end of the line",
                                        "a deeper line", "the end of a block"};
    const lwi_ts_token *t = p->at;
    const int shown = t->size < 40 ? (int)t->size : 40;
    if (t->kind < sizeof names / sizeof *names)
        return lwi_fail(LW_CORRUPT, "%s:%u: expected %s instead of %s", p->file, t->line, expected,
                        names[t->kind]);
    return lwi_fail(LW_CORRUPT, "%s:%u: expected %s instead of '%.*s'", p->file, t->line, expected,
                    shown, t->text);
}

bool lwi_ts_is(const lwi_ts_parser *p, const char *text) {
    const size_t n = strlen(text);
    return (p->at->kind == LWI_TS_T_MARK || p->at->kind == LWI_TS_T_NAME) && p->at->size == n &&
           memcmp(p->at->text, text, n) == 0;
}

bool lwi_ts_accept(lwi_ts_parser *p, const char *text) {
    const bool is = lwi_ts_is(p, text);
    p->at += is;
    return is;
}

lw_status lwi_ts_expect(lwi_ts_parser *p, const char *text) {
    char expected[16] = "'";
    if (lwi_ts_accept(p, text)) return LW_OK;
    strncat(expected, text, sizeof expected - 3);
    strncat(expected, "'", 2);
    return lwi_ts_unexpected(p, expected);
}

lw_status lwi_ts_accept_name(lwi_ts_parser *p, const char **name) {
    if (p->at->kind != LWI_TS_T_NAME) return lwi_ts_unexpected(p, "a name");
    LW_TRY(lwi_arena_string(p->arena, p->at->text, p->at->size, name));
    p->at++;
    return LW_OK;
}

lw_status lwi_ts_deeper(lwi_ts_parser *p) {
    if (++p->depth > LWI_TS_DEPTH)
        return lwi_fail(LW_CORRUPT, "%s:%u: the program is nested too deeply", p->file,
                        p->at->line);
    return LW_OK;
}

lw_status lwi_ts_variable(lwi_ts_parser *p, const char *name, int *slot) {
    *slot = lwi_strmap_get(&p->variables, name);
    if (*slot >= 0) return LW_OK;
    *slot = p->n_slots++;
    return lwi_strmap_set(&p->variables, name, *slot);
}

static lw_status new_expr(lwi_ts_parser *p, lwi_ts_expr_kind kind, lwi_ts_expr **expr) {
    LW_TRY(lwi_arena_alloc(p->arena, 1, sizeof **expr, expr));
    (*expr)->kind = kind;
    (*expr)->line = p->at->line;
    (*expr)->slot = -1;
    return LW_OK;
}

static lw_status set_items(lwi_ts_parser *p, lwi_ts_expr *e, size_t n, lwi_ts_expr *const *items) {
    e->n_items = n;
    return lwi_arena_copy(p->arena, items, n * sizeof *items, &e->items);
}

/* A growing list of expressions. */
typedef struct items {
    lwi_ts_expr **all;
    const char **keywords;
    size_t n, cap, cap_keywords;
    bool any_keyword;
} items;

static lw_status add_item(lwi_ts_parser *p, items *list, lwi_ts_expr *e, const char *keyword) {
    if (list->n == list->cap) {
        const size_t need = list->n * 2 + 4;
        LW_TRY(lwi_arena_grow(p->arena, &list->all, &list->cap, need, sizeof *list->all));
        LW_TRY(lwi_arena_grow(p->arena, &list->keywords, &list->cap_keywords, need,
                              sizeof *list->keywords));
    }
    list->all[list->n] = e;
    list->keywords[list->n++] = keyword;
    list->any_keyword |= keyword != NULL;
    return LW_OK;
}

static void take_items(lwi_ts_expr *e, const items *list) {
    e->items = list->all;
    e->n_items = list->n;
    e->keywords = list->any_keyword ? list->keywords : NULL;
}

/* Up to the closing mark; keywords only in calls, pairs in dicts. */
static lw_status parse_items(lwi_ts_parser *p, const char *closing, bool keywords, bool pairs,
                             items *list) {
    while (!lwi_ts_accept(p, closing)) {
        lwi_ts_expr *e = NULL;
        const char *keyword = NULL;
        const lwi_ts_token *next = p->at->kind == LWI_TS_T_END ? p->at : p->at + 1;
        if (keywords && next->kind == LWI_TS_T_MARK && next->size == 1 && *next->text == '=') {
            LW_TRY(lwi_ts_accept_name(p, &keyword));
            p->at++;
        }
        LW_TRY(lwi_ts_parse_expr(p, &e));
        LW_TRY(add_item(p, list, e, keyword));
        if (pairs) {
            LW_TRY(lwi_ts_expect(p, ":"));
            LW_TRY(lwi_ts_parse_expr(p, &e));
            LW_TRY(add_item(p, list, e, NULL));
        }
        if (!lwi_ts_is(p, closing)) LW_TRY(lwi_ts_expect(p, ","));
    }
    return LW_OK;
}

static lw_status parse_group(lwi_ts_parser *p, lwi_ts_expr **expr) {
    items list = {0};
    lwi_ts_expr *e = NULL;
    LW_TRY(new_expr(p, LWI_TS_TUPLE, &e));
    LW_TRY(parse_items(p, ")", false, false, &list));
    const lwi_ts_token *last = p->at - 2; /* before the closing mark */
    const bool comma = last->kind == LWI_TS_T_MARK && last->size == 1 && *last->text == ',';
    take_items(e, &list);
    *expr = list.n == 1 && !comma ? list.all[0] : e;
    return LW_OK;
}

static bool is_number(const lwi_ts_token *t) {
    return t->kind == LWI_TS_T_INT || t->kind == LWI_TS_T_FLOAT || t->kind == LWI_TS_T_IMAGINARY;
}

static lw_status parse_number(lwi_ts_parser *p, lwi_ts_expr **expr) {
    const lwi_ts_token *t = p->at;
    LW_TRY(new_expr(p,
                    t->kind == LWI_TS_T_INT     ? LWI_TS_INT
                    : t->kind == LWI_TS_T_FLOAT ? LWI_TS_FLOAT
                                                : LWI_TS_IMAGINARY,
                    expr));
    const bool fine = t->kind == LWI_TS_T_INT
                          ? lwi_text_integer(t->text, t->size, false, &(*expr)->i)
                          : lwi_text_double(t->text, t->size, &(*expr)->f);
    if (!fine) return lwi_ts_unexpected(p, "a number of 64 bits");
    p->at++;
    return LW_OK;
}

static lw_status parse_name(lwi_ts_parser *p, lwi_ts_expr **expr) {
    static const struct {
        const char *name;
        lwi_ts_expr_kind kind;
    } words[] = {{"True", LWI_TS_TRUE}, {"False", LWI_TS_FALSE}, {"None", LWI_TS_NONE}};
    LW_TRY(new_expr(p, LWI_TS_NAME, expr));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (lwi_ts_accept(p, words[i].name)) {
            (*expr)->kind = words[i].kind;
            return LW_OK;
        }
    LW_TRY(lwi_ts_accept_name(p, &(*expr)->name));
    (*expr)->slot = lwi_strmap_get(&p->variables, (*expr)->name);
    return LW_OK;
}

static lw_status parse_atom(lwi_ts_parser *p, lwi_ts_expr **expr) {
    const lwi_ts_token *t = p->at;
    if (is_number(t)) return parse_number(p, expr);
    if (t->kind == LWI_TS_T_NAME) return parse_name(p, expr);
    if (t->kind == LWI_TS_T_STRING) {
        LW_TRY(new_expr(p, LWI_TS_STRING, expr));
        LW_TRY(lwi_ts_unescape(p->arena, t, &(*expr)->text));
        p->at++;
        return LW_OK;
    }
    if (lwi_ts_accept(p, "(")) return parse_group(p, expr);
    const bool list = lwi_ts_is(p, "[");
    if (!list && !lwi_ts_is(p, "{")) return lwi_ts_unexpected(p, "a value");
    items parts = {0};
    LW_TRY(new_expr(p, list ? LWI_TS_LIST : LWI_TS_DICT, expr));
    p->at++;
    LW_TRY(parse_items(p, list ? "]" : "}", false, !list, &parts));
    take_items(*expr, &parts);
    return LW_OK;
}

static lw_status parse_slice(lwi_ts_parser *p, lwi_ts_expr *object, lwi_ts_expr *first,
                             lwi_ts_expr **expr) {
    lwi_ts_expr *parts[4] = {object, first, NULL, NULL};
    LW_TRY(new_expr(p, LWI_TS_SLICE, expr));
    for (int i = 2; i < 4 && lwi_ts_accept(p, ":"); i++)
        if (!lwi_ts_is(p, ":") && !lwi_ts_is(p, "]")) LW_TRY(lwi_ts_parse_expr(p, &parts[i]));
    LW_TRY(lwi_ts_expect(p, "]"));
    return set_items(p, *expr, 4, parts);
}

/* Behind "[": an index, several (a tuple, of types), or a slice. */
static lw_status parse_index(lwi_ts_parser *p, lwi_ts_expr **expr) {
    lwi_ts_expr *parts[2] = {*expr, NULL};
    if (lwi_ts_is(p, ":")) return parse_slice(p, *expr, NULL, expr);
    LW_TRY(lwi_ts_parse_expr(p, &parts[1]));
    if (lwi_ts_is(p, ":")) return parse_slice(p, *expr, parts[1], expr);
    if (lwi_ts_accept(p, ",")) {
        items list = {0};
        LW_TRY(add_item(p, &list, parts[1], NULL));
        LW_TRY(parse_items(p, "]", false, false, &list));
        LW_TRY(new_expr(p, LWI_TS_TUPLE, &parts[1]));
        take_items(parts[1], &list);
    } else LW_TRY(lwi_ts_expect(p, "]"));
    LW_TRY(new_expr(p, LWI_TS_INDEX, expr));
    return set_items(p, *expr, 2, parts);
}

static lw_status parse_postfix(lwi_ts_parser *p, lwi_ts_expr **expr) {
    LW_TRY(parse_atom(p, expr));
    for (;;) {
        lwi_ts_expr *object = *expr;
        LW_TRY(lwi_ts_deeper(p)); /* a chain is as deep as it is long */
        if (lwi_ts_accept(p, ".")) {
            LW_TRY(new_expr(p, LWI_TS_ATTR, expr));
            LW_TRY(lwi_ts_accept_name(p, &(*expr)->name));
            LW_TRY(set_items(p, *expr, 1, &object));
        } else if (lwi_ts_accept(p, "(")) {
            items list = {0};
            LW_TRY(new_expr(p, LWI_TS_CALL, expr));
            LW_TRY(add_item(p, &list, object, NULL));
            LW_TRY(parse_items(p, ")", true, false, &list));
            take_items(*expr, &list);
        } else if (lwi_ts_accept(p, "[")) LW_TRY(parse_index(p, expr));
        else return LW_OK;
    }
}

static lw_status operator_call(lwi_ts_parser *p, const char *name, size_t n,
                               lwi_ts_expr *const *operands, lwi_ts_expr **expr) {
    lwi_ts_expr *parts[3] = {NULL};
    LW_TRY(new_expr(p, LWI_TS_CALL, expr));
    (*expr)->name = name;
    memcpy(parts + 1, operands, n * sizeof *operands);
    return set_items(p, *expr, n + 1, parts);
}

static lw_status parse_binary(lwi_ts_parser *p, int least, lwi_ts_expr **expr);

enum { LOGICAL_NOT = 3, UNARY = 11, POWER = 12 };

static lw_status parse_unary(lwi_ts_parser *p, lwi_ts_expr **expr) {
    const bool minus = lwi_ts_is(p, "-"), invert = lwi_ts_is(p, "~"), not = lwi_ts_is(p, "not");
    if (!minus && !invert && !not ) return parse_postfix(p, expr);
    lwi_ts_expr *e = NULL;
    p->at++;
    const bool number = is_number(p->at);
    LW_TRY(parse_binary(p, not ? LOGICAL_NOT : UNARY, &e));
    *expr = e;
    if (minus && number && e->kind == LWI_TS_INT) e->i = -e->i;
    else if (minus && number && (e->kind == LWI_TS_FLOAT || e->kind == LWI_TS_IMAGINARY))
        e->f = -e->f;
    else return operator_call(p, minus ? "neg" : invert ? "bitwise_not" : "__not__", 1, &e, expr);
    return LW_OK;
}

/* The binding strength of the operator at hand, 0 if there is none; moves past it if it binds as
 * strongly as asked. */
static int accept_operator(lwi_ts_parser *p, int least, const char **name) {
    static const struct {
        const char *text, *name;
        int strength;
    } all[] = {{"or", "__or__", 1}, {"and", "__and__", 2},   {"in", "__contains__", 4},
               {"is", "__is__", 4}, {"==", "eq", 4},         {"!=", "ne", 4},
               {"<", "lt", 4},      {"<=", "le", 4},         {">", "gt", 4},
               {">=", "ge", 4},     {"|", "__or__", 5},      {"^", "__xor__", 6},
               {"&", "__and__", 7}, {"<<", "__lshift__", 8}, {">>", "__rshift__", 8},
               {"+", "add", 9},     {"-", "sub", 9},         {"*", "mul", 10},
               {"/", "div", 10},    {"//", "floordiv", 10},  {"%", "remainder", 10},
               {"@", "matmul", 10}, {"**", "pow", POWER}};
    if (p->at->kind != LWI_TS_T_MARK && p->at->kind != LWI_TS_T_NAME) return 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].strength >= least && lwi_ts_accept(p, all[i].text)) {
            *name = all[i].name;
            if (*all[i].text == 'i' && all[i].text[1] == 's' && lwi_ts_accept(p, "not"))
                *name = "__isnot__";
            return all[i].strength;
        }
    return 0;
}

static lw_status parse_binary(lwi_ts_parser *p, int least, lwi_ts_expr **expr) {
    const int depth = p->depth;
    LW_TRY(lwi_ts_deeper(p));
    LW_TRY(parse_unary(p, expr));
    for (;;) {
        const char *name = NULL;
        lwi_ts_expr *sides[2] = {*expr, NULL};
        const bool not_in = lwi_ts_is(p, "not") && least <= LOGICAL_NOT + 1;
        if (not_in) p->at++;
        const int strength = accept_operator(p, least, &name);
        if (!strength) break;
        LW_TRY(lwi_ts_deeper(p));
        LW_TRY(parse_binary(p, strength == POWER ? UNARY : strength + 1, &sides[1]));
        if (strcmp(name, "__contains__") == 0)
            memcpy(sides, (lwi_ts_expr *[]){sides[1], sides[0]}, sizeof sides);
        LW_TRY(operator_call(p, name, 2, sides, expr));
        if (not_in) LW_TRY(operator_call(p, "__not__", 1, expr, expr));
    }
    p->depth = depth;
    return LW_OK;
}

lw_status lwi_ts_parse_expr(lwi_ts_parser *p, lwi_ts_expr **expr) {
    const int depth = p->depth;
    LW_TRY(parse_binary(p, 1, expr));
    if (lwi_ts_accept(p, "if")) {
        lwi_ts_expr *parts[3] = {NULL, *expr, NULL};
        LW_TRY(lwi_ts_deeper(p));
        LW_TRY(parse_binary(p, 1, &parts[0]));
        LW_TRY(lwi_ts_expect(p, "else"));
        LW_TRY(lwi_ts_parse_expr(p, &parts[2]));
        LW_TRY(new_expr(p, LWI_TS_TERNARY, expr));
        LW_TRY(set_items(p, *expr, 3, parts));
    }
    p->depth = depth;
    return LW_OK;
}

lw_status lwi_ts_parse_exprs(lwi_ts_parser *p, lwi_ts_expr ***exprs, size_t *n, bool *trailing) {
    items list = {0};
    *trailing = false;
    for (;;) {
        lwi_ts_expr *e = NULL;
        LW_TRY(lwi_ts_parse_expr(p, &e));
        LW_TRY(add_item(p, &list, e, NULL));
        *trailing = lwi_ts_accept(p, ",");
        if (!*trailing || p->at->kind == LWI_TS_T_NEWLINE || lwi_ts_is(p, "=")) break;
    }
    *exprs = list.all;
    *n = list.n;
    return LW_OK;
}
