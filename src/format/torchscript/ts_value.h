/* SPDX-License-Identifier: MIT
 * What a program's variables hold while it is turned into a graph. Tensors and numbers are values
 * of src/aten; lists, dicts and objects exist here only: they are shared and written to as in
 * Python, and none is left in the graph. */
#ifndef LWI_TS_VALUE_H
#define LWI_TS_VALUE_H

#include "aten/aten.h"
#include "format/torchscript/ts_syntax.h"

/* A program that makes longer ones is up to no good. */
enum { LWI_TS_MOST_ITEMS = 1000000, LWI_TS_LONGEST_TEXT = 1 << 16 };

typedef struct lwi_ts_object lwi_ts_object;

typedef enum lwi_ts_value_kind {
    LWI_TS_UNSET, /* a variable that nothing was given to */
    LWI_TS_PLAIN, /* None, tensor, number, string */
    LWI_TS_OBJECT,
    LWI_TS_FUNCTION,
    LWI_TS_CLASS,
    LWI_TS_UNINITIALIZED, /* never looked at in a run: the other side of a return */
    LWI_TS_MIXED /* not the same kind of thing on both ways of a branch: never to be used */
} lwi_ts_value_kind;

typedef struct lwi_ts_value {
    lwi_ts_value_kind kind;
    union {
        lwi_aten_value plain;
        lwi_ts_object *object;
        const lwi_ts_function *function;
        const lwi_ts_class *class;
        const char *why; /* of LWI_TS_MIXED */
    };
} lwi_ts_value;

typedef enum lwi_ts_object_kind {
    LWI_TS_O_LIST,
    LWI_TS_O_TUPLE,
    LWI_TS_O_DICT,
    LWI_TS_O_INSTANCE
} lwi_ts_object_kind;

struct lwi_ts_object {
    lwi_ts_object_kind kind;
    const lwi_ts_class *class; /* of instances and named tuples; NULL */
    lwi_ts_value *items;
    size_t n, cap;
    lwi_ts_value *keys; /* [cap] of dicts and instances */
    size_t cap_keys;
    unsigned branch;     /* that it was last written to in */
    bool mixed;          /* its items are not the same on both ways of a branch */
    size_t first_state;  /* of its attributes in the states, from 1 on; 0: they are not listed */
    bool growing;        /* a loop of unknown length is making it longer */
    lwi_aten_value rows; /* its items along a first axis, where data say how many: items has none */
    lwi_aten_kind row;   /* what such an item is: a tensor or a number */
};

static inline lwi_ts_value lwi_ts_plain(lwi_aten_value v) {
    return (lwi_ts_value){.kind = LWI_TS_PLAIN, .plain = v};
}
static inline lwi_ts_value lwi_ts_none(void) { return lwi_ts_plain(lwi_aten_none()); }
static inline lwi_ts_value lwi_ts_of(lwi_ts_object *object) {
    return (lwi_ts_value){.kind = LWI_TS_OBJECT, .object = object};
}
static inline bool lwi_ts_is_plain(const lwi_ts_value *v, lwi_aten_kind kind) {
    return v->kind == LWI_TS_PLAIN && v->plain.kind == kind;
}
static inline bool lwi_ts_is_none(const lwi_ts_value *v) {
    return lwi_ts_is_plain(v, LWI_ATEN_NONE);
}
static inline bool lwi_ts_is_tensor(const lwi_ts_value *v) {
    return lwi_ts_is_plain(v, LWI_ATEN_TENSOR);
}
static inline bool lwi_ts_is_number(const lwi_ts_value *v) {
    return lwi_ts_is_plain(v, LWI_ATEN_INT) || lwi_ts_is_plain(v, LWI_ATEN_FLOAT) ||
           lwi_ts_is_plain(v, LWI_ATEN_BOOL);
}
/* A number, string or None that is known now. */
static inline bool lwi_ts_is_known(const lwi_ts_value *v) {
    return v->kind == LWI_TS_PLAIN && v->plain.kind != LWI_ATEN_TENSOR && v->plain.id < 0;
}
static inline lwi_ts_object *lwi_ts_object_of(const lwi_ts_value *v, lwi_ts_object_kind kind) {
    return v->kind == LWI_TS_OBJECT && v->object->kind == kind ? v->object : NULL;
}
/* NULL: it can be used. */
static inline const char *lwi_ts_unusable(const lwi_ts_value *v) {
    if (v->kind == LWI_TS_MIXED) return v->why;
    if (v->kind != LWI_TS_OBJECT) return NULL;
    if (v->object->mixed) return "a list is longer on one way of a branch that depends on data";
    if (v->object->growing) return "a list is looked at in the loop that makes it longer";
    return v->object->rows.kind == LWI_ATEN_TENSOR ? "the length of a list depends on data" : NULL;
}
/* A list or a tuple; NULL: something else. */
static inline lwi_ts_object *lwi_ts_sequence(const lwi_ts_value *v) {
    lwi_ts_object *list = lwi_ts_object_of(v, LWI_TS_O_LIST);
    return list ? list : lwi_ts_object_of(v, LWI_TS_O_TUPLE);
}

/* "Tensor", "List", "None" ..., for messages. */
const char *lwi_ts_kind_name(const lwi_ts_value *v);
/* Known values of the same kind that are equal, or the same tensor or object. */
bool lwi_ts_equal(const lwi_ts_value *x, const lwi_ts_value *y);
bool lwi_ts_text_is(const lwi_ts_value *v, const char *text);

struct lwi_ts_interp;
lw_status lwi_ts_new_object(struct lwi_ts_interp *in, lwi_ts_object_kind kind,
                            lwi_ts_object **object);
/* Without the branch's notice: objects that are being made. */
lw_status lwi_ts_add_item(lwi_arena *arena, lwi_ts_object *object, const lwi_ts_value *key,
                          const lwi_ts_value *item);
/* The place of an attribute or key; object->n if there is none. */
size_t lwi_ts_find_key(const lwi_ts_object *object, const lwi_ts_value *key);
size_t lwi_ts_find_attribute(const lwi_ts_object *object, const char *name);

/* As arguments of operators; lists and tuples become lists. */
lw_status lwi_ts_to_aten(lwi_aten *a, const lwi_ts_value *v, lwi_aten_value *to);
lw_status lwi_ts_from_aten(struct lwi_ts_interp *in, const lwi_aten_value *v, lwi_ts_value *to);

#endif
