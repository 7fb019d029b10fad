/* SPDX-License-Identifier: MIT
 * isinstance: types are the expressions that name them. */
#include "format/torchscript/ts_interp.h"

#include <string.h>

static lw_status is_of(lwi_ts_interp *in, const lwi_ts_value *v, const lwi_ts_expr *type, bool *is);

/* Of one of the types of a tuple, or of Union[...] and Optional[...]. */
static lw_status is_of_any(lwi_ts_interp *in, const lwi_ts_value *v, const lwi_ts_expr *types,
                           bool *is) {
    if (types->kind != LWI_TS_TUPLE) return is_of(in, v, types, is);
    for (size_t i = 0; i < types->n_items && !*is; i++)
        LW_TRY(is_of(in, v, types->items[i], is));
    return LW_OK;
}

static lw_status is_simple(const lwi_ts_value *v, const char *name, bool *is) {
    static const char *const names[] = {"NoneType", "Tensor", "int", "float", "bool", "str"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i])) {
            *is = lwi_ts_is_plain(v, (lwi_aten_kind)i);
            return LW_OK;
        }
    if (!strcmp(name, "Device")) *is = lwi_ts_is_plain(v, LWI_ATEN_STRING);
    else if (!strcmp(name, "number")) *is = lwi_ts_is_number(v);
    else if (!strcmp(name, "Any")) *is = true;
    else if (!strcmp(name, "list")) *is = lwi_ts_object_of(v, LWI_TS_O_LIST) != NULL;
    else if (!strcmp(name, "tuple")) *is = lwi_ts_object_of(v, LWI_TS_O_TUPLE) != NULL;
    else return lwi_fail(LW_UNSUPPORTED, "isinstance with the type '%.100s'", name);
    return LW_OK;
}

/* The items of a container; an empty one is of every type. */
static lw_status are_of(lwi_ts_interp *in, const lwi_ts_object *o, const lwi_ts_expr *type,
                        bool *is) {
    const bool tuple = o->kind == LWI_TS_O_TUPLE && type->kind == LWI_TS_TUPLE;
    *is = !tuple || type->n_items == o->n;
    for (size_t i = 0; i < o->n && *is; i++) {
        const lwi_ts_expr *item = tuple ? type->items[i] : type;
        *is = false;
        LW_TRY(is_of(in, &o->items[i], item, is));
        if (o->kind == LWI_TS_O_LIST) break; /* all are of one type */
    }
    return LW_OK;
}

static lw_status is_generic(lwi_ts_interp *in, const lwi_ts_value *v, const lwi_ts_expr *type,
                            bool *is) {
    const char *name = type->items[0]->kind == LWI_TS_NAME ? type->items[0]->name : "";
    const lwi_ts_expr *inner = type->items[1];
    const lwi_ts_object *o = NULL;
    if (!strcmp(name, "Optional")) {
        *is = lwi_ts_is_none(v);
        return *is ? LW_OK : is_of_any(in, v, inner, is);
    }
    if (!strcmp(name, "Union")) return is_of_any(in, v, inner, is);
    if (!strcmp(name, "List")) o = lwi_ts_object_of(v, LWI_TS_O_LIST);
    else if (!strcmp(name, "Tuple")) o = lwi_ts_object_of(v, LWI_TS_O_TUPLE);
    else if (!strcmp(name, "Dict")) {
        o = lwi_ts_object_of(v, LWI_TS_O_DICT);
        if (inner->kind == LWI_TS_TUPLE && inner->n_items == 2) inner = inner->items[1];
    } else return lwi_fail(LW_UNSUPPORTED, "isinstance with the type '%.100s'", name);
    return o ? are_of(in, o, inner, is) : LW_OK;
}

static lw_status is_of(lwi_ts_interp *in, const lwi_ts_value *v, const lwi_ts_expr *type,
                       bool *is) {
    char name[512];
    if (type->kind == LWI_TS_TUPLE) return is_of_any(in, v, type, is);
    if (type->kind == LWI_TS_INDEX) return is_generic(in, v, type, is);
    if (type->kind == LWI_TS_NAME) return is_simple(v, type->name, is);
    if (type->kind == LWI_TS_NONE) return is_simple(v, "NoneType", is);
    if (!lwi_ts_dotted(type, name, sizeof name)) return lwi_fail(LW_CORRUPT, "no type");
    *is = v->kind == LWI_TS_OBJECT && v->object->class && !strcmp(v->object->class->name, name);
    return LW_OK;
}

lw_status lwi_ts_isinstance(lwi_ts_interp *in, const lwi_ts_value *v, const lwi_ts_expr *type,
                            bool *is) {
    *is = false;
    return is_of(in, v, type, is);
}
