/* SPDX-License-Identifier: MIT */
#include "format/torchscript/ts_merge.h"

#include "aten/lower.h"

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

static lw_status merge_items(lwi_ts_merge *m, const lwi_ts_object *x, const lwi_ts_object *y,
                             lwi_ts_value *to) {
    static const lwi_ts_value nothing = {.kind = LWI_TS_UNINITIALIZED};
    const lwi_ts_object *o = x ? x : y;
    lwi_ts_object *merged = NULL;
    for (size_t i = 0; i < m->n_objects; i++)
        if (m->objects[i].sides[0] == x && m->objects[i].sides[1] == y) {
            *to = lwi_ts_of(m->objects[i].merged);
            return LW_OK;
        }
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
    if (x->kind == LWI_TS_OBJECT && y->kind == LWI_TS_OBJECT && same_form(x->object, y->object))
        return merge_items(m, x->object, y->object, to);
    return mixed(m, x, y, to);
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

/* The first side that is there says what the other must be. */
static void note_type(lwi_aten *a, lwi_ts_pair *p, int side) {
    const int id = p->ids[side], rank = lwi_aten_rank(a, id);
    const lw_dtype dtype = lwi_aten_dtype(a, id);
    static const char text[] = "a tensor has one type or rank on one way of a branch that depends "
                               "on data, and another on the other";
    if (p->dtype != LW_DTYPE_NONE && (p->dtype != dtype || p->rank != rank)) {
        *p->to = (lwi_ts_value){.kind = LWI_TS_MIXED, .why = text};
        p->place = -1;
    }
    p->dtype = dtype;
    p->rank = rank;
    for (int d = 0; d < rank; d++)
        p->dims[d] = lwi_aten_example_dim(a, id, d);
}

/* The values of one side, in its graph. */
static lw_status find_side(lwi_ts_merge *m, lwi_ts_arm *arm, int side) {
    lwi_aten *a = m->in->aten;
    lwi_aten_resume(a, arm->scope);
    for (size_t i = 0; i < m->n_pairs; i++) {
        lwi_ts_pair *p = &m->pairs[i];
        const lwi_ts_value *v = &p->sides[side];
        p->ids[side] = -1;
        if (v->kind == LWI_TS_UNINITIALIZED) continue;
        p->ids[side] = is_number_pair(p) ? lwi_aten_scalar(a, &v->plain, number_type(p))
                                         : lwi_aten_id(a, &v->plain);
        note_type(a, p, side);
    }
    (void)lwi_aten_pause(a);
    return a->b.status;
}

/* Something of the other side's type, which is never looked at. */
static int fill_side(lwi_aten *a, const lwi_ts_pair *p) {
    const int zero = lwi_aten_fill(a, p->dtype, 0);
    if (p->rank == 0) return zero;
    return NODE(a, "Expand", zero, lwi_build_ints(&a->b, (size_t)p->rank, p->dims));
}

static void put_output(lwi_aten *a, const lwi_ts_pair *p, int side, const char *name) {
    lwi_graph *g = a->b.graph;
    lwi_build_output(&a->b, p->ids[side], name);
    if (a->b.status == LW_OK) g->slots[g->outputs[g->n_outputs - 1]].type.dtype = p->dtype;
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
