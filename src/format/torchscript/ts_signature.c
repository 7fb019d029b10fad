/* SPDX-License-Identifier: MIT */
#include "format/torchscript/ts_signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 256 };

/* The types in a generic one; NULL: it is another. */
static const lwi_ts_expr *inside(const lwi_ts_expr *type, const char *name) {
    return type && type->kind == LWI_TS_INDEX && type->items[0]->kind == LWI_TS_NAME &&
                   !strcmp(type->items[0]->name, name)
               ? type->items[1]
               : NULL;
}

const lwi_ts_expr *lwi_ts_plain_type(const lwi_ts_expr *type) {
    while (inside(type, "Optional"))
        type = inside(type, "Optional");
    return type;
}

static size_t n_types(const lwi_ts_expr *types) {
    return types->kind == LWI_TS_TUPLE ? types->n_items : 1;
}
static const lwi_ts_expr *type_at(const lwi_ts_expr *types, size_t i) {
    return types->kind == LWI_TS_TUPLE ? types->items[i] : types;
}

bool lwi_ts_is_type(const lwi_ts_expr *type, const char *name) {
    return type && type->kind == LWI_TS_NAME && !strcmp(type->name, name);
}

/* ------------------------------------------------------------------ describe */

static lw_status add_slot(lwi_network *network, const char *name, bool input,
                          const lwi_type *type) {
    lwi_graph *g = network->graph;
    int **ids = input ? &g->inputs : &g->outputs, id = -1;
    size_t *n = input ? &g->n_inputs : &g->n_outputs, cap = *n;
    const char *copy = NULL;
    LW_TRY(lwi_arena_string(g->arena, name, strlen(name), &copy));
    LW_TRY(lwi_graph_define(g, copy, &id));
    LW_TRY(lwi_arena_grow(g->arena, ids, &cap, *n + 1, sizeof **ids));
    g->slots[id].type = *type;
    (*ids)[(*n)++] = id;
    return LW_OK;
}

/* Tensors that are known to be there. */
static lw_status describe_type(lwi_network *network, const lwi_ts_expr *type, const char *name,
                               bool input, int depth) {
    lwi_type t = {.kind = LW_KIND_TENSOR, .rank = -1, .declared = true};
    const lwi_ts_expr *types = inside(type, "Tuple");
    const bool list = inside(type, "List") && input;
    char part[NAME];
    if (depth > 4) return LW_OK;
    if (lwi_ts_is_type(type, "int")) t.dtype = LW_INT64, t.rank = 0;
    else if (lwi_ts_is_type(type, "float")) t.dtype = LW_FLOAT64, t.rank = 0;
    else if (lwi_ts_is_type(type, "bool")) t.dtype = LW_BOOL, t.rank = 0;
    else if (list) types = inside(type, "List"); /* one at least */
    else if (!types && !lwi_ts_is_type(type, "Tensor")) return LW_OK;
    if (!types) return add_slot(network, name, input, &t);
    for (size_t i = 0; i < (list ? 1 : n_types(types)); i++) {
        snprintf(part, sizeof part, "%.200s.%zu", name, i);
        LW_TRY(describe_type(network, list ? types : type_at(types, i), part, input, depth + 1));
    }
    return LW_OK;
}

/* A traced module tells what it was traced with. */
static lw_status describe_traced(lwi_network *network, const lwi_ts_function *forward,
                                 const lwi_pickle_item *list) {
    lwi_stored_tensor *stored = NULL;
    for (size_t i = 0; i < list->n && i + 1 < forward->n_params; i++) {
        const lwi_pickle_item *item = list->items[i];
        const bool tensor = item->kind == LWI_PICKLE_CALL &&
                            lwi_pickle_is(item->items[0], "torch._utils _rebuild_tensor_v2");
        if (!tensor) return LW_OK;
        LW_TRY(lwi_arena_alloc(&network->arena, 1, sizeof *stored, &stored));
        LW_TRY(lwi_ts_read_tensor_record(item->items[1], stored));
        const lwi_type t = {.kind = LW_KIND_TENSOR,
                            .dtype = stored->dtype,
                            .rank = stored->rank,
                            .dims = stored->dims,
                            .declared = true};
        LW_TRY(add_slot(network, forward->params[i + 1].name, true, &t));
    }
    return LW_OK;
}

static const lwi_pickle_item *unwrapped(const lwi_pickle_item *item) {
    while (item && item->kind == LWI_PICKLE_CALL &&
           lwi_pickle_is(item->items[0], "torch.jit._pickle restore_type_tag") &&
           item->items[1]->n == 2)
        item = item->items[1]->items[0];
    return item;
}

/* The list of what forward was traced with. */
static const lwi_pickle_item *traced_list(const lwi_ts_archive *archive) {
    const lwi_pickle_item *dict = unwrapped(archive->traced), *list = NULL;
    for (size_t i = 0; dict && dict->kind == LWI_PICKLE_DICT && i + 1 < dict->n; i += 2)
        if (lwi_pickle_is(dict->items[i], "forward")) list = unwrapped(dict->items[i + 1]);
    return list && list->kind == LWI_PICKLE_LIST ? list : NULL;
}

lw_status lwi_ts_describe(lwi_network *network, const lwi_ts_archive *archive,
                          const lwi_ts_function *forward) {
    const lwi_pickle_item *traced = traced_list(archive);
    if (traced) LW_TRY(describe_traced(network, forward, traced));
    for (size_t i = 1 + network->graph->n_inputs; i < forward->n_params; i++) {
        const lwi_ts_param *p = &forward->params[i];
        const lwi_ts_expr *type = lwi_ts_plain_type(p->type);
        const bool optional = p->fallback || type != p->type;
        if (!optional) LW_TRY(describe_type(network, type, p->name, true, 0));
    }
    return describe_type(network, forward->result, "output", false, 0);
}

/* -------------------------------------------------------------------- inputs */

typedef struct binder {
    lwi_ts_interp *in;
    lwi_given *givens;
    size_t n;
    bool *used;
} binder;

/* An input of that name, or (part) one inside it: NAME.0 */
static lwi_given *find_given(const binder *b, const char *name, bool part) {
    const size_t n = strlen(name);
    for (size_t i = 0; i < b->n; i++)
        if (!strncmp(b->givens[i].name, name, n) && b->givens[i].name[n] == (part ? '.' : '\0')) {
            if (!part) b->used[i] = true;
            return &b->givens[i];
        }
    return NULL;
}

static lw_status bind_value(binder *b, const lwi_ts_expr *type, const char *name, int depth,
                            lwi_ts_value *v);

/* A tensor, or a number. The program sees the value of an int or bool that is known. */
static lw_status bind_given(binder *b, lwi_given *g, const lwi_ts_expr *type, lwi_ts_value *v) {
    lwi_aten *a = b->in->aten;
    const bool whole = lwi_ts_is_type(type, "int") || lwi_ts_is_type(type, "bool");
    const char *name = NULL;
    LW_TRY(lwi_arena_string(&a->b.network->arena, g->name, strlen(g->name), &name));
    lwi_aten_value x =
        lwi_aten_input(a, name, g->dtype, g->rank, g->dims, g->dim_names, g->examples);
    if (g->known && !whole) g->known = false;
    if (g->known) x = g->dtype == LW_BOOL ? lwi_aten_bool(g->value) : lwi_aten_int(g->value);
    else if ((whole || lwi_ts_is_type(type, "float")) && a->b.status == LW_OK)
        x = lwi_aten_number_of(a, lwi_aten_id(a, &x));
    *v = lwi_ts_plain(x);
    return a->b.status;
}

static lw_status bind_items(binder *b, const lwi_ts_expr *types, const char *name, bool tuple,
                            int depth, lwi_ts_value *v) {
    lwi_ts_object *list = NULL;
    lwi_ts_value item;
    char part[NAME];
    LW_TRY(lwi_ts_new_object(b->in, tuple ? LWI_TS_O_TUPLE : LWI_TS_O_LIST, &list));
    *v = lwi_ts_of(list);
    for (size_t i = 0; !tuple || i < n_types(types); i++) {
        snprintf(part, sizeof part, "%.200s.%zu", name, i);
        if (!tuple && !find_given(b, part, false) && !find_given(b, part, true)) break;
        LW_TRY(bind_value(b, tuple ? type_at(types, i) : types, part, depth, &item));
        LW_TRY(lwi_ts_add_item(b->in->memory, list, NULL, &item));
    }
    return LW_OK;
}

/* Dict[str, T]: what stands behind NAME. up to the next point is a key. */
static lw_status bind_dict(binder *b, const lwi_ts_expr *types, const char *name, int depth,
                           lwi_ts_value *v) {
    lwi_ts_object *dict = NULL;
    lwi_ts_value item;
    const size_t n = strlen(name);
    LW_TRY(lwi_ts_new_object(b->in, LWI_TS_O_DICT, &dict));
    *v = lwi_ts_of(dict);
    if (n_types(types) != 2) return lwi_fail(LW_CORRUPT, "a dict's type is none");
    for (size_t i = 0; i < b->n; i++) {
        const char *given = b->givens[i].name, *text = NULL;
        if (strncmp(given, name, n) != 0 || given[n] != '.') continue;
        const size_t end = n + 1 + strcspn(given + n + 1, ".");
        LW_TRY(lwi_arena_string(&b->in->aten->b.network->arena, given, end, &text));
        const lw_string s = {text + n + 1, end - n - 1};
        const lwi_ts_value key = lwi_ts_plain(lwi_aten_string(s));
        if (lwi_ts_find_key(dict, &key) < dict->n) continue;
        LW_TRY(bind_value(b, types->items[1], text, depth, &item));
        LW_TRY(lwi_ts_add_item(b->in->memory, dict, &key, &item));
    }
    return LW_OK;
}

static lw_status bind_value(binder *b, const lwi_ts_expr *type, const char *name, int depth,
                            lwi_ts_value *v) {
    const bool optional = inside(type, "Optional");
    lwi_given *given = find_given(b, name, false);
    type = lwi_ts_plain_type(type);
    const lwi_ts_expr *tuple = inside(type, "Tuple"), *list = inside(type, "List");
    const lwi_ts_expr *dict = inside(type, "Dict");
    *v = lwi_ts_none();
    if (given) return bind_given(b, given, type, v);
    if (optional && !find_given(b, name, true)) return LW_OK;
    if (depth > 4) return lwi_fail(LW_UNSUPPORTED, "input '%s' is nested too deeply", name);
    if (tuple || list) return bind_items(b, tuple ? tuple : list, name, tuple, depth + 1, v);
    if (dict) return bind_dict(b, dict, name, depth + 1, v);
    return lwi_fail(LW_NOT_FOUND, "input '%s' is not given", name);
}

static lw_status bind_param(binder *b, const lwi_ts_param *p, lwi_ts_value *v) {
    if (p->fallback && !find_given(b, p->name, false) && !find_given(b, p->name, true))
        return lwi_ts_eval(b->in, p->fallback, v);
    return bind_value(b, p->type, p->name, 0, v);
}

/* What is no parameter is a state. */
static lw_status bind_state(binder *b, const lwi_ts_states *states, lwi_given *g,
                            const char *first) {
    lwi_ts_state *state = lwi_ts_find_state(states, g->name);
    lwi_ts_value v;
    if (!state)
        return lwi_fail(LW_NOT_FOUND, "the model has no input '%s'; its first is '%s'", g->name,
                        first);
    LW_TRY(bind_given(b, g, state->type, &v));
    lwi_ts_set_state(state, &v);
    return LW_OK;
}

lw_status lwi_ts_bind_inputs(lwi_ts_interp *in, const lwi_ts_function *forward,
                             const lwi_ts_states *states, lwi_given *givens, size_t n,
                             lwi_ts_value *args) {
    binder b = {in, givens, n, NULL};
    const char *first = forward->n_params > 1 ? forward->params[1].name : "";
    LW_TRY(lwi_arena_alloc(in->memory, n, sizeof *b.used, &b.used));
    for (size_t i = 1; i < forward->n_params; i++)
        LW_TRY(bind_param(&b, &forward->params[i], &args[i - 1]));
    for (size_t i = 0; i < n; i++)
        if (!b.used[i]) LW_TRY(bind_state(&b, states, &givens[i], first));
    return LW_OK;
}

/* ------------------------------------------------------------------- outputs */

static lw_status put_value(lwi_ts_interp *in, const lwi_ts_value *v, const char *name, int depth);

static lw_status put_items(lwi_ts_interp *in, const lwi_ts_object *o, const char *name, int depth) {
    char part[NAME];
    for (size_t i = 0; i < o->n; i++) {
        const bool key = o->keys && lwi_ts_is_plain(&o->keys[i], LWI_ATEN_STRING);
        const lw_string s = key ? o->keys[i].plain.s : (lw_string){"", 0};
        const bool field = !o->keys && o->class && i < o->class->n_attributes;
        if (key) snprintf(part, sizeof part, "%.150s.%.*s", name, (int)(s.size % 100), s.data);
        else if (field)
            snprintf(part, sizeof part, "%.150s.%.100s", name, o->class->attributes[i].name);
        else snprintf(part, sizeof part, "%.200s.%zu", name, i);
        LW_TRY(put_value(in, &o->items[i], part, depth + 1));
    }
    return LW_OK;
}

static lw_status put_value(lwi_ts_interp *in, const lwi_ts_value *v, const char *name, int depth) {
    const char *copy = NULL;
    if (lwi_ts_unusable(v)) return lwi_fail(LW_UNSUPPORTED, "output: %s", lwi_ts_unusable(v));
    if (depth > 6) return lwi_fail(LW_UNSUPPORTED, "'%s' is nested too deeply", name);
    if (v->kind == LWI_TS_OBJECT) return put_items(in, v->object, name, depth);
    if (!lwi_ts_is_tensor(v) && !lwi_ts_is_number(v)) return LW_OK; /* None, strings */
    LW_TRY(lwi_arena_string(&in->aten->b.network->arena, name, strlen(name), &copy));
    lwi_aten_output(in->aten, &v->plain, copy);
    return in->aten->b.status;
}

lw_status lwi_ts_put_outputs(lwi_ts_interp *in, const lwi_ts_value *result,
                             const lwi_ts_states *states) {
    char next[NAME + 8];
    LW_TRY(put_value(in, result, "output", 0));
    for (size_t i = 0; i < states->n; i++) {
        const lwi_ts_state *s = &states->all[i];
        if (!lwi_ts_is_written(s)) continue;
        snprintf(next, sizeof next, "%.*s.next", NAME, s->name);
        LW_TRY(put_value(in, &s->of->items[s->at], next, 0));
    }
    return LW_OK;
}
