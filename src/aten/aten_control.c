/* SPDX-License-Identifier: MIT
 * Branches and loops whose conditions are not known before the program runs: graphs inside nodes.
 * What operators make of them cannot be inferred, so types are carried over by hand. */
#include "aten/lower.h"
#include "aten/rows.h"

#include <stdio.h>
#include <string.h>

static bool failed(lwi_aten *a, lw_status status) {
    if (a->b.status == LW_OK) a->b.status = status;
    return a->b.status != LW_OK;
}

/* -------------------------------------------------------------------- types */

/* Keeps the type of a value that leaves the present graph. */
void lwi_aten_note_outcome(lwi_aten *a, int id) {
    lwi_aten_scope *s = a->scope;
    lwi_aten_rank(a, id); /* finds the types of all nodes */
    if (failed(a, LW_OK) ||
        failed(a, lwi_arena_grow(s->graph->arena, &s->outcomes, &s->cap_outcomes, s->n_outcomes + 1,
                                 sizeof *s->outcomes)))
        return;
    struct lwi_aten_outcome *o = &s->outcomes[s->n_outcomes++];
    *o = (struct lwi_aten_outcome){0};
    for (int r = 0; r < LWI_ATEN_ROUNDS; r++) {
        const lw_value *v = lwi_aten_type_in(s, id, r < a->rounds ? r : 0);
        o->known[r] = v != NULL;
        if (!v) continue;
        o->dtype = v->dtype;
        o->rank = v->rank;
        memcpy(o->dims[r], v->dims, (size_t)v->rank * sizeof *v->dims);
    }
}

static const lwi_aten_scope *scope_of(const lwi_aten *a, const lwi_graph *graph) {
    const lwi_aten_scope *s = a->left;
    while (s && s->graph != graph)
        s = s->next_left;
    return s;
}

/* The type of what is one or the other. */
static bool join(struct lwi_aten_outcome *o, const struct lwi_aten_outcome *other) {
    if (o->dtype != other->dtype || o->rank != other->rank) return false;
    for (int r = 0; r < LWI_ATEN_ROUNDS; r++)
        for (int d = 0; d < o->rank; d++)
            if (o->dims[r][d] != other->dims[r][d] && r > 0)
                o->dims[r][d] = o->dims[0][d] * 2; /* not fixed */
    return true;
}

static void give(lwi_aten *a, int id, const struct lwi_aten_outcome *o) {
    for (int r = 0; r < LWI_ATEN_ROUNDS && !failed(a, LW_OK); r++)
        if (o->known[r])
            failed(a, lwi_probe_give(&a->scope->probes[r], id, o->dtype, o->rank, o->dims[r]));
}

static void set_graph(lwi_aten *a, const char *name, lwi_graph *graph) {
    lwi_graph *g = a->b.graph;
    const lwi_attr attr = {.name = name, .kind = LWI_ATTR_GRAPH, .graph = graph};
    if (!failed(a, LW_OK)) failed(a, lwi_node_set_attr(g->arena, &g->nodes[a->b.node], &attr));
}

/* A result of the node: a number where the value was one. */
static lwi_aten_value result(lwi_aten *a, int id, lwi_aten_kind kind) {
    const bool number = kind == LWI_ATEN_INT || kind == LWI_ATEN_FLOAT || kind == LWI_ATEN_BOOL;
    return number ? lwi_aten_number_of(a, id) : lwi_aten_tensor_of(a, id);
}

void lwi_aten_declare_sizes(lwi_aten *a, int id, lw_dtype dtype, int rank, const int *ids,
                            const int *axes) {
    int64_t dims[LW_MAX_RANK];
    for (int d = 0; d < rank; d++)
        lwi_aten_rank(a, ids[d]); /* its type is known, or this fails */
    for (int r = 0; r < LWI_ATEN_ROUNDS && !failed(a, LW_OK); r++) {
        int d = 0;
        for (; d < rank; d++) {
            const lw_value *v = lwi_aten_type_in(a->scope, ids[d], r < a->rounds ? r : 0);
            if (!v || axes[d] >= v->rank) break;
            dims[d] = v->dims[axes[d]];
        }
        if (d == rank) failed(a, lwi_probe_give(&a->scope->probes[r], id, dtype, rank, dims));
    }
}

/* ----------------------------------------------------------------- branches */

void lwi_aten_if(lwi_aten *a, const lwi_aten_value *condition, lwi_graph *yes, lwi_graph *no,
                 lwi_aten_value *results) {
    const lwi_aten_scope *s = scope_of(a, yes), *t = scope_of(a, no);
    int outputs[LWI_ATEN_RESULTS * 16];
    if (!failed(a, LW_OK) && (!s || !t || s->n_outcomes != t->n_outcomes ||
                              s->n_outcomes > sizeof outputs / sizeof *outputs))
        lwi_aten_fail(a, LW_UNSUPPORTED, "the branches have different numbers of results");
    const int chosen = lwi_aten_scalar(a, condition, LW_BOOL);
    if (failed(a, LW_OK)) return;
    lwi_build_outputs(&a->b, "", "If", 1, &chosen, s->n_outcomes, outputs);
    set_graph(a, "then_branch", yes);
    set_graph(a, "else_branch", no);
    for (size_t i = 0; i < s->n_outcomes && !failed(a, LW_OK); i++) {
        struct lwi_aten_outcome o = s->outcomes[i];
        if (!join(&o, &t->outcomes[i]))
            lwi_aten_fail(a, LW_UNSUPPORTED, "result %zu has another type in each branch", i);
        give(a, outputs[i], &o);
        results[i] = result(a, outputs[i], LWI_ATEN_TENSOR);
    }
}

/* -------------------------------------------------------------------- loops */

/* Sizes of the axes that are open differ from turn to turn: they are made up. */
static void open_sizes(lwi_aten *a, int rank, unsigned open,
                       int64_t sizes[LW_MAX_RANK][LWI_ATEN_ROUNDS]) {
    for (int d = 0; d < rank && !failed(a, LW_OK); d++)
        if (open >> d & 1U) failed(a, lwi_aten_free_sizes(a, d, sizes[d]));
}

/* Gives a value of the present graph the type that v is in each round, but for what is open. */
static void give_open(lwi_aten *a, int id, const lwi_aten_scope *s, int like, unsigned open) {
    int64_t sizes[LW_MAX_RANK][LWI_ATEN_ROUNDS], dims[LW_MAX_RANK];
    const lw_value *first = lwi_aten_type_in(s, like, 0);
    if (first) open_sizes(a, first->rank, open, sizes);
    for (int r = 0; r < LWI_ATEN_ROUNDS && !failed(a, LW_OK); r++) {
        const lw_value *v = lwi_aten_type_in(s, like, r < a->rounds ? r : 0);
        for (int d = 0; v && d < v->rank; d++)
            dims[d] = open >> d & 1U ? sizes[d][r] : v->dims[d];
        if (v) failed(a, lwi_probe_give(&a->scope->probes[r], id, v->dtype, v->rank, dims));
    }
    if (open && !failed(a, LW_OK)) failed(a, lwi_aten_mark_made_up(a->scope, id));
}

/* An input of the body that has the type of a value outside. */
static int body_input(lwi_aten *a, const char *prefix, size_t i, const lwi_aten_scope *outer,
                      int id, unsigned open) {
    char name[32];
    const char *copy = NULL;
    int64_t dims[LW_MAX_RANK];
    const char *const none[LW_MAX_RANK] = {NULL};
    const lw_value *v = lwi_aten_type_in(outer, id, 0);
    snprintf(name, sizeof name, "%s_%zu", prefix, i);
    if (failed(a, LW_OK) ||
        failed(a, lwi_arena_string(a->b.graph->arena, name, strlen(name), &copy)))
        return -1;
    for (int d = 0; d < v->rank; d++)
        dims[d] = -1;
    const int input = lwi_build_input(&a->b, copy, v->dtype, v->rank, dims, none);
    give_open(a, input, outer, id, open);
    return input;
}

static int scalar_input(lwi_aten *a, const char *name, lw_dtype dtype) {
    const int id = lwi_build_input(&a->b, name, dtype, 0, NULL, NULL);
    for (int r = 0; r < LWI_ATEN_ROUNDS && !failed(a, LW_OK); r++)
        failed(a, lwi_probe_give(&a->scope->probes[r], id, dtype, 0, NULL));
    return id;
}

lwi_graph *lwi_aten_loop_begin(lwi_aten *a, const char *name, size_t n, lwi_aten_value *values,
                               const unsigned *open, lwi_aten_value *turn) {
    const lwi_aten_scope *outer = a->scope;
    int *ids = NULL;
    if (failed(a, lwi_arena_alloc(a->b.graph->arena, n, sizeof *ids, &ids))) return NULL;
    for (size_t i = 0; i < n; i++) {
        ids[i] = lwi_aten_id(a, &values[i]);
        lwi_aten_rank(a, ids[i]); /* its type is known, or this fails */
    }
    lwi_graph *body = lwi_aten_enter(a, name);
    const int number = scalar_input(a, "turn", LW_INT64);
    scalar_input(a, "goes_on", LW_BOOL);
    if (turn) *turn = lwi_aten_number_of(a, number);
    for (size_t i = 0; i < n && !failed(a, LW_OK); i++)
        values[i] =
            result(a, body_input(a, "value", i, outer, ids[i], open ? open[i] : 0), values[i].kind);
    return body;
}

void lwi_aten_loop_end(lwi_aten *a, const lwi_aten_value *goes_on, size_t n,
                       const lwi_aten_value *values) {
    const lwi_aten_value on = lwi_aten_tensor_of(a, lwi_aten_scalar(a, goes_on, LW_BOOL));
    if (a->scope)
        a->scope->goes_on = goes_on->kind == LWI_ATEN_BOOL && goes_on->id < 0 && goes_on->b;
    lwi_aten_output(a, &on, "goes_on_next");
    for (size_t i = 0; i < n && !failed(a, LW_OK); i++) {
        char name[32];
        const char *copy = NULL;
        snprintf(name, sizeof name, "next_%zu", i);
        if (!failed(a, lwi_arena_string(a->b.graph->arena, name, strlen(name), &copy)))
            lwi_aten_output(a, &values[i], copy);
    }
}

/* A turn gives values of the types that it takes. */
static void check_outcome(lwi_aten *a, int id, size_t i, const struct lwi_aten_outcome *o,
                          unsigned open) {
    for (int r = 0; r < a->rounds && !failed(a, LW_OK); r++) {
        const lw_value *v = lwi_aten_type_in(a->scope, id, r);
        if (!v || !o->known[r]) continue;
        bool same = v->dtype == o->dtype && v->rank == o->rank;
        for (int d = 0; d < v->rank && same; d++)
            same = open >> d & 1U || v->dims[d] == o->dims[r][d];
        if (!same)
            lwi_aten_fail(a, LW_UNSUPPORTED, "value %zu of a loop changes its type or shape", i);
    }
}

/* The body always goes on, and how many turns there are follows from sizes. */
static bool count_turns(lwi_aten *a, const lwi_aten_scope *body, int turns,
                        int64_t counts[LWI_ATEN_ROUNDS]) {
    if (turns < 0 || !body->goes_on) return false;
    lwi_aten_rank(a, turns); /* its type is known, or this fails */
    for (int r = 0; r < LWI_ATEN_ROUNDS && !failed(a, LW_OK); r++) {
        const lw_value *v = lwi_aten_type_in(a->scope, turns, r < a->rounds ? r : 0);
        if (!v || !v->data) return false;
        memcpy(&counts[r], v->data, sizeof *counts);
    }
    return !lwi_aten_is_made_up(a->scope, turns);
}

/* What stands in the rows of a result is what a turn gives. */
static void give_rows(lwi_aten *a, int id, const lwi_aten_scope *body, int counter,
                      const struct lwi_aten_outcome *o) {
    struct lwi_aten_outcome rows = *o;
    int64_t turns[LWI_ATEN_ROUNDS];
    if (o->rank == LW_MAX_RANK) lwi_aten_fail(a, LW_LIMIT, "items of a loop have too many axes");
    const bool counted = count_turns(a, body, counter, turns);
    if (!counted && !failed(a, LW_OK)) failed(a, lwi_aten_free_sizes(a, 0, turns));
    if (failed(a, LW_OK)) return;
    rows.rank = o->rank + 1;
    for (int r = 0; r < LWI_ATEN_ROUNDS; r++) {
        memcpy(&rows.dims[r][1], o->dims[r], (size_t)o->rank * sizeof *o->dims[r]);
        rows.dims[r][0] = turns[r];
    }
    give(a, id, &rows);
    if (!counted && !failed(a, LW_OK)) failed(a, lwi_aten_mark_made_up(a->scope, id));
}

void lwi_aten_loop(lwi_aten *a, lwi_graph *body, const lwi_aten_value *turns,
                   const lwi_aten_value *goes_on, size_t n, lwi_aten_value *values,
                   const unsigned *open, size_t n_rows, lwi_aten_value *rows) {
    const lwi_aten_scope *s = scope_of(a, body);
    int *inputs = NULL, *outputs = NULL;
    if (failed(a, LW_OK) ||
        failed(a, lwi_arena_alloc(a->b.graph->arena, n + 2, sizeof *inputs, &inputs)) ||
        failed(a, lwi_arena_alloc(a->b.graph->arena, n + n_rows, sizeof *outputs, &outputs)))
        return;
    if (!s || s->n_outcomes != n + n_rows + 1)
        lwi_aten_fail(a, LW_INTERNAL, "a loop's body has not the outputs it should have");
    inputs[0] = turns ? lwi_aten_scalar(a, turns, LW_INT64) : -1;
    inputs[1] = goes_on ? lwi_aten_scalar(a, goes_on, LW_BOOL) : -1;
    for (size_t i = 0; i < n && !failed(a, LW_OK); i++) {
        inputs[i + 2] = lwi_aten_id(a, &values[i]);
        lwi_aten_rank(a, inputs[i + 2]); /* its type is known, or this fails */
        check_outcome(a, inputs[i + 2], i, &s->outcomes[i + 1], open ? open[i] : 0);
    }
    lwi_build_outputs(&a->b, "", "Loop", n + 2, inputs, n + n_rows, outputs);
    set_graph(a, "body", body);
    for (size_t i = 0; i < n && !failed(a, LW_OK); i++) {
        give_open(a, outputs[i], a->scope, inputs[i + 2], open ? open[i] : 0);
        values[i] = result(a, outputs[i], values[i].kind);
    }
    for (size_t i = 0; i < n_rows && !failed(a, LW_OK); i++) {
        give_rows(a, outputs[n + i], s, inputs[0], &s->outcomes[n + i + 1]);
        rows[i] = lwi_aten_tensor_of(a, outputs[n + i]);
    }
}

unsigned lwi_aten_changed_axes(lwi_aten *a, int before, int after) {
    const int rank = lwi_aten_rank(a, after);
    unsigned changed = 0;
    if (lwi_aten_rank(a, before) != rank) return 0;
    for (int r = 0; r < a->rounds && !failed(a, LW_OK); r++) {
        const lw_value *v = lwi_aten_type_in(a->scope, before, r),
                       *w = lwi_aten_type_in(a->scope, after, r);
        for (int d = 0; d < rank && v && w; d++)
            if (v->dims[d] != w->dims[d]) changed |= 1U << d;
    }
    return changed;
}
