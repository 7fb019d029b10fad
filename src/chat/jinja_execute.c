/* SPDX-License-Identifier: MIT
 * Statements. Loops, macros and blocks that catch text have scopes of their own; `if` has none. */
#include "chat/jinja_nodes.h"

#include <string.h>

typedef lw_status executor(lwi_jinja *run, lwi_scope *scope, const lwi_node *node);

/* -------------------------------------------------------------------- scopes */

lw_status lwi_bind(lwi_jinja *run, lwi_scope *scope, const char *name, lwi_val value) {
    for (size_t i = 0; i < scope->count; i++)
        if (scope->items[i].name == name) {
            scope->items[i].value = value;
            return LW_OK;
        }
    if (scope->count == scope->capacity) {
        lwi_binding *bigger = NULL;
        const size_t n = scope->capacity ? 2 * scope->capacity : 4;
        LW_TRY(lwi_take(run, n, sizeof *bigger, &bigger));
        if (scope->count) memcpy(bigger, scope->items, scope->count * sizeof *bigger);
        scope->items = bigger, scope->capacity = n;
    }
    scope->items[scope->count++] = (lwi_binding){name, value};
    return LW_OK;
}

lwi_val lwi_look_up(lwi_jinja *run, const lwi_scope *scope, const char *name) {
    for (; scope; scope = scope->parent)
        for (size_t i = 0; i < scope->count; i++)
            if (scope->items[i].name == name) return scope->items[i].value;
    (void)run;
    return lwi_undefined(name);
}

/* In the arena: macros that are made in a scope may outlive its end. */
lw_status lwi_new_scope(lwi_jinja *run, lwi_scope *parent, const lwi_node *node,
                        lwi_scope **scope) {
    LW_TRY(lwi_take(run, 1, sizeof **scope, scope));
    (*scope)->parent = parent;
    for (size_t i = 0; i < node->hidden_count; i++)
        LW_TRY(lwi_bind(run, *scope, node->hidden[i], lwi_undefined(node->hidden[i])));
    return LW_OK;
}

static lw_status unpack(lwi_jinja *run, lwi_scope *scope, const lwi_node *target, lwi_val value) {
    lwi_list items;
    LW_TRY(lwi_iterate(run, value, &items));
    if (items.count != target->count)
        return LWI_WRONG("expected %zu values to unpack, got %zu", target->count, items.count);
    for (size_t i = 0; i < target->count; i++)
        LW_TRY(lwi_assign(run, scope, target->list[i], items.items[i]));
    return LW_OK;
}

lw_status lwi_assign(lwi_jinja *run, lwi_scope *scope, const lwi_node *target, lwi_val value) {
    if (target->kind == LWI_N_TUPLE) return unpack(run, scope, target, value);
    if (target->kind == LWI_N_NAME) return lwi_bind(run, scope, target->name, value);
    lwi_val object;
    LW_TRY(lwi_evaluate(run, scope, target->a, &object));
    if (object.kind != LWI_NAMESPACE)
        return LWI_WRONG("cannot assign attribute on non-namespace object");
    return lwi_dict_set(run, object.dict, target->b->constant, value);
}

/* ---------------------------------------------------------------- simple ones */

static lw_status data(lwi_jinja *run, lwi_scope *scope, const lwi_node *node) {
    (void)scope;
    return lwi_put(run->out, node->constant.text, node->constant.size);
}

static lw_status output(lwi_jinja *run, lwi_scope *scope, const lwi_node *node) {
    lwi_val value;
    LW_TRY(lwi_evaluate(run, scope, node->a, &value));
    return lwi_put_value(run->out, value);
}

static lw_status if_statement(lwi_jinja *run, lwi_scope *scope, const lwi_node *node) {
    for (; node; node = node->c) {
        bool truth = true;
        if (node->a) {
            lwi_val value;
            LW_TRY(lwi_evaluate(run, scope, node->a, &value));
            LW_TRY(lwi_truth(run, value, &truth));
        }
        if (truth) return lwi_jinja_execute(run, scope, node->body, node->body_count);
    }
    return LW_OK;
}

static lw_status set(lwi_jinja *run, lwi_scope *scope, const lwi_node *node) {
    lwi_val value;
    LW_TRY(lwi_evaluate(run, scope, node->b, &value));
    return lwi_assign(run, scope, node->a, value);
}

static lw_status inner_body(lwi_jinja *run, lwi_scope *scope, const lwi_node *node) {
    lwi_scope *inner;
    LW_TRY(lwi_new_scope(run, scope, node, &inner));
    return lwi_jinja_execute(run, inner, node->body, node->body_count);
}

/* The text of a body. */
static lw_status caught(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *text) {
    lwi_text inner = {.run = run}, *outer = run->out;
    run->out = &inner;
    const lw_status status = lwi_jinja_execute(run, scope, node->body, node->body_count);
    run->out = outer;
    *text = lwi_text_value(&inner);
    return status;
}

static lw_status set_block(lwi_jinja *run, lwi_scope *scope, const lwi_node *node) {
    lwi_scope *inner;
    LW_TRY(lwi_new_scope(run, scope, node, &inner));
    lwi_val text;
    LW_TRY(caught(run, inner, node, &text));
    if (node->b) LW_TRY(lwi_evaluate_filter(run, inner, node->b, text, &text));
    return lwi_assign(run, scope, node->a, text);
}

static lw_status filter_block(lwi_jinja *run, lwi_scope *scope, const lwi_node *node) {
    lwi_scope *inner;
    LW_TRY(lwi_new_scope(run, scope, node, &inner));
    lwi_val text;
    LW_TRY(caught(run, inner, node, &text));
    LW_TRY(lwi_evaluate_filter(run, inner, node->b, text, &text));
    return lwi_put_value(run->out, text);
}

/* The values are evaluated outside, all before they get their names. */
static lw_status with(lwi_jinja *run, lwi_scope *scope, const lwi_node *node) {
    lwi_scope *inner;
    LW_TRY(lwi_new_scope(run, scope, node, &inner));
    for (size_t i = 0; i < node->count; i += 2) {
        lwi_val value;
        LW_TRY(lwi_evaluate(run, scope, node->list[i + 1], &value));
        LW_TRY(lwi_assign(run, inner, node->list[i], value));
    }
    return lwi_jinja_execute(run, inner, node->body, node->body_count);
}

static lw_status leave(lwi_jinja *run, lwi_scope *scope, const lwi_node *node) {
    (void)scope;
    run->flow = node->kind == LWI_N_BREAK ? LWI_BREAK : LWI_CONTINUE;
    return LW_OK;
}

/* -------------------------------------------------------------------- macros */

static lw_status new_macro(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val *value) {
    lwi_macro *macro = NULL;
    LW_TRY(lwi_take(run, 1, sizeof *macro, &macro));
    *macro = (lwi_macro){node, scope};
    *value = (lwi_val){.kind = LWI_MACRO, .macro = macro};
    return LW_OK;
}

static lw_status macro(lwi_jinja *run, lwi_scope *scope, const lwi_node *node) {
    lwi_val value;
    LW_TRY(new_macro(run, scope, node, &value));
    return lwi_bind(run, scope, node->name, value);
}

static lw_status call_block(lwi_jinja *run, lwi_scope *scope, const lwi_node *node) {
    lwi_val caller, value;
    LW_TRY(new_macro(run, scope, node->b, &caller));
    LW_TRY(lwi_evaluate_call(run, scope, node->a, &caller, &value));
    return lwi_put_value(run->out, value);
}

/* Parameter number i: from the call, or its default, which sees the parameters before it. */
static lw_status bind_parameter(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, size_t i,
                                const lwi_args *args, size_t *named) {
    const char *name = node->list[i]->name;
    const lwi_val *given = lwi_dict_word(&args->named, name, strlen(name));
    const size_t first_default = node->b ? node->count - node->b->count : node->count;
    lwi_val value = lwi_undefined(name);
    if (i < args->positional.count) {
        if (given) return LWI_WRONG("macro '%s' got two values for '%s'", node->name, name);
        value = args->positional.items[i];
    } else if (given) {
        value = *given;
    } else if (i >= first_default) {
        LW_TRY(lwi_evaluate(run, scope, node->b->list[i - first_default], &value));
    }
    *named += given != NULL;
    return lwi_bind(run, scope, name, value);
}

/* Arguments that no parameter takes: varargs, kwargs and caller, for macros that speak of them. */
static lw_status bind_others(lwi_jinja *run, lwi_scope *scope, const lwi_node *node,
                             const lwi_args *args, size_t named) {
    const lwi_template *t = run->template;
    const lwi_val *caller = lwi_dict_word(&args->named, t->caller, strlen(t->caller));
    lwi_val rest, words;
    LW_TRY(lwi_new_list(run, LWI_TUPLE, LWI_PLAIN, &rest));
    LW_TRY(lwi_new_dict(run, &words));
    if (node->uses_caller) {
        LW_TRY(lwi_bind(run, scope, t->caller, caller ? *caller : lwi_undefined(t->caller)));
        named += caller != NULL;
    }
    if (args->positional.count > node->count && !node->uses_varargs)
        return LWI_WRONG("macro '%s' takes not more than %zu arguments", node->name, node->count);
    for (size_t i = node->count; i < args->positional.count; i++)
        LW_TRY(lwi_append(run, rest.list, args->positional.items[i]));
    if (args->named.count > named && !node->uses_kwargs)
        return LWI_WRONG("macro '%s' got a keyword argument that it does not have", node->name);
    for (size_t i = 0; i < args->named.count && node->uses_kwargs; i++) {
        const lwi_pair *pair = &args->named.pairs[i];
        bool known = node->uses_caller && lwi_same_text(pair->key, lwi_word(t->caller));
        for (size_t k = 0; k < node->count && !known; k++)
            known = lwi_same_text(pair->key, lwi_word(node->list[k]->name));
        if (!known) LW_TRY(lwi_dict_set(run, words.dict, pair->key, pair->value));
    }
    if (node->uses_varargs) LW_TRY(lwi_bind(run, scope, t->varargs, rest));
    if (node->uses_kwargs) LW_TRY(lwi_bind(run, scope, t->kwargs, words));
    return LW_OK;
}

lw_status lwi_call_macro(lwi_jinja *run, const lwi_macro *m, const lwi_args *args,
                         lwi_val *result) {
    lwi_scope *scope;
    size_t named = 0;
    LW_TRY(lwi_new_scope(run, m->scope, m->node, &scope));
    for (size_t i = 0; i < m->node->count; i++)
        LW_TRY(bind_parameter(run, scope, m->node, i, args, &named));
    LW_TRY(bind_others(run, scope, m->node, args, named));
    return caught(run, scope, m->node, result);
}

/* ----------------------------------------------------------------- execution */

static lw_status for_statement(lwi_jinja *run, lwi_scope *scope, const lwi_node *node) {
    lwi_val what;
    LW_TRY(lwi_evaluate(run, scope, node->b, &what));
    return lwi_run_loop(run, scope, node, what, 0);
}

static executor *const executors[LWI_N_COUNT] = {[LWI_N_DATA] = data,
                                                 [LWI_N_OUTPUT] = output,
                                                 [LWI_N_IF] = if_statement,
                                                 [LWI_N_FOR] = for_statement,
                                                 [LWI_N_SET] = set,
                                                 [LWI_N_SET_BLOCK] = set_block,
                                                 [LWI_N_MACRO] = macro,
                                                 [LWI_N_CALL_BLOCK] = call_block,
                                                 [LWI_N_FILTER_BLOCK] = filter_block,
                                                 [LWI_N_WITH] = with,
                                                 [LWI_N_BLOCK] = inner_body,
                                                 [LWI_N_BREAK] = leave,
                                                 [LWI_N_CONTINUE] = leave};

lw_status lwi_jinja_execute(lwi_jinja *run, lwi_scope *scope, const lwi_node *const *body,
                            size_t count) {
    LW_TRY(lwi_deeper(run));
    for (size_t i = 0; i < count && run->flow == LWI_GO_ON; i++) {
        LW_TRY(lwi_step(run, 1));
        run->current = body[i];
        LW_TRY(executors[body[i]->kind](run, scope, body[i]));
    }
    run->depth--;
    return LW_OK;
}
