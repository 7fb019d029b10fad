/* SPDX-License-Identifier: MIT
 * Nodes that hold graphs (torch.ops.higher_order). */
#include "format/torch_export/pt2.h"

#include <stdio.h>
#include <string.h>

enum { MOST_DEPTH = 16, MOST_VALUES = 256 };

/* Values of a list, or of several arguments that may be lists. */
typedef struct values {
    lwi_aten_value items[MOST_VALUES];
    size_t n;
} values;

static lw_status append(values *all, const lwi_aten_value *v) {
    if (v->kind == LWI_ATEN_LIST) {
        for (size_t i = 0; i < v->list.n; i++)
            LW_TRY(append(all, &v->list.items[i]));
        return LW_OK;
    }
    if (all->n == MOST_VALUES)
        return lwi_fail(LW_LIMIT, "it has more than %d operands", MOST_VALUES);
    all->items[all->n++] = *v;
    return LW_OK;
}

/* The node's arguments from `first` on that are no graphs. */
static lw_status read_operands(lwi_pt2 *p, const lwi_json_item *node, size_t first, values *all) {
    const lwi_json_item *inputs = lwi_json_get(node, "inputs");
    all->n = 0;
    for (size_t i = first; lwi_json_is(inputs, LWI_JSON_ARRAY) && i < inputs->size; i++) {
        const lwi_json_item *arg = lwi_json_get(&inputs->items[i], "arg");
        lwi_aten_value v = lwi_aten_none();
        if (lwi_json_get(arg, "as_graph")) continue;
        LW_TRY(lwi_pt2_argument(p, arg, &v));
        LW_TRY(append(all, &v));
    }
    return LW_OK;
}

/* The k-th graph among the arguments. */
static lw_status find_graph(const lwi_json_item *node, size_t k, const lwi_json_item **graph) {
    const lwi_json_item *inputs = lwi_json_get(node, "inputs");
    for (size_t i = 0; lwi_json_is(inputs, LWI_JSON_ARRAY) && i < inputs->size; i++) {
        const lwi_json_item *arg = lwi_json_get(&inputs->items[i], "arg");
        const lwi_json_item *found = lwi_json_get(lwi_json_get(arg, "as_graph"), "graph");
        if (found && k-- == 0) {
            *graph = found;
            return LW_OK;
        }
    }
    return lwi_fail(LW_CORRUPT, "a graph is missing");
}

/* --------------------------------------------------------------------- bodies */

static lw_status run_body(lwi_pt2 *p, const lwi_json_item *graph, const values *operands,
                          values *results) {
    const lwi_json_item *inputs = lwi_json_get(graph, "inputs");
    const lwi_json_item *outputs = lwi_json_get(graph, "outputs");
    if (!lwi_json_is(inputs, LWI_JSON_ARRAY) || !lwi_json_is(outputs, LWI_JSON_ARRAY) ||
        inputs->size != operands->n)
        return lwi_fail(LW_CORRUPT, "a graph does not take its %zu operands", operands->n);
    for (size_t i = 0; i < inputs->size; i++) {
        const char *name = lwi_pt2_name_of(&inputs->items[i]);
        if (name) LW_TRY(lwi_pt2_define(p, name, &operands->items[i]));
    }
    LW_TRY(lwi_pt2_nodes(p));
    results->n = 0;
    for (size_t i = 0; i < outputs->size; i++) {
        lwi_aten_value v = lwi_aten_none();
        LW_TRY(lwi_pt2_argument(p, &outputs->items[i], &v));
        LW_TRY(append(results, &v));
    }
    return LW_OK;
}

/* The nodes of a graph, among those of the present one. */
static lw_status inline_graph(lwi_pt2 *p, const lwi_json_item *graph, const values *operands,
                              values *results) {
    lwi_pt2_names names, *outer = p->names;
    if (p->depth == MOST_DEPTH)
        return lwi_fail(LW_LIMIT, "graphs lie more than %d deep in each other", MOST_DEPTH);
    lw_status status = lwi_pt2_names_open(p, graph, &names);
    p->names = &names;
    p->depth++;
    if (status == LW_OK) status = run_body(p, graph, operands, results);
    p->depth--;
    p->names = outer;
    lwi_pt2_names_close(&names);
    return status;
}

/* They change how PyTorch computes, not what. first: where the operands begin. */
static lw_status wrapped(lwi_pt2 *p, const lwi_json_item *node, size_t first) {
    const lwi_json_item *graph = NULL;
    values operands, results;
    LW_TRY(find_graph(node, 0, &graph));
    LW_TRY(read_operands(p, node, first, &operands));
    LW_TRY(inline_graph(p, graph, &operands, &results));
    return lwi_pt2_results(p, node, results.n, results.items);
}

/* ----------------------------------------------------------------------- cond */

static lw_status make_branch(lwi_pt2 *p, const lwi_json_item *body, const char *name,
                             const values *operands, lwi_graph **graph, size_t *n) {
    values results;
    *graph = lwi_aten_enter(&p->a, name);
    LW_TRY(p->a.b.status);
    lw_status status = inline_graph(p, body, operands, &results);
    for (size_t i = 0; status == LW_OK && i < results.n; i++) {
        char name_of[32];
        const char *copy = NULL;
        snprintf(name_of, sizeof name_of, "result_%zu", i);
        status = lwi_arena_string(&p->network->arena, name_of, strlen(name_of), &copy);
        if (status == LW_OK) lwi_aten_output(&p->a, &results.items[i], copy);
        if (status == LW_OK) status = p->a.b.status;
    }
    lwi_aten_leave(&p->a);
    *n = results.n;
    return status;
}

static lw_status cond(lwi_pt2 *p, const lwi_json_item *node, size_t first) {
    const lwi_json_item *bodies[2] = {NULL, NULL};
    lwi_graph *graphs[2] = {NULL, NULL};
    size_t n[2] = {0, 0};
    values operands, results;
    for (size_t i = 0; i < 2; i++)
        LW_TRY(find_graph(node, i, &bodies[i]));
    LW_TRY(read_operands(p, node, 0, &operands));
    if (operands.n < first) return lwi_fail(LW_CORRUPT, "it has no condition");
    const lwi_aten_value condition = operands.items[0];
    operands.n -= first;
    memmove(operands.items, operands.items + first, operands.n * sizeof *operands.items);
    if (condition.kind == LWI_ATEN_BOOL && condition.id < 0) {
        LW_TRY(inline_graph(p, bodies[!condition.b], &operands, &results));
        return lwi_pt2_results(p, node, results.n, results.items);
    }
    LW_TRY(make_branch(p, bodies[0], "then", &operands, &graphs[0], &n[0]));
    LW_TRY(make_branch(p, bodies[1], "else", &operands, &graphs[1], &n[1]));
    if (n[0] != n[1] || n[0] > MOST_VALUES)
        return lwi_fail(LW_CORRUPT, "its branches have %zu and %zu results", n[0], n[1]);
    lwi_aten_if(&p->a, &condition, graphs[0], graphs[1], results.items);
    LW_TRY(p->a.b.status);
    return lwi_pt2_results(p, node, n[0], results.items);
}

/* ----------------------------------------------------------------- while_loop */

/* The condition is a graph of its own: it is asked before the loop and at the end of each turn. */
static lw_status ask(lwi_pt2 *p, const lwi_json_item *condition, const values *state,
                     lwi_aten_value *goes_on) {
    values answer;
    LW_TRY(inline_graph(p, condition, state, &answer));
    if (answer.n != 1) return lwi_fail(LW_CORRUPT, "the condition has %zu results", answer.n);
    *goes_on = answer.items[0];
    return LW_OK;
}

/* state: those that change first, `n` of them, then those that do not. */
static lw_status make_turn(lwi_pt2 *p, const lwi_json_item *const bodies[2], values *state,
                           size_t n) {
    values next;
    lwi_aten_value goes_on = lwi_aten_none();
    LW_TRY(inline_graph(p, bodies[1], state, &next));
    if (next.n != n) return lwi_fail(LW_CORRUPT, "a turn gives %zu values for %zu", next.n, n);
    memcpy(state->items, next.items, n * sizeof *next.items);
    LW_TRY(ask(p, bodies[0], state, &goes_on));
    lwi_aten_loop_end(&p->a, &goes_on, n, next.items);
    return p->a.b.status;
}

static lw_status while_loop(lwi_pt2 *p, const lwi_json_item *node, size_t first) {
    const lwi_json_item *bodies[2] = {NULL, NULL};
    const lwi_json_item *outputs = lwi_json_get(node, "outputs");
    lwi_aten_value goes_on = lwi_aten_none();
    values state, results;
    (void)first;
    for (size_t i = 0; i < 2; i++)
        LW_TRY(find_graph(node, i, &bodies[i]));
    LW_TRY(read_operands(p, node, 0, &state));
    results.n = 0;
    if (lwi_json_is(outputs, LWI_JSON_ARRAY)) {
        const lwi_json_item *list =
            outputs->size == 1 ? lwi_json_get(&outputs->items[0], "as_tensors") : NULL;
        results.n = list && list->kind == LWI_JSON_ARRAY ? list->size : outputs->size;
    }
    if (results.n > state.n) return lwi_fail(LW_CORRUPT, "it has more results than operands");
    LW_TRY(ask(p, bodies[0], &state, &goes_on));
    memcpy(results.items, state.items, results.n * sizeof *state.items);
    lwi_graph *body = lwi_aten_loop_begin(&p->a, "body", results.n, state.items, NULL, NULL);
    LW_TRY(p->a.b.status);
    const lw_status status = make_turn(p, bodies, &state, results.n);
    lwi_aten_leave(&p->a);
    LW_TRY(status);
    lwi_aten_loop(&p->a, body, NULL, &goes_on, results.n, results.items, NULL, 0, NULL);
    LW_TRY(p->a.b.status);
    return lwi_pt2_results(p, node, results.n, results.items);
}

/* ---------------------------------------------------------------------- table */

static const struct nested {
    const char *target;
    lw_status (*lower)(lwi_pt2 *p, const lwi_json_item *node, size_t first);
    size_t first;
} kinds[] = {
    {"torch.ops.higher_order.cond", cond, 1},
    {"torch.ops.higher_order.while_loop", while_loop, 0},
    {"torch.ops.higher_order.wrap_with_set_grad_enabled", wrapped, 1},
    {"torch.ops.higher_order.wrap_with_autocast", wrapped, 4},
    {"torch.ops.higher_order.strict_mode", wrapped, 0},
};

static const struct nested *find(const char *target) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].target, target)) return &kinds[i];
    return NULL;
}

bool lwi_pt2_is_nested(const char *target) { return find(target) != NULL; }

lw_status lwi_pt2_nested(lwi_pt2 *p, const lwi_json_item *node, bool *done) {
    const struct nested *kind = find(lwi_json_text(node, "target", ""));
    *done = kind != NULL;
    return kind ? kind->lower(p, node, kind->first) : LW_OK;
}
