/* SPDX-License-Identifier: MIT
 * Expressions are evaluated by walking their tree. */
#include "chat/jinja_nodes.h"

#include <string.h>

typedef lw_status evaluator(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value);

static lw_status constant(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    (void)run, (void)scope;
    *value = node->constant;
    return LW_OK;
}

static lw_status name(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    *value = lwi_look_up(run, scope, node->name);
    return LW_OK;
}

static lw_status list(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    LW_TRY(lwi_new_list(run, node->kind == LWI_N_LIST ? LWI_LIST : LWI_TUPLE, LWI_PLAIN, value));
    for (size_t i = 0; i < node->count; i++) {
        lwi_val item;
        LW_TRY(lwi_evaluate(run, scope, node->list[i], &item));
        LW_TRY(lwi_append(run, value->list, item));
    }
    return LW_OK;
}

static lw_status dict(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    LW_TRY(lwi_new_dict(run, value));
    for (size_t i = 0; i < node->count; i += 2) {
        lwi_val key, item;
        LW_TRY(lwi_evaluate(run, scope, node->list[i], &key));
        LW_TRY(lwi_evaluate(run, scope, node->list[i + 1], &item));
        LW_TRY(lwi_dict_set(run, value->dict, key, item));
    }
    return LW_OK;
}

static lw_status attribute(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    lwi_val object;
    LW_TRY(lwi_evaluate(run, scope, node->a, &object));
    return lwi_attribute(run, object, node->b->constant, value);
}

static lw_status subscript(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    lwi_val object, key;
    LW_TRY(lwi_evaluate(run, scope, node->a, &object));
    LW_TRY(lwi_evaluate(run, scope, node->b, &key));
    return lwi_subscript(run, object, key, value);
}

static lw_status slice(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    lwi_val object;
    LW_TRY(lwi_evaluate(run, scope, node->a, &object));
    return lwi_slice(run, scope, node, object, value);
}

/* --------------------------------------------------------------------- calls */

static lw_status star_star(lwi_jinja *run, lwi_val more, lwi_args *args) {
    if (more.kind != LWI_DICT) return LWI_WRONG("argument after ** must be a mapping");
    for (size_t i = 0; i < more.dict->count; i++)
        LW_TRY(lwi_dict_set(run, &args->named, more.dict->pairs[i].key, more.dict->pairs[i].value));
    return LW_OK;
}

static lw_status arguments(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_args *args) {
    lwi_val value;
    lwi_list more;
    for (size_t i = 0; i < node->count; i++) {
        LW_TRY(lwi_evaluate(run, scope, node->list[i], &value));
        LW_TRY(lwi_append(run, &args->positional, value));
    }
    for (size_t i = 0; i < node->keyword_count; i++) {
        LW_TRY(lwi_evaluate(run, scope, node->keywords[i]->b, &value));
        LW_TRY(lwi_dict_set(run, &args->named, lwi_word(node->keywords[i]->name), value));
    }
    if (node->star) {
        LW_TRY(lwi_evaluate(run, scope, node->star, &value));
        LW_TRY(lwi_iterate(run, value, &more));
        for (size_t i = 0; i < more.count; i++)
            LW_TRY(lwi_append(run, &args->positional, more.items[i]));
    }
    if (!node->star_star) return LW_OK;
    LW_TRY(lwi_evaluate(run, scope, node->star_star, &value));
    return star_star(run, value, args);
}

lw_status lwi_evaluate_call(lwi_jinja *run, lwi_scope *scope, const lwi_node *node,
                            const lwi_val *caller, lwi_val *value) {
    lwi_val callee;
    lwi_args args = {0};
    LW_TRY(lwi_evaluate(run, scope, node->a, &callee));
    LW_TRY(arguments(run, scope, node, &args));
    if (caller) LW_TRY(lwi_dict_set(run, &args.named, lwi_word(run->template->caller), *caller));
    return lwi_call(run, callee, &args, value);
}

static lw_status call(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    return lwi_evaluate_call(run, scope, node, NULL, value);
}

lw_status lwi_evaluate_filter(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val on,
                              lwi_val *value) {
    lwi_args args = {0};
    if (node->a) LW_TRY(lwi_evaluate_filter(run, scope, node->a, on, &on));
    const lwi_function *function = lwi_find_filter(node->name, strlen(node->name));
    if (!function) return LWI_WRONG("No filter named '%s'", node->name);
    LW_TRY(arguments(run, scope, node, &args));
    return lwi_call_function(run, function, on, &args, value);
}

static lw_status filter(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    lwi_val on;
    lwi_args args = {0};
    LW_TRY(lwi_evaluate(run, scope, node->a, &on));
    const lwi_function *function = lwi_find_filter(node->name, strlen(node->name));
    if (!function) return LWI_WRONG("No filter named '%s'", node->name);
    LW_TRY(arguments(run, scope, node, &args));
    return lwi_call_function(run, function, on, &args, value);
}

static lw_status test(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    lwi_val on;
    lwi_args args = {0};
    bool truth;
    LW_TRY(lwi_evaluate(run, scope, node->a, &on));
    LW_TRY(arguments(run, scope, node, &args));
    LW_TRY(lwi_run_test(run, node->name, strlen(node->name), on, &args, &truth));
    *value = lwi_bool(truth != node->flag);
    return LW_OK;
}

/* ----------------------------------------------------------------- operators */

static lw_status not_value(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    bool truth;
    LW_TRY(lwi_evaluate(run, scope, node->a, value));
    LW_TRY(lwi_truth(run, *value, &truth));
    *value = lwi_bool(!truth);
    return LW_OK;
}

static lw_status sign(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    LW_TRY(lwi_evaluate(run, scope, node->a, value));
    if (!lwi_is_number(*value))
        return LWI_WRONG("bad operand type for a sign: '%s'", lwi_type_name(*value));
    if (node->kind == LWI_N_POSITIVE) return lwi_binary(run, '+', lwi_int(0), *value, value);
    if (value->kind == LWI_FLOAT) {
        value->number = -value->number;
        return LW_OK;
    }
    return lwi_binary(run, '-', lwi_int(0), *value, value);
}

/* `and` and `or` give one of their operands. */
static lw_status logical(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    bool truth;
    LW_TRY(lwi_evaluate(run, scope, node->a, value));
    LW_TRY(lwi_truth(run, *value, &truth));
    if (truth == (node->kind == LWI_N_OR)) return LW_OK;
    return lwi_evaluate(run, scope, node->b, value);
}

static lw_status binary(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    lwi_val a, b;
    LW_TRY(lwi_evaluate(run, scope, node->a, &a));
    LW_TRY(lwi_evaluate(run, scope, node->b, &b));
    return lwi_binary(run, (int)node->op, a, b, value);
}

static lw_status concat(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    lwi_val item;
    *value = lwi_str("", 0);
    for (size_t i = 0; i < node->count; i++) {
        LW_TRY(lwi_evaluate(run, scope, node->list[i], &item));
        LW_TRY(lwi_to_text(run, item, &item));
        item.safe = false; /* unlike + */
        LW_TRY(lwi_add_texts(run, *value, item, value));
    }
    return LW_OK;
}

static lw_status compare_two(lwi_jinja *run, uint32_t op, lwi_val a, lwi_val b, bool *truth) {
    int order;
    if (op == LWI_OP_IN) return lwi_contains(run, b, a, truth);
    if (op == LWI_OP_NOT_IN) {
        LW_TRY(lwi_contains(run, b, a, truth));
        *truth = !*truth;
        return LW_OK;
    }
    if (op == LWI_OP2('=', '=') || op == LWI_OP2('!', '=')) {
        if ((a.kind == LWI_UNDEFINED && a.unsafe) || (b.kind == LWI_UNDEFINED && b.unsafe))
            return lwi_truth(run, a.unsafe ? a : b, truth);
        LW_TRY(lwi_equal(run, a, b, truth));
        *truth = *truth == (op == LWI_OP2('=', '='));
        return LW_OK;
    }
    LW_TRY(lwi_order(run, a, b, &order));
    const bool less = op == '<' || op == LWI_OP2('<', '='), or_equal = op > 255;
    *truth = order != 2 && (less ? order < 0 : order > 0);
    *truth |= or_equal && order == 0;
    return LW_OK;
}

static lw_status compare(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    lwi_val a, b;
    bool truth = true;
    LW_TRY(lwi_evaluate(run, scope, node->a, &a));
    for (size_t i = 0; i < node->count && truth; i++) {
        LW_TRY(lwi_evaluate(run, scope, node->list[i]->b, &b));
        LW_TRY(compare_two(run, node->list[i]->op, a, b, &truth));
        a = b;
    }
    *value = lwi_bool(truth);
    return LW_OK;
}

static lw_status conditional(lwi_jinja *run, lwi_scope *scope, const lwi_node *node,
                             lwi_val *value) {
    bool truth;
    LW_TRY(lwi_evaluate(run, scope, node->a, value));
    LW_TRY(lwi_truth(run, *value, &truth));
    if (truth) return lwi_evaluate(run, scope, node->b, value);
    *value = lwi_undefined(NULL);
    return node->c ? lwi_evaluate(run, scope, node->c, value) : LW_OK;
}

static evaluator *const evaluators[LWI_N_COUNT] = {
    [LWI_N_CONSTANT] = constant,   [LWI_N_NAME] = name,
    [LWI_N_LIST] = list,           [LWI_N_TUPLE] = list,
    [LWI_N_DICT] = dict,           [LWI_N_ATTRIBUTE] = attribute,
    [LWI_N_SUBSCRIPT] = subscript, [LWI_N_SLICE] = slice,
    [LWI_N_CALL] = call,           [LWI_N_FILTER] = filter,
    [LWI_N_TEST] = test,           [LWI_N_NOT] = not_value,
    [LWI_N_NEGATE] = sign,         [LWI_N_POSITIVE] = sign,
    [LWI_N_AND] = logical,         [LWI_N_OR] = logical,
    [LWI_N_BINARY] = binary,       [LWI_N_CONCAT] = concat,
    [LWI_N_COMPARE] = compare,     [LWI_N_CONDITIONAL] = conditional};

lw_status lwi_evaluate(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    LW_TRY(lwi_deeper(run));
    LW_TRY(evaluators[node->kind](run, scope, node, value));
    run->depth--;
    return LW_OK;
}
