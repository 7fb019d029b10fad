/* SPDX-License-Identifier: MIT
 * Attributes, subscripts and slices. As in Jinja, x.y is the attribute y or else the item "y", and
 * x["y"] the other way round; what the sandbox forbids is undefined, and an error when used. */
#include "chat/jinja_nodes.h"

#include <string.h>

static const lwi_function *const methods_of[LWI_CYCLER + 1] = {
    [LWI_STR] = lwi_str_methods,     [LWI_LIST] = lwi_list_methods,
    [LWI_TUPLE] = lwi_tuple_methods, [LWI_DICT] = lwi_dict_methods,
    [LWI_LOOP] = lwi_loop_methods,   [LWI_CYCLER] = lwi_cycler_methods};

/* Methods of Python's containers that change them. */
static bool is_forbidden(lwi_val object, lwi_val name) {
    static const char *const of_list[] = {"append", "clear",   "extend", "insert", "pop",
                                          "remove", "reverse", "sort",   NULL};
    static const char *const of_dict[] = {"clear", "pop", "popitem", "setdefault", "update", NULL};
    if (name.size >= 2 && !memcmp(name.text, "__", 2)) return true;
    const bool plain = object.kind == LWI_LIST && object.list->form == LWI_PLAIN;
    const char *const *words = plain ? of_list : object.kind == LWI_DICT ? of_dict : NULL;
    for (; words && *words; words++)
        if (lwi_same_text(name, lwi_word(*words))) return true;
    return false;
}

static lw_status undefined(lwi_jinja *run, lwi_val key, bool unsafe, lwi_val *value) {
    const char *name = NULL;
    if (key.kind == LWI_STR && key.size < 200)
        LW_TRY(lwi_arena_string(&run->arena, key.text, key.size, &name));
    *value = lwi_undefined(name);
    value->unsafe = unsafe && name;
    return LW_OK;
}

/* *found: the object has such an attribute. */
static lw_status own_attribute(lwi_jinja *run, lwi_val object, lwi_val name, lwi_val *value,
                               bool *found) {
    *found = true;
    if (object.kind == LWI_NAMESPACE) {
        const lwi_val *item = lwi_dict_word(object.dict, name.text, name.size);
        *found = item != NULL;
        if (item) *value = *item;
        return LW_OK;
    }
    if (object.kind == LWI_LOOP) {
        LW_TRY(lwi_loop_attribute(run, object.loop, name, value));
        if (value->kind != LWI_UNDEFINED) return LW_OK;
    }
    if (object.kind == LWI_MACRO && lwi_same_text(name, lwi_word("name"))) {
        *value = lwi_word(object.macro->node->name);
        return LW_OK;
    }
    const lwi_function *list = object.kind <= LWI_CYCLER ? methods_of[object.kind] : NULL;
    const lwi_function *function = list ? lwi_find_function(list, name.text, name.size) : NULL;
    *found = function != NULL;
    if (!function) return LW_OK;
    lwi_bound *bound = NULL;
    LW_TRY(lwi_take(run, 1, sizeof *bound, &bound));
    *bound = (lwi_bound){function, object};
    *value = (lwi_val){.kind = LWI_FUNCTION, .bound = bound};
    return LW_OK;
}

static lw_status no_attributes(lwi_val object) {
    if (object.unsafe) return LWI_WRONG("access to attribute '%s' is unsafe", object.text);
    return LWI_WRONG("'%s' is undefined", object.text ? object.text : "a value");
}

/* The item of that key, if the object has items. */
static lw_status own_item(lwi_jinja *run, lwi_val object, lwi_val key, lwi_val *value,
                          bool *found) {
    *found = false;
    if (object.kind == LWI_DICT) {
        if (key.kind == LWI_LIST || key.kind == LWI_DICT) return LW_OK;
        const lwi_val *item;
        LW_TRY(lwi_dict_find(run, object.dict, key, &item));
        *found = item != NULL;
        if (item) *value = *item;
        return LW_OK;
    }
    const bool sequence =
        object.kind == LWI_STR || (lwi_is_list(object) && object.list->form < LWI_VIEW);
    if (!sequence || !lwi_is_whole(key)) return LW_OK;
    size_t n;
    LW_TRY(lwi_length(run, object, &n));
    const int64_t i = lwi_whole(key) < 0 ? lwi_whole(key) + (int64_t)n : lwi_whole(key);
    if (i < 0 || i >= (int64_t)n) return LW_OK;
    *found = true;
    if (object.kind == LWI_STR) {
        const size_t from = lwi_byte_at(object, (size_t)i), to = lwi_byte_at(object, (size_t)i + 1);
        *value = lwi_str(object.text + from, to - from);
    } else {
        *value = object.list->items[i];
    }
    return LW_OK;
}

lw_status lwi_attribute(lwi_jinja *run, lwi_val object, lwi_val name, lwi_val *value) {
    bool found;
    if (object.kind == LWI_UNDEFINED) return no_attributes(object);
    if (is_forbidden(object, name)) return undefined(run, name, true, value);
    LW_TRY(own_attribute(run, object, name, value, &found));
    if (!found) LW_TRY(own_item(run, object, name, value, &found));
    return found ? LW_OK : undefined(run, name, false, value);
}

lw_status lwi_subscript(lwi_jinja *run, lwi_val object, lwi_val key, lwi_val *value) {
    bool found;
    if (object.kind == LWI_UNDEFINED) return no_attributes(object);
    LW_TRY(own_item(run, object, key, value, &found));
    if (found) return LW_OK;
    if (key.kind == LWI_STR) {
        if (is_forbidden(object, key)) return undefined(run, key, true, value);
        LW_TRY(own_attribute(run, object, key, value, &found));
    }
    return found ? LW_OK : undefined(run, key, false, value);
}

/* -------------------------------------------------------------------- slices */

typedef struct slice {
    int64_t start, stop, step;
} slice;

static lw_status bound(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, int64_t missing,
                       int64_t *n, bool *given) {
    lwi_val v = lwi_none();
    if (node) LW_TRY(lwi_evaluate(run, scope, node, &v));
    *given = v.kind != LWI_NONE;
    if (*given && !lwi_is_whole(v)) return LWI_WRONG("slice indices must be integers or None");
    *n = *given ? lwi_whole(v) : missing;
    return LW_OK;
}

/* Within 0..n, or -1..n-1 when going backwards, as Python's slice.indices. */
static int64_t clip(int64_t i, int64_t n, bool backwards) {
    if (i < 0) i += n;
    if (i < 0) return backwards ? -1 : 0;
    return i >= n ? backwards ? n - 1 : n : i;
}

static lw_status bounds(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, int64_t n,
                        slice *s) {
    bool given;
    LW_TRY(bound(run, scope, node->d, 1, &s->step, &given));
    if (s->step == 0) return LWI_WRONG("slice step cannot be zero");
    if (s->step < -INT32_MAX) s->step = -INT32_MAX; /* lists are shorter */
    if (s->step > INT32_MAX) s->step = INT32_MAX;
    const bool back = s->step < 0;
    LW_TRY(bound(run, scope, node->b, 0, &s->start, &given));
    s->start = given ? clip(s->start, n, back) : back ? n - 1 : 0;
    LW_TRY(bound(run, scope, node->c, 0, &s->stop, &given));
    s->stop = given ? clip(s->stop, n, back) : back ? -1 : n;
    return LW_OK;
}

static lw_status slice_text(lwi_jinja *run, lwi_val text, const slice *s, lwi_val *value) {
    if (s->step == 1) {
        const size_t from = lwi_byte_at(text, (size_t)s->start);
        const size_t to = s->stop > s->start ? lwi_byte_at(text, (size_t)s->stop) : from;
        *value = lwi_str(text.text + from, to - from);
        return LW_OK;
    }
    lwi_list letters;
    lwi_text out = {.run = run};
    LW_TRY(lwi_iterate(run, text, &letters));
    for (int64_t i = s->start; s->step > 0 ? i < s->stop : i > s->stop; i += s->step)
        LW_TRY(lwi_put(&out, letters.items[i].text, letters.items[i].size));
    *value = lwi_text_value(&out);
    return LW_OK;
}

lw_status lwi_slice(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val object,
                    lwi_val *value) {
    size_t n = 0;
    slice s;
    if (object.kind == LWI_UNDEFINED) return no_attributes(object);
    const bool text = object.kind == LWI_STR;
    if (!text && !(lwi_is_list(object) && object.list->form < LWI_VIEW))
        return LWI_WRONG("'%s' object cannot be sliced", lwi_type_name(object));
    LW_TRY(lwi_length(run, object, &n));
    LW_TRY(bounds(run, scope, node, (int64_t)n, &s));
    if (text) {
        LW_TRY(slice_text(run, object, &s, value));
        value->safe = object.safe;
        return LW_OK;
    }
    LW_TRY(lwi_new_list(run, object.kind, LWI_PLAIN, value));
    for (int64_t i = s.start; s.step > 0 ? i < s.stop : i > s.stop; i += s.step)
        LW_TRY(lwi_append(run, value->list, object.list->items[i]));
    return LW_OK;
}
