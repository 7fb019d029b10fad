/* SPDX-License-Identifier: MIT */
#include "format/torchscript/ts_interp.h"

#include "aten/lower.h"

#include <string.h>

const char *lwi_ts_kind_name(const lwi_ts_value *v) {
    static const char *const plain[] = {"None", "Tensor", "int", "float", "bool", "str", "List"};
    static const char *const objects[] = {"List", "Tuple", "Dict", "object"};
    if (v->kind == LWI_TS_PLAIN) return plain[v->plain.kind];
    if (v->kind == LWI_TS_OBJECT) return objects[v->object->kind];
    if (v->kind == LWI_TS_FUNCTION) return "function";
    return v->kind == LWI_TS_CLASS ? "class" : "nothing";
}

static bool equal_plain(const lwi_aten_value *x, const lwi_aten_value *y) {
    if (x->kind != y->kind || x->id != y->id) return false;
    if (x->id >= 0) return x->graph == y->graph;
    switch (x->kind) {
    case LWI_ATEN_TENSOR:
        return x->tensor == y->tensor;
    case LWI_ATEN_INT:
        return x->i == y->i;
    case LWI_ATEN_FLOAT:
        return x->f == y->f || (x->f != x->f && y->f != y->f);
    case LWI_ATEN_BOOL:
        return x->b == y->b;
    case LWI_ATEN_STRING:
        return x->s.size == y->s.size && !memcmp(x->s.data, y->s.data, x->s.size);
    default:
        return x->kind == LWI_ATEN_NONE;
    }
}

bool lwi_ts_equal(const lwi_ts_value *x, const lwi_ts_value *y) {
    if (x->kind != y->kind) return false;
    if (x->kind == LWI_TS_PLAIN) return equal_plain(&x->plain, &y->plain);
    if (x->kind == LWI_TS_OBJECT) return x->object == y->object;
    if (x->kind == LWI_TS_FUNCTION) return x->function == y->function;
    return x->kind == LWI_TS_CLASS ? x->class == y->class : true;
}

bool lwi_ts_text_is(const lwi_ts_value *v, const char *text) {
    return v->kind == LWI_TS_PLAIN && lwi_aten_is(&v->plain, text);
}

lw_status lwi_ts_new_object(lwi_ts_interp *in, lwi_ts_object_kind kind, lwi_ts_object **object) {
    LW_TRY(lwi_arena_alloc(in->memory, 1, sizeof **object, object));
    (*object)->kind = kind;
    (*object)->branch = in->branch; /* which need not bring it back */
    return LW_OK;
}

lw_status lwi_ts_add_item(lwi_arena *arena, lwi_ts_object *o, const lwi_ts_value *key,
                          const lwi_ts_value *item) {
    if (o->n == LWI_TS_MOST_ITEMS) return lwi_fail(LW_LIMIT, "a list of too many items");
    LW_TRY(lwi_arena_grow(arena, &o->items, &o->cap, o->n + 1, sizeof *o->items));
    if (key) LW_TRY(lwi_arena_grow(arena, &o->keys, &o->cap_keys, o->n + 1, sizeof *o->keys));
    if (key) o->keys[o->n] = *key;
    o->items[o->n++] = *item;
    return LW_OK;
}

size_t lwi_ts_find_key(const lwi_ts_object *o, const lwi_ts_value *key) {
    size_t i = 0;
    while (i < o->n && !lwi_ts_equal(&o->keys[i], key))
        i++;
    return i;
}

size_t lwi_ts_find_attribute(const lwi_ts_object *o, const char *name) {
    size_t i = 0;
    while (i < o->n && !lwi_ts_text_is(&o->keys[i], name))
        i++;
    return i;
}

static lw_status list_to_aten(lwi_aten *a, const lwi_ts_object *list, int depth,
                              lwi_aten_value *to);

enum { LIST_DEPTH = 8 };

static lw_status to_aten(lwi_aten *a, const lwi_ts_value *v, int depth, lwi_aten_value *to) {
    const lwi_ts_object *list = lwi_ts_sequence(v);
    if (lwi_ts_unusable(v)) return lwi_fail(LW_UNSUPPORTED, "%s", lwi_ts_unusable(v));
    if (list && depth < LIST_DEPTH) return list_to_aten(a, list, depth + 1, to);
    if (v->kind != LWI_TS_PLAIN)
        return lwi_fail(LW_UNSUPPORTED, "an operator is given %s", lwi_ts_kind_name(v));
    *to = v->plain;
    return LW_OK;
}

static lw_status list_to_aten(lwi_aten *a, const lwi_ts_object *list, int depth,
                              lwi_aten_value *to) {
    lwi_aten_value *items = NULL;
    LW_TRY(lwi_arena_alloc(&a->b.network->arena, list->n, sizeof *items, &items));
    for (size_t i = 0; i < list->n; i++)
        LW_TRY(to_aten(a, &list->items[i], depth, &items[i]));
    *to = (lwi_aten_value){.kind = LWI_ATEN_LIST, .id = -1};
    to->list.items = items;
    to->list.n = list->n;
    return LW_OK;
}

lw_status lwi_ts_to_aten(lwi_aten *a, const lwi_ts_value *v, lwi_aten_value *to) {
    return to_aten(a, v, 0, to);
}

lw_status lwi_ts_from_aten(lwi_ts_interp *in, const lwi_aten_value *v, lwi_ts_value *to) {
    *to = lwi_ts_plain(*v);
    if (v->kind != LWI_ATEN_LIST) return LW_OK;
    lwi_ts_object *list = NULL;
    LW_TRY(lwi_ts_new_object(in, LWI_TS_O_LIST, &list));
    *to = lwi_ts_of(list);
    for (size_t i = 0; i < v->list.n; i++) {
        lwi_ts_value item;
        LW_TRY(lwi_ts_from_aten(in, &v->list.items[i], &item));
        LW_TRY(lwi_ts_add_item(in->memory, list, NULL, &item));
    }
    return LW_OK;
}
