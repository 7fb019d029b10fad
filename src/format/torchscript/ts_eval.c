/* SPDX-License-Identifier: MIT
 * Expressions that are no calls. */
#include "format/torchscript/ts_states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVAL_DEPTH = 3000 };

bool lwi_ts_dotted(const lwi_ts_expr *e, char *text, size_t size) {
    if (e->kind == LWI_TS_NAME && e->slot < 0) {
        snprintf(text, size, "%s", e->name);
        return strlen(e->name) < size;
    }
    if (e->kind != LWI_TS_ATTR || !lwi_ts_dotted(e->items[0], text, size)) return false;
    const size_t n = strlen(text);
    snprintf(text + n, size - n, ".%s", e->name);
    return n + 1 + strlen(e->name) < size;
}

/* -------------------------------------------------------------- attributes */

/* Of a class: a method bound to nothing, a constant (Final), a member of an enumeration. */
static lw_status class_attribute(lwi_ts_interp *in, const lwi_ts_class *class, const char *name,
                                 lwi_ts_value *v) {
    for (size_t i = 0; i < class->n_attributes; i++)
        if (!strcmp(class->attributes[i].name, name) && class->attributes[i].value)
            return lwi_ts_eval(in, class->attributes[i].value, v);
    return lwi_fail(LW_CORRUPT, "'%s' has no attribute '%.100s'", class->name, name);
}

/* Names of attributes of named tuples are those of the class in its order. */
static size_t tuple_field(const lwi_ts_object *o, const char *name) {
    size_t i = 0;
    while (i < o->class->n_attributes && strcmp(o->class->attributes[i].name, name) != 0)
        i++;
    return i < o->n ? i : o->n;
}

/* x.shape and the like, which old files and some new ones have. */
static lw_status tensor_attribute(lwi_ts_interp *in, const lwi_ts_value *object, const char *name,
                                  lwi_ts_value *v) {
    char prim[64];
    snprintf(prim, sizeof prim, "prim::%.50s", name);
    return lwi_ts_torch(in, &(lwi_ts_call){prim, object, NULL, 1}, v);
}

lw_status lwi_ts_get_attribute(lwi_ts_interp *in, const lwi_ts_value *object, const char *name,
                               lwi_ts_value *v) {
    if (lwi_ts_is_tensor(object)) return tensor_attribute(in, object, name, v);
    if (object->kind == LWI_TS_PLAIN && !strcmp(name, "value")) {
        *v = *object; /* a member of an enumeration is its value here */
        return LW_OK;
    }
    if (object->kind == LWI_TS_CLASS) return class_attribute(in, object->class, name, v);
    if (object->kind != LWI_TS_OBJECT)
        return lwi_fail(LW_CORRUPT, "%s has no attribute '%.100s'", lwi_ts_kind_name(object), name);
    const lwi_ts_object *o = object->object;
    size_t i = o->n;
    if (o->kind == LWI_TS_O_INSTANCE) i = lwi_ts_find_attribute(o, name);
    else if (o->kind == LWI_TS_O_TUPLE && o->class) i = tuple_field(o, name);
    if (i < o->n) {
        *v = o->items[i];
        return LW_OK;
    }
    if (o->class) return class_attribute(in, o->class, name, v);
    return lwi_fail(LW_CORRUPT, "%s has no attribute '%.100s'", lwi_ts_kind_name(object), name);
}

lw_status lwi_ts_set_attribute(lwi_ts_interp *in, const lwi_ts_value *object, const char *name,
                               const lwi_ts_value *v) {
    lwi_ts_object *o = lwi_ts_object_of(object, LWI_TS_O_INSTANCE);
    if (!o)
        return lwi_fail(LW_CORRUPT, "%s has no attribute '%.100s' that could be set",
                        lwi_ts_kind_name(object), name);
    LW_TRY(lwi_ts_touch(in, o));
    const size_t i = lwi_ts_find_attribute(o, name);
    if (i < o->n) {
        o->items[i] = *v;
        if (in->states) lwi_ts_note_set(in->states, o, i);
        return LW_OK;
    }
    const lwi_ts_value key = lwi_ts_plain(lwi_aten_string((lw_string){name, strlen(name)}));
    return lwi_ts_add_item(in->memory, o, &key, v);
}

/* CONSTANTS.c3; those of rank 0 are numbers of the Python program that was traced, and PyTorch
 * takes them for such wherever they come from. */
static lw_status constant(const lwi_ts_interp *in, const char *name, lwi_ts_value *v) {
    char *end = NULL;
    const unsigned long i = *name == 'c' ? strtoul(name + 1, &end, 10) : 0;
    if (!end || *end || !in->constants || i >= in->constants->n)
        return lwi_fail(LW_CORRUPT, "there is no constant '%.40s'", name);
    *v = in->constants->items[i];
    if (v->kind == LWI_TS_PLAIN && v->plain.kind == LWI_ATEN_TENSOR)
        v->plain.as_number = lwi_aten_rank(in->aten, lwi_aten_id(in->aten, &v->plain)) == 0;
    return LW_OK;
}

static lw_status global(lwi_ts_interp *in, const char *name, lwi_ts_value *v) {
    static const struct {
        const char *name;
        double value;
    } numbers[] = {{"inf", __builtin_inf()}, {"infj", __builtin_inf()}, {"nan", __builtin_nan("")}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!strcmp(name, numbers[i].name)) {
            *v = lwi_ts_plain(lwi_aten_float(numbers[i].value));
            return LW_OK;
        }
    if (!strncmp(name, "CONSTANTS.", 10)) return constant(in, name + 10, v);
    *v = (lwi_ts_value){.kind = LWI_TS_FUNCTION,
                        .function = lwi_ts_find_function(in->program, name)};
    if (v->function) return LW_OK;
    *v = (lwi_ts_value){.kind = LWI_TS_CLASS, .class = lwi_ts_find_class(in->program, name)};
    if (v->class) return LW_OK;
    const char *dot = strrchr(name, '.');
    if (dot) { /* a member of an enumeration */
        char around[256];
        snprintf(around, sizeof around, "%.*s", (int)(dot - name), name);
        v->class = lwi_ts_find_class(in->program, around);
        if (v->class) return class_attribute(in, v->class, dot + 1, v);
    }
    return lwi_fail(LW_UNSUPPORTED, "'%.200s' is not defined", name);
}

static lw_status eval_name(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v) {
    if (e->slot < 0) return global(in, e->name, v);
    if (!in->frame || (size_t)e->slot >= in->frame->n_slots)
        return lwi_fail(LW_CORRUPT, "'%s' is no constant", e->name);
    *v = in->frame->slots[e->slot];
    if (v->kind == LWI_TS_UNSET)
        return lwi_fail(LW_CORRUPT, "'%s' is used before it is set", e->name);
    return LW_OK;
}

static lw_status eval_attribute(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v) {
    char name[512];
    lwi_ts_value object;
    if (lwi_ts_dotted(e, name, sizeof name)) return global(in, name, v);
    LW_TRY(lwi_ts_eval(in, e->items[0], &object));
    return lwi_ts_get_attribute(in, &object, e->name, v);
}

/* -------------------------------------------------------------- containers */

static lw_status eval_items(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_object_kind kind,
                            lwi_ts_value *v) {
    lwi_ts_object *o = NULL;
    lwi_ts_value item, key;
    LW_TRY(lwi_ts_new_object(in, kind, &o));
    for (size_t i = 0; i < e->n_items; i++) {
        const bool pair = kind == LWI_TS_O_DICT;
        if (pair) LW_TRY(lwi_ts_eval(in, e->items[i++], &key));
        LW_TRY(lwi_ts_eval(in, e->items[i], &item));
        LW_TRY(lwi_ts_add_item(in->memory, o, pair ? &key : NULL, &item));
    }
    *v = lwi_ts_of(o);
    return LW_OK;
}

static lw_status eval_index(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v) {
    lwi_ts_value args[2];
    LW_TRY(lwi_ts_eval(in, e->items[0], &args[0]));
    LW_TRY(lwi_ts_eval(in, e->items[1], &args[1]));
    return lwi_ts_torch(in, &(lwi_ts_call){"__getitem__", args, NULL, 2}, v);
}

static lw_status eval_slice(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v) {
    lwi_ts_value args[4];
    for (int i = 0; i < 4; i++) {
        args[i] = i == 3 ? lwi_ts_plain(lwi_aten_int(1)) : lwi_ts_none();
        if (e->items[i]) LW_TRY(lwi_ts_eval(in, e->items[i], &args[i]));
    }
    return lwi_ts_torch(in, &(lwi_ts_call){"slice", args, NULL, 4}, v);
}

static lw_status eval_ternary(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v) {
    lwi_ts_value c;
    LW_TRY(lwi_ts_eval(in, e->items[0], &c));
    if (!lwi_ts_is_known(&c) || c.plain.kind != LWI_ATEN_BOOL)
        return lwi_fail(LW_UNSUPPORTED, "a condition inside an expression depends on data");
    return lwi_ts_eval(in, e->items[c.plain.b ? 1 : 2], v);
}

static lw_status eval_by_kind(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v) {
    switch (e->kind) {
    case LWI_TS_NAME:
        return eval_name(in, e, v);
    case LWI_TS_INT:
        *v = lwi_ts_plain(lwi_aten_int(e->i));
        return LW_OK;
    case LWI_TS_FLOAT:
        *v = lwi_ts_plain(lwi_aten_float(e->f));
        return LW_OK;
    case LWI_TS_IMAGINARY:
        *v = lwi_ts_plain(lwi_aten_complex_number(in->aten, 0, e->f));
        return in->aten->b.status;
    case LWI_TS_STRING:
        *v = lwi_ts_plain(lwi_aten_string(e->text));
        return LW_OK;
    case LWI_TS_TRUE:
    case LWI_TS_FALSE:
        *v = lwi_ts_plain(lwi_aten_bool(e->kind == LWI_TS_TRUE));
        return LW_OK;
    case LWI_TS_LIST:
        return eval_items(in, e, LWI_TS_O_LIST, v);
    case LWI_TS_TUPLE:
        return eval_items(in, e, LWI_TS_O_TUPLE, v);
    case LWI_TS_DICT:
        return eval_items(in, e, LWI_TS_O_DICT, v);
    case LWI_TS_ATTR:
        return eval_attribute(in, e, v);
    case LWI_TS_CALL:
        return lwi_ts_eval_call(in, e, v);
    case LWI_TS_INDEX:
        return eval_index(in, e, v);
    case LWI_TS_SLICE:
        return eval_slice(in, e, v);
    case LWI_TS_TERNARY:
        return eval_ternary(in, e, v);
    default:
        *v = lwi_ts_none();
        return LW_OK;
    }
}

lw_status lwi_ts_eval(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v) {
    if (++in->depth > EVAL_DEPTH) return lwi_fail(LW_LIMIT, "the program is nested too deeply");
    *v = lwi_ts_none();
    const lw_status status = eval_by_kind(in, e, v);
    in->depth--;
    return status;
}
