/* SPDX-License-Identifier: MIT
 * Statements. */
#include "chat/jinja_nodes.h"

#include <string.h>

static lw_status body_until(lwi_parser *p, const char *const *ends, lwi_node *into);

/* --------------------------------------------------------------------- names */

lw_status lwi_intern(lwi_template *t, const char *text, size_t size, const char **name) {
    const char *copy = NULL;
    LW_TRY(lwi_arena_string(&t->arena, text, size, &copy));
    const int known = lwi_strmap_get(&t->names, copy);
    if (known >= 0) {
        *name = t->name_list[known];
        return LW_OK;
    }
    LW_TRY(lwi_arena_grow(&t->arena, &t->name_list, &t->name_capacity, t->name_count + 1,
                          sizeof *t->name_list));
    LW_TRY(lwi_strmap_set(&t->names, copy, (int)t->name_count));
    t->name_list[t->name_count++] = copy;
    *name = copy;
    return LW_OK;
}

const char *lwi_known_name(const lwi_template *t, const char *name) {
    const int known = lwi_strmap_get(&t->names, name);
    return known < 0 ? NULL : t->name_list[known];
}

/* ------------------------------------------------------------------- targets */

static lw_status target_name(lwi_parser *p, bool attributes, lwi_node **node) {
    if (lwi_skip_op(p, '(')) {
        LW_TRY(lwi_parse_target(p, false, node));
        return lwi_expect_op(p, ')', "')'");
    }
    LW_TRY(lwi_new_node(p, LWI_N_NAME, node));
    LW_TRY(lwi_expect_name(p, &(*node)->name));
    if (!attributes || !lwi_skip_op(p, '.')) return LW_OK;
    lwi_node *object = *node, *key;
    LW_TRY(lwi_new_node(p, LWI_N_CONSTANT, &key));
    if (p->at->kind != LWI_T_NAME) return lwi_parse_wrong(p, "a name");
    key->constant = p->at++->value;
    LW_TRY(lwi_new_node(p, LWI_N_ATTRIBUTE, node));
    (*node)->a = object, (*node)->b = key;
    return LW_OK;
}

static bool at_target(const lwi_parser *p) {
    return lwi_at_op(p, '(') || (p->at->kind == LWI_T_NAME && !lwi_at_word(p, "in"));
}

lw_status lwi_parse_target(lwi_parser *p, bool attributes, lwi_node **node) {
    lwi_node_list list = {0};
    lwi_node *item;
    bool commas = false;
    do {
        if (list.count && !at_target(p)) break;
        if (++p->depth > LWI_PARSE_DEPTH) return lwi_fail(LW_LIMIT, "template nested too deep");
        LW_TRY(target_name(p, attributes, &item));
        p->depth--;
        LW_TRY(lwi_add_node(p, &list, item));
        commas |= lwi_at_op(p, ',');
    } while (lwi_skip_op(p, ','));
    *node = item;
    if (!commas) return LW_OK;
    LW_TRY(lwi_new_node(p, LWI_N_TUPLE, node));
    (*node)->list = list.items, (*node)->count = list.count;
    return LW_OK;
}

/* ---------------------------------------------------------------- statements */

static lw_status block_end(lwi_parser *p) {
    if (p->at->kind != LWI_T_BLOCK_END) return lwi_parse_wrong(p, "the end of the tag");
    p->at++;
    return LW_OK;
}

static lw_status parse_for(lwi_parser *p, lwi_node *node) {
    static const char *const ends[] = {"endfor", "else", NULL}, *const end[] = {"endfor", NULL};
    lwi_node *target, *what, *filter = NULL, *otherwise;
    node->kind = LWI_N_FOR;
    LW_TRY(lwi_parse_target(p, false, &target));
    if (!lwi_skip_word(p, "in")) return lwi_parse_wrong(p, "'in'");
    LW_TRY(lwi_parse_tuple(p, false, "recursive", &what));
    if (lwi_skip_word(p, "if")) LW_TRY(lwi_parse_expression(p, true, &filter));
    node->flag = lwi_skip_word(p, "recursive");
    node->a = target, node->b = what, node->c = filter;
    LW_TRY(block_end(p));
    p->loops++;
    LW_TRY(body_until(p, ends, node));
    p->loops--;
    if (!lwi_skip_word(p, "else")) {
        p->at++;
        return block_end(p);
    }
    LW_TRY(block_end(p));
    LW_TRY(lwi_new_node(p, LWI_N_BLOCK, &otherwise));
    LW_TRY(body_until(p, end, otherwise));
    node->d = otherwise;
    p->at++;
    return block_end(p);
}

static lw_status parse_if(lwi_parser *p, lwi_node *node) {
    static const char *const ends[] = {"endif", "elif", "else", NULL};
    lwi_node *test, *next;
    for (;;) {
        node->kind = LWI_N_IF;
        LW_TRY(lwi_parse_tuple(p, false, NULL, &test));
        node->a = test;
        LW_TRY(block_end(p));
        LW_TRY(body_until(p, ends, node));
        if (lwi_skip_word(p, "endif")) return block_end(p);
        LW_TRY(lwi_new_node(p, LWI_N_IF, &next));
        node->c = next;
        node = next;
        if (!lwi_skip_word(p, "elif")) break;
    }
    p->at++;
    LW_TRY(block_end(p)); /* an else: an if without a test */
    LW_TRY(body_until(p, ends, node));
    if (!lwi_skip_word(p, "endif")) return lwi_parse_wrong(p, "'endif'");
    return block_end(p);
}

static lw_status parse_set(lwi_parser *p, lwi_node *node) {
    static const char *const end[] = {"endset", NULL};
    lwi_node *target, *value = NULL;
    LW_TRY(lwi_parse_target(p, true, &target));
    node->a = target;
    if (lwi_skip_op(p, '=')) {
        node->kind = LWI_N_SET;
        LW_TRY(lwi_parse_tuple(p, true, NULL, &value));
        node->b = value;
        return block_end(p);
    }
    node->kind = LWI_N_SET_BLOCK;
    if (lwi_at_op(p, '|')) LW_TRY(lwi_parse_filters(p, false, NULL, &value));
    node->b = value;
    LW_TRY(block_end(p));
    LW_TRY(body_until(p, end, node));
    p->at++;
    return block_end(p);
}

/* (a, b=1): the names in node->list, the defaults of the last ones in node->b. */
static lw_status signature(lwi_parser *p, lwi_node *node) {
    lwi_node_list names = {0}, defaults = {0};
    lwi_node *item, *values;
    LW_TRY(lwi_expect_op(p, '(', "'('"));
    while (!lwi_at_op(p, ')')) {
        if (names.count) LW_TRY(lwi_expect_op(p, ',', "','"));
        LW_TRY(lwi_new_node(p, LWI_N_NAME, &item));
        LW_TRY(lwi_expect_name(p, &item->name));
        LW_TRY(lwi_add_node(p, &names, item));
        if (lwi_skip_op(p, '=')) {
            LW_TRY(lwi_parse_expression(p, true, &item));
            LW_TRY(lwi_add_node(p, &defaults, item));
        } else if (defaults.count) {
            return lwi_parse_wrong(p, "a default value");
        }
    }
    p->at++;
    LW_TRY(lwi_new_node(p, LWI_N_TUPLE, &values));
    values->list = defaults.items, values->count = defaults.count;
    node->list = names.items, node->count = names.count;
    node->b = values;
    return LW_OK;
}

/* What macros, call blocks and generation blocks have in common. at is behind the tag's head. */
static lw_status macro_body(lwi_parser *p, const char *end_word, lwi_node *macro) {
    const char *const end[] = {end_word, NULL};
    lwi_node *outer = p->macro;
    const unsigned loops = p->loops;
    p->macro = macro;
    p->loops = 0;
    LW_TRY(block_end(p));
    LW_TRY(body_until(p, end, macro));
    p->macro = outer;
    p->loops = loops;
    p->at++;
    return block_end(p);
}

static lw_status parse_macro(lwi_parser *p, lwi_node *node) {
    node->kind = LWI_N_MACRO;
    LW_TRY(lwi_expect_name(p, &node->name));
    LW_TRY(signature(p, node));
    return macro_body(p, "endmacro", node);
}

static lw_status parse_call(lwi_parser *p, lwi_node *node) {
    lwi_node *macro, *call;
    node->kind = LWI_N_CALL_BLOCK;
    LW_TRY(lwi_new_node(p, LWI_N_MACRO, &macro));
    macro->name = p->template->caller;
    if (lwi_at_op(p, '(')) LW_TRY(signature(p, macro));
    LW_TRY(lwi_parse_expression(p, true, &call));
    if (call->kind != LWI_N_CALL) return lwi_parse_wrong(p, "a call");
    node->a = call, node->b = macro;
    return macro_body(p, "endcall", macro);
}

/* transformers' {% generation %}: its body is a macro that is called at once. */
static lw_status parse_generation(lwi_parser *p, lwi_node *node) {
    static const char *const end[] = {"endgeneration", NULL};
    node->kind = LWI_N_BLOCK;
    LW_TRY(block_end(p));
    LW_TRY(body_until(p, end, node));
    p->at++;
    return block_end(p);
}

static lw_status parse_filter(lwi_parser *p, lwi_node *node) {
    static const char *const end[] = {"endfilter", NULL};
    lwi_node *filter;
    node->kind = LWI_N_FILTER_BLOCK;
    LW_TRY(lwi_parse_filters(p, true, NULL, &filter));
    node->b = filter;
    LW_TRY(block_end(p));
    LW_TRY(body_until(p, end, node));
    p->at++;
    return block_end(p);
}

static lw_status parse_with(lwi_parser *p, lwi_node *node) {
    static const char *const end[] = {"endwith", NULL};
    lwi_node_list list = {0};
    lwi_node *item;
    node->kind = LWI_N_WITH;
    while (p->at->kind != LWI_T_BLOCK_END) {
        if (list.count) LW_TRY(lwi_expect_op(p, ',', "','"));
        LW_TRY(lwi_parse_target(p, false, &item));
        LW_TRY(lwi_add_node(p, &list, item));
        LW_TRY(lwi_expect_op(p, '=', "'='"));
        LW_TRY(lwi_parse_expression(p, true, &item));
        LW_TRY(lwi_add_node(p, &list, item));
    }
    node->list = list.items, node->count = list.count;
    p->at++;
    LW_TRY(body_until(p, end, node));
    p->at++;
    return block_end(p);
}

static lw_status leave_loop(lwi_parser *p, lwi_node_kind kind, lwi_node *node) {
    node->kind = (uint8_t)kind;
    if (!p->loops) return lwi_fail(LW_CORRUPT, "template, line %d: not in a loop", node->line);
    return block_end(p);
}

static lw_status parse_break(lwi_parser *p, lwi_node *node) {
    return leave_loop(p, LWI_N_BREAK, node);
}

static lw_status parse_continue(lwi_parser *p, lwi_node *node) {
    return leave_loop(p, LWI_N_CONTINUE, node);
}

static const struct {
    const char *word;
    lw_status (*parse)(lwi_parser *p, lwi_node *node);
} statements[] = {{"if", parse_if},       {"for", parse_for},
                  {"set", parse_set},     {"macro", parse_macro},
                  {"call", parse_call},   {"filter", parse_filter},
                  {"with", parse_with},   {"generation", parse_generation},
                  {"break", parse_break}, {"continue", parse_continue}};

/* at is behind {% */
static lw_status statement(lwi_parser *p, lwi_node **node) {
    static const char *const files[] = {"include", "import", "from", "extends", "block"};
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (lwi_at_word(p, statements[i].word)) {
            LW_TRY(lwi_new_node(p, LWI_N_BLOCK, node));
            p->at++;
            return statements[i].parse(p, *node);
        }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (lwi_at_word(p, files[i]))
            return lwi_fail(LW_UNSUPPORTED, "template, line %d: {%% %s %%} needs other files",
                            p->at->line, files[i]);
    return lwi_parse_wrong(p, "a statement");
}

static lw_status output(lwi_parser *p, lwi_node **node) {
    lwi_node *value;
    p->at++;
    LW_TRY(lwi_new_node(p, LWI_N_OUTPUT, node));
    LW_TRY(lwi_parse_tuple(p, true, NULL, &value));
    (*node)->a = value;
    if (p->at->kind != LWI_T_VARIABLE_END) return lwi_parse_wrong(p, "the end of the tag");
    p->at++;
    return LW_OK;
}

static bool at_one_of(const lwi_parser *p, const char *const *words) {
    for (; *words; words++)
        if (lwi_at_word(p, *words)) return true;
    return false;
}

static lw_status add_data(lwi_parser *p, lwi_node **node) {
    LW_TRY(lwi_new_node(p, LWI_N_DATA, node));
    (*node)->constant = p->at++->value;
    return LW_OK;
}

/* Statements until a tag with one of the words, at which it stops; ends NULL: until the end. */
static lw_status body_until(lwi_parser *p, const char *const *ends, lwi_node *into) {
    lwi_node_list list = {0};
    lwi_node *node;
    if (++p->depth > LWI_PARSE_DEPTH) return lwi_fail(LW_LIMIT, "template nested too deep");
    for (;;) {
        if (p->at->kind == LWI_T_END) {
            if (ends) return lwi_parse_wrong(p, *ends);
            break;
        }
        if (p->at->kind == LWI_T_DATA) LW_TRY(add_data(p, &node));
        else if (p->at->kind == LWI_T_VARIABLE_BEGIN) LW_TRY(output(p, &node));
        else {
            p->at++;
            if (ends && at_one_of(p, ends)) break;
            LW_TRY(statement(p, &node));
        }
        LW_TRY(lwi_add_node(p, &list, node));
    }
    p->depth--;
    into->body = list.items, into->body_count = list.count;
    return LW_OK;
}

lw_status lwi_parse_template(lwi_template *template) {
    lwi_parser p = {.template = template};
    size_t count;
    lwi_node *root;
    LW_TRY(lwi_intern(template, "loop", 4, &template->loop));
    LW_TRY(lwi_intern(template, "caller", 6, &template->caller));
    LW_TRY(lwi_intern(template, "varargs", 7, &template->varargs));
    LW_TRY(lwi_intern(template, "kwargs", 6, &template->kwargs));
    LW_TRY(lwi_tokenize(template, &p.at, &count));
    LW_TRY(lwi_new_node(&p, LWI_N_BLOCK, &root));
    LW_TRY(body_until(&p, NULL, root));
    template->root = root;
    return lwi_settle_scopes(template, root);
}
