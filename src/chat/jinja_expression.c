/* SPDX-License-Identifier: MIT
 * Expressions, with the precedences of Jinja's parser. */
#include "chat/jinja_nodes.h"

#include <string.h>

lw_status lwi_parse_wrong(const lwi_parser *p, const char *expected) {
    const lwi_token *t = p->at;
    if (t->kind == LWI_T_NAME)
        return lwi_fail(LW_CORRUPT, "template, line %d: expected %s, found '%.*s'", t->line,
                        expected, LWI_SHOWN(t->value));
    return lwi_fail(LW_CORRUPT, "template, line %d: expected %s", t->line, expected);
}

lw_status lwi_new_node(lwi_parser *p, lwi_node_kind kind, lwi_node **node) {
    lwi_node *made = NULL;
    LW_TRY(lwi_arena_alloc(&p->template->arena, 1, sizeof *made, &made));
    made->kind = (uint8_t)kind;
    made->line = p->at->line;
    *node = made;
    return LW_OK;
}

lw_status lwi_add_node(lwi_parser *p, lwi_node_list *list, const lwi_node *node) {
    LW_TRY(lwi_arena_grow(&p->template->arena, &list->items, &list->capacity, list->count + 1,
                          sizeof *list->items));
    list->items[list->count++] = node;
    return LW_OK;
}

bool lwi_at_op(const lwi_parser *p, uint32_t op) {
    return p->at->kind == LWI_T_OPERATOR && p->at->op == op;
}

static bool is_word(const lwi_token *t, const char *word) {
    return t->kind == LWI_T_NAME && t->value.size == strlen(word) &&
           !memcmp(t->value.text, word, t->value.size);
}

bool lwi_at_word(const lwi_parser *p, const char *word) { return is_word(p->at, word); }

bool lwi_skip_op(lwi_parser *p, uint32_t op) {
    if (!lwi_at_op(p, op)) return false;
    p->at++;
    return true;
}

bool lwi_skip_word(lwi_parser *p, const char *word) {
    if (!lwi_at_word(p, word)) return false;
    p->at++;
    return true;
}

lw_status lwi_expect_op(lwi_parser *p, uint32_t op, const char *shown) {
    return lwi_skip_op(p, op) ? LW_OK : lwi_parse_wrong(p, shown);
}

lw_status lwi_expect_name(lwi_parser *p, const char **name) {
    if (p->at->kind != LWI_T_NAME) return lwi_parse_wrong(p, "a name");
    const lwi_val text = p->at++->value;
    return lwi_intern(p->template, text.text, text.size, name);
}

/* A node with one or two children, made after them. */
static lw_status combine(lwi_parser *p, lwi_node_kind kind, uint32_t op, lwi_node *a, lwi_node *b,
                         lwi_node **node) {
    lwi_node *made = NULL;
    LW_TRY(lwi_new_node(p, kind, &made));
    made->op = op;
    made->a = a, made->b = b;
    *node = made;
    return LW_OK;
}

/* ----------------------------------------------------------------- primaries */

static lw_status constant(lwi_parser *p, lwi_val value, lwi_node **node) {
    LW_TRY(lwi_new_node(p, LWI_N_CONSTANT, node));
    (*node)->constant = value;
    return LW_OK;
}

/* Neighbouring strings are one. */
static lw_status string(lwi_parser *p, lwi_node **node) {
    size_t size = 0, at = 0;
    for (const lwi_token *t = p->at; t->kind == LWI_T_STRING; t++)
        size += t->value.size;
    char *text = NULL;
    LW_TRY(lwi_arena_alloc(&p->template->arena, size + 1, 1, &text));
    LW_TRY(constant(p, lwi_str(text, size), node));
    for (; p->at->kind == LWI_T_STRING; at += p->at++->value.size)
        memcpy(text + at, p->at->value.text, p->at->value.size);
    return LW_OK;
}

static void note_special(lwi_parser *p, const char *name) {
    if (!p->macro) return;
    if (name == p->template->varargs) p->macro->uses_varargs = true;
    if (name == p->template->kwargs) p->macro->uses_kwargs = true;
    if (name == p->template->caller) p->macro->uses_caller = true;
}

static lw_status name(lwi_parser *p, lwi_node **node) {
    static const char *const words[] = {"true", "True", "false", "False", "none", "None"};
    for (int i = 0; i < 6; i++)
        if (lwi_at_word(p, words[i])) {
            LW_TRY(constant(p, i < 4 ? lwi_bool(i < 2) : lwi_none(), node));
            p->at++;
            return LW_OK;
        }
    LW_TRY(lwi_new_node(p, LWI_N_NAME, node));
    LW_TRY(lwi_expect_name(p, &(*node)->name));
    note_special(p, (*node)->name);
    return LW_OK;
}

/* Items between commas up to the closing bracket, which is skipped. */
static lw_status items(lwi_parser *p, uint32_t close, bool pairs, lwi_node *into) {
    lwi_node_list list = {0};
    lwi_node *item;
    while (!lwi_at_op(p, close)) {
        if (list.count) LW_TRY(lwi_expect_op(p, ',', "','"));
        if (lwi_at_op(p, close)) break;
        LW_TRY(lwi_parse_expression(p, true, &item));
        LW_TRY(lwi_add_node(p, &list, item));
        if (!pairs) continue;
        LW_TRY(lwi_expect_op(p, ':', "':'"));
        LW_TRY(lwi_parse_expression(p, true, &item));
        LW_TRY(lwi_add_node(p, &list, item));
    }
    p->at++;
    into->list = list.items, into->count = list.count;
    return LW_OK;
}

static lw_status parenthesis(lwi_parser *p, lwi_node **node) {
    p->at++;
    if (lwi_at_op(p, ')')) LW_TRY(lwi_new_node(p, LWI_N_TUPLE, node));
    else LW_TRY(lwi_parse_tuple(p, true, NULL, node));
    return lwi_expect_op(p, ')', "')'");
}

static lw_status primary(lwi_parser *p, lwi_node **node) {
    const uint8_t kind = p->at->kind;
    if (kind == LWI_T_NAME) return name(p, node);
    if (kind == LWI_T_STRING) return string(p, node);
    if (kind == LWI_T_INTEGER || kind == LWI_T_FLOAT) {
        LW_TRY(constant(p, p->at->value, node));
        p->at++;
        return LW_OK;
    }
    if (lwi_at_op(p, '(')) return parenthesis(p, node);
    if (!lwi_at_op(p, '[') && !lwi_at_op(p, '{')) return lwi_parse_wrong(p, "an expression");
    const bool dict = p->at->op == '{';
    LW_TRY(lwi_new_node(p, dict ? LWI_N_DICT : LWI_N_LIST, node));
    p->at++;
    return items(p, dict ? '}' : ']', dict, *node);
}

/* ------------------------------------------------------------------- postfix */

static lw_status keyword_argument(lwi_parser *p, lwi_node_list *keywords) {
    lwi_node *keyword, *value;
    LW_TRY(lwi_new_node(p, LWI_N_SET, &keyword));
    LW_TRY(lwi_expect_name(p, &keyword->name));
    p->at++;
    LW_TRY(lwi_parse_expression(p, true, &value));
    keyword->b = value;
    return lwi_add_node(p, keywords, keyword);
}

static lw_status argument(lwi_parser *p, lwi_node *call, lwi_node_list *args,
                          lwi_node_list *keywords) {
    lwi_node *value;
    if (lwi_skip_op(p, LWI_OP2('*', '*'))) {
        if (call->star_star) return lwi_parse_wrong(p, "one **");
        LW_TRY(lwi_parse_expression(p, true, &value));
        call->star_star = value;
        return LW_OK;
    }
    if (lwi_skip_op(p, '*')) {
        if (call->star || call->star_star) return lwi_parse_wrong(p, "one *");
        LW_TRY(lwi_parse_expression(p, true, &value));
        call->star = value;
        return LW_OK;
    }
    if (call->star_star) return lwi_parse_wrong(p, "nothing after **");
    if (p->at->kind == LWI_T_NAME && p->at[1].kind == LWI_T_OPERATOR && p->at[1].op == '=')
        return keyword_argument(p, keywords);
    if (keywords->count || call->star) return lwi_parse_wrong(p, "a keyword argument");
    LW_TRY(lwi_parse_expression(p, true, &value));
    return lwi_add_node(p, args, value);
}

/* at the opening parenthesis */
static lw_status arguments(lwi_parser *p, lwi_node *call) {
    lwi_node_list args = {0}, keywords = {0};
    p->at++;
    for (bool first = true; !lwi_at_op(p, ')'); first = false) {
        if (!first) LW_TRY(lwi_expect_op(p, ',', "',' or ')'"));
        if (lwi_at_op(p, ')')) break;
        LW_TRY(argument(p, call, &args, &keywords));
    }
    p->at++;
    call->list = args.items, call->count = args.count;
    call->keywords = keywords.items, call->keyword_count = keywords.count;
    return LW_OK;
}

static lw_status call(lwi_parser *p, lwi_node **node) {
    lwi_node *callee = *node;
    LW_TRY(combine(p, LWI_N_CALL, 0, callee, NULL, node));
    return arguments(p, *node);
}

static lw_status dot(lwi_parser *p, lwi_node **node) {
    lwi_node *key, *object = *node;
    p->at++;
    if (p->at->kind != LWI_T_NAME && p->at->kind != LWI_T_INTEGER)
        return lwi_parse_wrong(p, "a name or number");
    const bool is_name = p->at->kind == LWI_T_NAME;
    LW_TRY(constant(p, p->at->value, &key));
    p->at++;
    return combine(p, is_name ? LWI_N_ATTRIBUTE : LWI_N_SUBSCRIPT, 0, object, key, node);
}

/* [start:stop:step]; start has been read, at the first colon. */
static lw_status slice(lwi_parser *p, lwi_node *start, lwi_node *into) {
    const lwi_node **parts[] = {&into->c, &into->d};
    into->kind = LWI_N_SLICE;
    into->b = start;
    for (int i = 0; i < 2 && lwi_skip_op(p, ':'); i++) {
        lwi_node *part = NULL;
        if (!lwi_at_op(p, ':') && !lwi_at_op(p, ']')) LW_TRY(lwi_parse_expression(p, true, &part));
        *parts[i] = part;
    }
    return LW_OK;
}

static lw_status brackets(lwi_parser *p, lwi_node **node) {
    lwi_node *made, *key = NULL;
    LW_TRY(combine(p, LWI_N_SUBSCRIPT, 0, *node, NULL, &made));
    p->at++;
    if (!lwi_at_op(p, ':')) LW_TRY(lwi_parse_tuple(p, true, NULL, &key));
    if (lwi_at_op(p, ':')) LW_TRY(slice(p, key, made));
    else made->b = key;
    *node = made;
    return lwi_expect_op(p, ']', "']'");
}

static lw_status postfix(lwi_parser *p, lwi_node **node) {
    for (;;) {
        if (lwi_at_op(p, '.')) LW_TRY(dot(p, node));
        else if (lwi_at_op(p, '[')) LW_TRY(brackets(p, node));
        else if (lwi_at_op(p, '(')) LW_TRY(call(p, node));
        else return LW_OK;
    }
}

/* ---------------------------------------------------------- filters and tests */

static lw_status dotted_name(lwi_parser *p, lwi_node *node) {
    LW_TRY(lwi_expect_name(p, &node->name));
    if (lwi_at_op(p, '.')) return lwi_parse_wrong(p, "a name without dots");
    return LW_OK;
}

static lw_status filter(lwi_parser *p, lwi_node **node) {
    lwi_node *on = *node;
    LW_TRY(combine(p, LWI_N_FILTER, 0, on, NULL, node));
    LW_TRY(dotted_name(p, *node));
    return lwi_at_op(p, '(') ? arguments(p, *node) : LW_OK;
}

lw_status lwi_parse_filters(lwi_parser *p, bool first, lwi_node *on, lwi_node **node) {
    *node = on;
    if (first) LW_TRY(filter(p, node));
    while (lwi_skip_op(p, '|'))
        LW_TRY(filter(p, node));
    return LW_OK;
}

/* What may follow a test's name as its argument without parentheses. */
static bool at_test_argument(const lwi_parser *p) {
    if (p->at->kind == LWI_T_NAME)
        return !lwi_at_word(p, "else") && !lwi_at_word(p, "or") && !lwi_at_word(p, "and");
    return p->at->kind == LWI_T_STRING || p->at->kind == LWI_T_INTEGER ||
           p->at->kind == LWI_T_FLOAT || lwi_at_op(p, '[') || lwi_at_op(p, '{');
}

static lw_status test(lwi_parser *p, lwi_node **node) {
    lwi_node *on = *node, *made, *argument_node;
    p->at++;
    LW_TRY(combine(p, LWI_N_TEST, 0, on, NULL, &made));
    made->flag = lwi_skip_word(p, "not");
    LW_TRY(dotted_name(p, made));
    *node = made;
    if (lwi_at_op(p, '(')) return arguments(p, made);
    if (!at_test_argument(p)) return LW_OK;
    if (lwi_at_word(p, "is")) return lwi_parse_wrong(p, "one test");
    LW_TRY(primary(p, &argument_node));
    LW_TRY(postfix(p, &argument_node));
    lwi_node_list list = {0};
    LW_TRY(lwi_add_node(p, &list, argument_node));
    made->list = list.items, made->count = list.count;
    return LW_OK;
}

static lw_status filters_and_tests(lwi_parser *p, lwi_node **node) {
    for (;;) {
        if (lwi_skip_op(p, '|')) LW_TRY(filter(p, node));
        else if (lwi_at_word(p, "is")) LW_TRY(test(p, node));
        else if (lwi_at_op(p, '(')) LW_TRY(call(p, node));
        else return LW_OK;
    }
}

/* ----------------------------------------------------------------- operators */

static lw_status deeper(lwi_parser *p) {
    if (p->depth == LWI_PARSE_DEPTH)
        return lwi_fail(LW_LIMIT, "template, line %d: nested too deep", p->at->line);
    p->depth++;
    return LW_OK;
}

static lw_status unary(lwi_parser *p, bool with_filters, lwi_node **node) {
    const bool minus = lwi_at_op(p, '-');
    if (minus || lwi_at_op(p, '+')) {
        lwi_node *operand;
        p->at++;
        LW_TRY(deeper(p));
        LW_TRY(unary(p, false, &operand));
        p->depth--;
        LW_TRY(combine(p, minus ? LWI_N_NEGATE : LWI_N_POSITIVE, 0, operand, NULL, node));
    } else {
        LW_TRY(primary(p, node));
    }
    LW_TRY(postfix(p, node));
    return with_filters ? filters_and_tests(p, node) : LW_OK;
}

/* Left-associative operators, from the tightest. `~` joins any number at once. */
static const uint32_t levels[4][5] = {
    {LWI_OP2('*', '*')}, {'*', '/', LWI_OP2('/', '/'), '%'}, {'~'}, {'+', '-'}};

static bool at_level(const lwi_parser *p, int level) {
    for (int i = 0; levels[level][i]; i++)
        if (lwi_at_op(p, levels[level][i])) return true;
    return false;
}

static lw_status binary(lwi_parser *p, int level, lwi_node **node);

static lw_status concat(lwi_parser *p, lwi_node **node) {
    lwi_node_list list = {0};
    lwi_node *item = *node;
    LW_TRY(lwi_new_node(p, LWI_N_CONCAT, node));
    LW_TRY(lwi_add_node(p, &list, item));
    while (lwi_skip_op(p, '~')) {
        LW_TRY(binary(p, 1, &item));
        LW_TRY(lwi_add_node(p, &list, item));
    }
    (*node)->list = list.items, (*node)->count = list.count;
    return LW_OK;
}

static lw_status binary(lwi_parser *p, int level, lwi_node **node) {
    if (level < 0) return unary(p, true, node);
    LW_TRY(binary(p, level - 1, node));
    if (level == 2) return lwi_at_op(p, '~') ? concat(p, node) : LW_OK;
    while (at_level(p, level)) {
        const uint32_t op = p->at++->op;
        lwi_node *left = *node, *right;
        LW_TRY(binary(p, level - 1, &right));
        LW_TRY(combine(p, LWI_N_BINARY, op, left, right, node));
    }
    return LW_OK;
}

/* The comparison here, which is skipped; 0: none. */
static uint32_t comparison(lwi_parser *p) {
    static const uint32_t ops[] = {LWI_OP2('=', '='), LWI_OP2('!', '='), '<', '>',
                                   LWI_OP2('<', '='), LWI_OP2('>', '=')};
    for (int i = 0; i < 6; i++)
        if (lwi_skip_op(p, ops[i])) return ops[i];
    if (lwi_skip_word(p, "in")) return LWI_OP_IN;
    if (!lwi_at_word(p, "not") || !is_word(p->at + 1, "in")) return 0;
    p->at += 2;
    return LWI_OP_NOT_IN;
}

static lw_status compare(lwi_parser *p, lwi_node **node) {
    LW_TRY(binary(p, 3, node));
    lwi_node_list list = {0};
    lwi_node *left = *node, *right, *step;
    for (uint32_t op; (op = comparison(p)) != 0;) {
        LW_TRY(binary(p, 3, &right));
        LW_TRY(combine(p, LWI_N_BINARY, op, NULL, right, &step));
        LW_TRY(lwi_add_node(p, &list, step));
    }
    if (!list.count) return LW_OK;
    LW_TRY(combine(p, LWI_N_COMPARE, 0, left, NULL, node));
    (*node)->list = list.items, (*node)->count = list.count;
    return LW_OK;
}

static lw_status not_expression(lwi_parser *p, lwi_node **node) {
    size_t nots = 0;
    while (lwi_skip_word(p, "not"))
        nots++;
    LW_TRY(compare(p, node));
    for (lwi_node *operand; nots; nots--) {
        operand = *node;
        LW_TRY(combine(p, LWI_N_NOT, 0, operand, NULL, node));
        if (nots > 2) nots -= 2; /* three say what one does */
    }
    return LW_OK;
}

static lw_status logical(lwi_parser *p, bool is_or, lwi_node **node) {
    LW_TRY(is_or ? logical(p, false, node) : not_expression(p, node));
    while (lwi_skip_word(p, is_or ? "or" : "and")) {
        lwi_node *left = *node, *right;
        LW_TRY(is_or ? logical(p, false, &right) : not_expression(p, &right));
        LW_TRY(combine(p, is_or ? LWI_N_OR : LWI_N_AND, 0, left, right, node));
    }
    return LW_OK;
}

lw_status lwi_parse_expression(lwi_parser *p, bool conditional, lwi_node **node) {
    LW_TRY(deeper(p));
    LW_TRY(logical(p, true, node));
    while (conditional && lwi_skip_word(p, "if")) {
        lwi_node *value = *node, *condition, *otherwise = NULL;
        LW_TRY(logical(p, true, &condition));
        if (lwi_skip_word(p, "else")) LW_TRY(lwi_parse_expression(p, true, &otherwise));
        LW_TRY(combine(p, LWI_N_CONDITIONAL, 0, condition, value, node));
        (*node)->c = otherwise;
    }
    p->depth--;
    return LW_OK;
}

static bool tuple_ends(const lwi_parser *p, const char *stop) {
    return p->at->kind == LWI_T_VARIABLE_END || p->at->kind == LWI_T_BLOCK_END ||
           lwi_at_op(p, ')') || lwi_at_op(p, ']') || (stop && lwi_at_word(p, stop));
}

lw_status lwi_parse_tuple(lwi_parser *p, bool conditional, const char *stop, lwi_node **node) {
    lwi_node_list list = {0};
    lwi_node *item;
    bool commas = false;
    for (;;) {
        if (list.count && !lwi_skip_op(p, ',')) break;
        commas = list.count > 0;
        if (tuple_ends(p, stop)) break;
        LW_TRY(lwi_parse_expression(p, conditional, &item));
        LW_TRY(lwi_add_node(p, &list, item));
    }
    if (!list.count) return lwi_parse_wrong(p, "an expression");
    if (!commas && list.count == 1) {
        *node = item;
        return LW_OK;
    }
    LW_TRY(lwi_new_node(p, LWI_N_TUPLE, node));
    (*node)->list = list.items, (*node)->count = list.count;
    return LW_OK;
}
