/* SPDX-License-Identifier: MIT */
#include "format/torchscript/ts_merge.h"

#include "aten/lower.h"
#include "format/torchscript/ts_rows.h"

#include <stdio.h>
#include <string.h>

static lw_status mixed(lwi_ts_merge *m, const lwi_ts_value *x, const lwi_ts_value *y,
                       lwi_ts_value *to) {
    char text[160];
    const lwi_ts_value *sides[2] = {x, y};
    for (int i = 0; i < 2; i++)
        if (sides[i]->kind == LWI_TS_MIXED || sides[i]->kind == LWI_TS_UNSET) {
            *to = *sides[i];
            return LW_OK;
        }
    snprintf(text, sizeof text,
             "a value is %s on one way of a branch that depends on data, and %s "
             "on the other",
             lwi_ts_kind_name(x), lwi_ts_kind_name(y));
    *to = (lwi_ts_value){.kind = LWI_TS_MIXED};
    return lwi_arena_string(m->in->memory, text, strlen(text), &to->why);
}

static lw_status add_pair(lwi_ts_merge *m, const lwi_ts_value *x, const lwi_ts_value *y,
                          lwi_ts_value *to) {
    LW_TRY(
        lwi_arena_grow(m->in->memory, &m->pairs, &m->cap_pairs, m->n_pairs + 1, sizeof *m->pairs));
    m->pairs[m->n_pairs++] = (lwi_ts_pair){.sides = {*x, *y}, .to = to};
    *to = (lwi_ts_value){.kind = LWI_TS_UNSET};
    return LW_OK;
}

/* The two are one already. */
static bool find_merged(const lwi_ts_merge *m, const lwi_ts_object *x, const lwi_ts_object *y,
                        lwi_ts_value *to) {
    for (size_t i = 0; i < m->n_objects; i++)
        if (m->objects[i].sides[0] == x && m->objects[i].sides[1] == y) {
            *to = lwi_ts_of(m->objects[i].merged);
            return true;
        }
    return false;
}

static lw_status merge_items(lwi_ts_merge *m, const lwi_ts_object *x, const lwi_ts_object *y,
                             lwi_ts_value *to) {
    static const lwi_ts_value nothing = {.kind = LWI_TS_UNINITIALIZED};
    const lwi_ts_object *o = x ? x : y;
    lwi_ts_object *merged = NULL;
    if (find_merged(m, x, y, to)) return LW_OK;
    LW_TRY(lwi_arena_grow(m->in->memory, &m->objects, &m->cap_objects, m->n_objects + 1,
                          sizeof *m->objects));
    LW_TRY(lwi_ts_new_object(m->in, o->kind, &merged));
    merged->class = o->class;
    m->objects[m->n_objects++] = (struct lwi_ts_merged){{x, y}, merged};
    for (size_t i = 0; i < o->n; i++)
        LW_TRY(lwi_ts_add_item(m->in->memory, merged, o->keys ? &o->keys[i] : NULL, &nothing));
    *to = lwi_ts_of(merged);
    for (size_t i = 0; i < o->n; i++)
        LW_TRY(lwi_ts_merge_values(m, x ? &x->items[i] : &nothing, y ? &y->items[i] : &nothing,
                                   &merged->items[i]));
    return LW_OK;
}

/* All items are of the kind, which is found if it is NONE: tensors, or numbers of one kind. */
static bool items_fit(const lwi_ts_object *o, lwi_aten_kind *kind) {
    if (o->kind != LWI_TS_O_LIST || o->mixed || o->growing) return false;
    const bool some = o->rows.kind == LWI_ATEN_TENSOR;
    if (some && *kind == LWI_ATEN_NONE) *kind = o->row;
    if (some && *kind != o->row) return false;
    for (size_t i = 0; i < o->n; i++) {
        if (!lwi_ts_is_tensor(&o->items[i]) && !lwi_ts_is_number(&o->items[i])) return false;
        if (*kind == LWI_ATEN_NONE) *kind = o->items[i].plain.kind;
        if (*kind != o->items[i].plain.kind) return false;
    }
    return true;
}

lw_status lwi_ts_merge_lists(lwi_ts_merge *m, const lwi_ts_object *x, const lwi_ts_object *y,
                             lwi_ts_object *list, bool *done) {
    lwi_aten_kind kind = LWI_ATEN_NONE;
    const lwi_ts_object *sides[2] = {x, y};
    void *copies[2];
    *done = items_fit(x, &kind) && items_fit(y, &kind) && kind != LWI_ATEN_NONE;
    if (!*done) return LW_OK;
    for (int i = 0; i < 2; i++)
        LW_TRY(lwi_arena_copy(m->in->memory, sides[i], sizeof *x, &copies[i]));
    LW_TRY(
        lwi_arena_grow(m->in->memory, &m->pairs, &m->cap_pairs, m->n_pairs + 1, sizeof *m->pairs));
    m->pairs[m->n_pairs++] =
        (lwi_ts_pair){.lists = {copies[0], copies[1]}, .list = list, .row = kind};
    return LW_OK;
}

/* Two lists that the ways have made. */
static lw_status merge_new_lists(lwi_ts_merge *m, const lwi_ts_value *x, const lwi_ts_value *y,
                                 lwi_ts_value *to, bool *done) {
    lwi_ts_object *list = NULL;
    LW_TRY(lwi_ts_new_object(m->in, LWI_TS_O_LIST, &list));
    LW_TRY(lwi_ts_merge_lists(m, x->object, y->object, list, done));
    if (!*done) return LW_OK;
    LW_TRY(lwi_arena_grow(m->in->memory, &m->objects, &m->cap_objects, m->n_objects + 1,
                          sizeof *m->objects));
    m->objects[m->n_objects++] = (struct lwi_ts_merged){{x->object, y->object}, list};
    *to = lwi_ts_of(list);
    return LW_OK;
}

static bool same_form(const lwi_ts_object *x, const lwi_ts_object *y) {
    if (x->kind != y->kind || x->class != y->class || x->n != y->n || !x->keys != !y->keys)
        return false;
    if (x->rows.tensor != y->rows.tensor) return false;
    for (size_t i = 0; i < x->n && x->keys; i++)
        if (!lwi_ts_equal(&x->keys[i], &y->keys[i])) return false;
    return true;
}

static bool can_pair(const lwi_ts_value *x, const lwi_ts_value *y) {
    if (lwi_ts_is_tensor(x) || lwi_ts_is_tensor(y))
        return lwi_ts_is_tensor(x) && lwi_ts_is_tensor(y);
    const bool bools = lwi_ts_is_plain(x, LWI_ATEN_BOOL) == lwi_ts_is_plain(y, LWI_ATEN_BOOL);
    return lwi_ts_is_number(x) && lwi_ts_is_number(y) && bools;
}

lw_status lwi_ts_merge_values(lwi_ts_merge *m, const lwi_ts_value *x, const lwi_ts_value *y,
                              lwi_ts_value *to) {
    const bool no_x = x->kind == LWI_TS_UNINITIALIZED, no_y = y->kind == LWI_TS_UNINITIALIZED;
    const lwi_ts_value *one = no_x ? y : x;
    if (lwi_ts_equal(x, y)) {
        *to = *x;
        return LW_OK;
    }
    if (no_x || no_y) {
        if (lwi_ts_unusable(one)) return mixed(m, x, y, to);
        if (one->kind == LWI_TS_OBJECT && one->object->kind != LWI_TS_O_INSTANCE)
            return merge_items(m, no_x ? NULL : x->object, no_y ? NULL : y->object, to);
        if (lwi_ts_is_tensor(one) || (lwi_ts_is_number(one) && one->plain.id >= 0))
            return add_pair(m, x, y, to);
        *to = *one;
        return LW_OK;
    }
    if (can_pair(x, y)) return add_pair(m, x, y, to);
    const bool objects = x->kind == LWI_TS_OBJECT && y->kind == LWI_TS_OBJECT;
    if (objects && same_form(x->object, y->object)) return merge_items(m, x->object, y->object, to);
    bool done = objects && find_merged(m, x->object, y->object, to);
    if (objects && !done) LW_TRY(merge_new_lists(m, x, y, to, &done));
    return done ? LW_OK : mixed(m, x, y, to);
}

/* -------------------------------------------------------------------- pairs */

/* Two numbers become floats if one is. */
static lw_dtype number_type(const lwi_ts_pair *p) {
    const bool floats = lwi_ts_is_plain(&p->sides[0], LWI_ATEN_FLOAT) ||
                        lwi_ts_is_plain(&p->sides[1], LWI_ATEN_FLOAT);
    const bool bools = lwi_ts_is_plain(&p->sides[0], LWI_ATEN_BOOL) ||
                       lwi_ts_is_plain(&p->sides[1], LWI_ATEN_BOOL);
    return floats ? LW_FLOAT64 : bools ? LW_BOOL : LW_INT64;
}

static bool is_number_pair(const lwi_ts_pair *p) {
    return lwi_ts_is_number(&p->sides[0]) || lwi_ts_is_number(&p->sides[1]);
}

static void set_mixed(lwi_ts_pair *p) {
    static const char text[] = "a tensor has one type or rank on one way of a branch that depends "
                               "on data, and another on the other";
    if (p->list) p->list->mixed = true;
    else *p->to = (lwi_ts_value){.kind = LWI_TS_MIXED, .why = text};
    p->place = -1;
}

/* The first side that is there says what the other must be; items of lists have one shape. */
static void note_type(lwi_aten *a, lwi_ts_pair *p, int side) {
    const int id = p->ids[side], rank = lwi_aten_rank(a, id);
    const lw_dtype dtype = lwi_aten_dtype(a, id);
    const bool second = p->dtype != LW_DTYPE_NONE;
    if (second && (p->dtype != dtype || p->rank != rank)) set_mixed(p);
    for (int d = 0; d < rank; d++) {
        const int64_t dim = lwi_aten_example_dim(a, id, d);
        if (second && p->list && d > 0 && p->dims[d] != dim) set_mixed(p);
        if (d > 0 && lwi_aten_dim(a, id, d) < 0) p->open = true;
        p->dims[d] = dim;
    }
    p->dtype = dtype;
    p->rank = rank;
}

/* The items of a list have one type and shape. */
static bool are_alike(lwi_aten *a, const lwi_ts_object *list) {
    for (size_t i = 1; i < list->n && lwi_ts_is_tensor(&list->items[0]); i++) {
        const int x = lwi_aten_id(a, &list->items[0].plain),
                  y = lwi_aten_id(a, &list->items[i].plain);
        const int rank = lwi_aten_rank(a, x);
        if (rank != lwi_aten_rank(a, y) || lwi_aten_dtype(a, x) != lwi_aten_dtype(a, y))
            return false;
        for (int d = 0; d < rank; d++)
            if (lwi_aten_example_dim(a, x, d) != lwi_aten_example_dim(a, y, d)) return false;
    }
    return true;
}

/* What a pair is on one side, in its graph; -1: there is nothing, or what is there does not fit. */
static lw_status find_id(lwi_ts_interp *in, lwi_ts_pair *p, int side) {
    lwi_aten *a = in->aten;
    const lwi_ts_value *v = &p->sides[side];
    const lwi_ts_object *list = p->lists[side];
    lwi_aten_value rows;
    p->ids[side] = -1;
    if (!p->list) {
        if (v->kind == LWI_TS_UNINITIALIZED) return LW_OK;
        p->ids[side] = is_number_pair(p) ? lwi_aten_scalar(a, &v->plain, number_type(p))
                                         : lwi_aten_id(a, &v->plain);
        return a->b.status;
    }
    if (!list->n && list->rows.kind != LWI_ATEN_TENSOR) return LW_OK;
    if (!are_alike(a, list)) {
        set_mixed(p);
        return a->b.status;
    }
    LW_TRY(lwi_ts_all_rows(in, list, &rows, &p->row));
    p->ids[side] = lwi_aten_id(a, &rows);
    return a->b.status;
}

/* The values of one side, in its graph. */
static lw_status find_side(lwi_ts_merge *m, lwi_ts_arm *arm, int side) {
    lwi_aten *a = m->in->aten;
    lw_status status = LW_OK;
    lwi_aten_resume(a, arm->scope);
    for (size_t i = 0; i < m->n_pairs && status == LW_OK; i++) {
        status = find_id(m->in, &m->pairs[i], side);
        if (status == LW_OK && m->pairs[i].ids[side] >= 0) note_type(a, &m->pairs[i], side);
    }
    (void)lwi_aten_pause(a);
    return status == LW_OK ? a->b.status : status;
}

/* Something of the other side's type, which is never looked at; of a list, no items. */
static int fill_side(lwi_aten *a, const lwi_ts_pair *p) {
    int64_t dims[LW_MAX_RANK];
    const int zero = lwi_aten_fill(a, p->dtype, 0);
    if (p->rank == 0) return zero;
    if (p->list && p->open)
        lwi_aten_fail(a, LW_UNSUPPORTED, "items of a list that may be empty have free sizes");
    memcpy(dims, p->dims, (size_t)p->rank * sizeof *dims);
    if (p->list) dims[0] = 0;
    return NODE(a, "Expand", zero, lwi_build_ints(&a->b, (size_t)p->rank, dims));
}

static void put_output(lwi_aten *a, const lwi_ts_pair *p, int side, const char *name) {
    lwi_build_output(&a->b, p->ids[side], p->dtype, name);
}

static lw_status put_side(lwi_ts_merge *m, lwi_ts_arm *arm, int side) {
    lwi_aten *a = m->in->aten;
    lwi_aten_resume(a, arm->scope);
    for (size_t i = 0; i < m->n_pairs; i++) {
        lwi_ts_pair *p = &m->pairs[i];
        char name[40];
        if (p->place < 0) continue;
        if (p->ids[side] < 0) p->ids[side] = fill_side(a, p);
        snprintf(name, sizeof name, "result.%zu", i);
        put_output(a, p, side, name);
    }
    (void)lwi_aten_pause(a);
    return a->b.status;
}

static void number_pairs(lwi_ts_merge *m) {
    for (size_t i = 0; i < m->n_pairs; i++)
        if (m->pairs[i].place >= 0) m->pairs[i].place = (int)m->n_outputs++;
}

static void set_graph(lwi_aten *a, const char *name, lwi_graph *graph) {
    const lwi_attr attr = {.name = name, .kind = LWI_ATTR_GRAPH, .graph = graph};
    lwi_graph *g = a->b.graph;
    if (a->b.status == LW_OK)
        a->b.status = lwi_node_set_attr(g->arena, &g->nodes[a->b.node], &attr);
}

static lw_status make_node(lwi_ts_merge *m, const lwi_aten_value *condition, lwi_ts_arm *then,
                           lwi_ts_arm *otherwise) {
    lwi_aten *a = m->in->aten;
    const lwi_graph *x = then->scope->graph, *y = otherwise->scope->graph;
    int *outs = NULL;
    LW_TRY(lwi_arena_alloc(m->in->memory, m->n_outputs, sizeof *outs, &outs));
    lwi_build_outputs(&a->b, "", "If", 1, (int[]){lwi_aten_id(a, condition)}, m->n_outputs, outs);
    set_graph(a, "then_branch", then->scope->graph);
    set_graph(a, "else_branch", otherwise->scope->graph);
    for (size_t i = 0; i < m->n_pairs && a->b.status == LW_OK; i++) {
        const lwi_ts_pair *p = &m->pairs[i];
        if (p->place < 0) continue;
        const int out = outs[p->place];
        lwi_aten_declare_either(a, out, then->scope, x->outputs[p->place], otherwise->scope,
                                y->outputs[p->place]);
        if (p->list) {
            p->list->rows = lwi_aten_tensor_of(a, out);
            p->list->row = p->row;
            continue;
        }
        *p->to = lwi_ts_plain(is_number_pair(p) ? lwi_aten_number_of(a, out)
                                                : lwi_aten_tensor_of(a, out));
    }
    return a->b.status;
}

lw_status lwi_ts_merge_pairs(lwi_ts_merge *m, const lwi_aten_value *condition, lwi_ts_arm *then,
                             lwi_ts_arm *otherwise) {
    if (!m->n_pairs) return LW_OK;
    LW_TRY(find_side(m, then, 0));
    LW_TRY(find_side(m, otherwise, 1));
    number_pairs(m);
    if (!m->n_outputs) return LW_OK;
    LW_TRY(put_side(m, then, 0));
    LW_TRY(put_side(m, otherwise, 1));
    then->used = otherwise->used = true;
    return make_node(m, condition, then, otherwise);
}
