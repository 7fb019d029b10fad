/* SPDX-License-Identifier: MIT
 * What data.pkl and constants.pkl hold: modules with their attributes, tensors, lists. The names
 * that a pickle may call are those below; what else it calls is not looked at before the program
 * uses it, and then refused. */
#include "format/torchscript/ts_archive.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH = 300 };

/* -------------------------------------------------------------------- shared */

static size_t place_of(const lwi_ts_module_reader *r, const lwi_pickle_item *item) {
    size_t i = ((uintptr_t)item >> 4) * 0x9e3779b97f4a7c15u & (r->cap_made - 1);
    while (r->made[i].item && r->made[i].item != item)
        i = (i + 1) & (r->cap_made - 1);
    return i;
}

static lw_status remember(lwi_ts_module_reader *r, const lwi_pickle_item *item,
                          const lwi_ts_value *v) {
    if (r->n_made * 2 >= r->cap_made) {
        lwi_ts_module_reader bigger = *r;
        bigger.cap_made = r->cap_made ? r->cap_made * 2 : 256;
        LW_TRY(lwi_arena_alloc(r->in->memory, bigger.cap_made, sizeof *r->made, &bigger.made));
        for (size_t i = 0; i < r->cap_made; i++)
            if (r->made[i].item) bigger.made[place_of(&bigger, r->made[i].item)] = r->made[i];
        *r = bigger;
    }
    struct lwi_ts_made *made = &r->made[place_of(r, item)];
    r->n_made += !made->item;
    *made = (struct lwi_ts_made){item, *v};
    return LW_OK;
}

static lw_status unsupported(lwi_ts_module_reader *r, const char *what, const char *name,
                             lwi_ts_value *v) {
    char text[160];
    snprintf(text, sizeof text, "%s '%.80s' of the file is not supported", what, name);
    *v = (lwi_ts_value){.kind = LWI_TS_MIXED};
    return lwi_arena_string(r->in->memory, text, strlen(text), &v->why);
}

/* ------------------------------------------------------------------- tensors */

static lw_status read_tensor(lwi_ts_module_reader *r, const lwi_pickle_item *args,
                             lwi_ts_value *v) {
    lwi_stored_tensor t;
    const uint8_t *data = NULL;
    lw_status status = lwi_ts_read_tensor_record(args, &t);
    if (status == LW_OK) status = lwi_ts_tensor_data(r->archive, r->folder, &t, &data);
    if (status == LW_UNSUPPORTED) return unsupported(r, "a tensor", lw_last_error(), v);
    LW_TRY(status);
    *v = lwi_ts_plain(lwi_aten_constant(r->in->aten, t.dtype, t.rank, t.dims, data));
    return r->in->aten->b.status;
}

/* ---------------------------------------------------------------- containers */

static lw_status add_items(lwi_ts_module_reader *r, const lwi_pickle_item *item, lwi_ts_object *o) {
    const bool dict = item->kind == LWI_PICKLE_DICT;
    for (size_t i = 0; i < item->n; i += dict ? 2 : 1) {
        lwi_ts_value key, value;
        if (dict) LW_TRY(lwi_ts_unpickle(r, item->items[i], &key));
        LW_TRY(lwi_ts_unpickle(r, item->items[i + dict], &value));
        LW_TRY(lwi_ts_add_item(r->in->memory, o, dict ? &key : NULL, &value));
    }
    return LW_OK;
}

static lw_status new_container(lwi_ts_module_reader *r, const lwi_pickle_item *item,
                               lwi_ts_object_kind kind, lwi_ts_value *v) {
    lwi_ts_object *o = NULL;
    LW_TRY(lwi_ts_new_object(r->in, kind, &o));
    *v = lwi_ts_of(o);
    LW_TRY(remember(r, item, v)); /* it may hold itself */
    return add_items(r, item, o);
}

/* -------------------------------------------------------------------- calls */

/* An object of a class of the program. Its state is the attributes, or goes to __setstate__. */
static lw_status read_instance(lwi_ts_module_reader *r, const lwi_pickle_item *item,
                               const lwi_ts_class *class, lwi_ts_value *v) {
    lwi_ts_object *o = NULL;
    lwi_ts_value state, nothing;
    const lwi_pickle_item *from = item->state;
    LW_TRY(lwi_ts_new_object(r->in, LWI_TS_O_INSTANCE, &o));
    o->class = class;
    *v = lwi_ts_of(o);
    LW_TRY(remember(r, item, v));
    const lwi_ts_function *set = lwi_ts_find_method(class, "__setstate__");
    if (!from) return LW_OK;
    if (!set && from->kind == LWI_PICKLE_DICT) return add_items(r, from, o);
    if (!set) return lwi_fail(LW_CORRUPT, "an object of '%s' has no attributes", class->name);
    LW_TRY(lwi_ts_unpickle(r, from, &state));
    return lwi_ts_invoke(r->in, set, v, &(lwi_ts_call){"__setstate__", &state, NULL, 1}, &nothing);
}

static lw_status read_dict(lwi_ts_module_reader *r, const lwi_pickle_item *item, lwi_ts_value *v) {
    lwi_ts_object *o = NULL;
    LW_TRY(lwi_ts_new_object(r->in, LWI_TS_O_DICT, &o));
    *v = lwi_ts_of(o);
    LW_TRY(remember(r, item, v));
    for (size_t i = 2; i < item->n; i++)
        if (item->items[i]->kind == LWI_PICKLE_DICT) LW_TRY(add_items(r, item->items[i], o));
    return LW_OK;
}

/* "module name" as the program writes it: "module.name". */
static const lwi_ts_class *class_of(const lwi_ts_module_reader *r, const lwi_pickle_item *global) {
    char name[512];
    const char *space = strchr(global->text.data, ' ');
    if (!space || global->text.size >= sizeof name) return NULL;
    snprintf(name, sizeof name, "%.*s.%s", (int)(space - global->text.data), global->text.data,
             space + 1);
    return lwi_ts_find_class(&r->archive->program, name);
}

static lw_status read_call(lwi_ts_module_reader *r, const lwi_pickle_item *item, lwi_ts_value *v) {
    static const char *const same[] = {
        "torch.jit._pickle restore_type_tag", "torch.jit._pickle build_intlist",
        "torch.jit._pickle build_tensorlist", "torch.jit._pickle build_doublelist",
        "torch.jit._pickle build_boollist",   "torch device",
        "torch._utils _rebuild_parameter"};
    const lwi_pickle_item *f = item->items[0], *args = item->items[1];
    if (f->kind != LWI_PICKLE_GLOBAL) return lwi_fail(LW_CORRUPT, "a pickle calls no function");
    if (lwi_pickle_is(f, "torch._utils _rebuild_tensor_v2")) return read_tensor(r, args, v);
    if (lwi_pickle_is(f, "collections OrderedDict")) return read_dict(r, item, v);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (lwi_pickle_is(f, same[i]) && args->n > 0) return lwi_ts_unpickle(r, args->items[0], v);
    const lwi_ts_class *class = class_of(r, f);
    if (class && !strcmp(class->base, "Enum") && args->n == 1)
        return lwi_ts_unpickle(r, args->items[0], v);
    if (class) return read_instance(r, item, class, v);
    return unsupported(r, "an object", f->text.data, v);
}

static lw_status read_new(lwi_ts_module_reader *r, const lwi_pickle_item *item, lwi_ts_value *v) {
    switch (item->kind) {
    case LWI_PICKLE_BOOL:
        *v = lwi_ts_plain(lwi_aten_bool(item->b));
        return LW_OK;
    case LWI_PICKLE_INT:
        *v = lwi_ts_plain(lwi_aten_int(item->i));
        return LW_OK;
    case LWI_PICKLE_FLOAT:
        *v = lwi_ts_plain(lwi_aten_float(item->f));
        return LW_OK;
    case LWI_PICKLE_STRING:
        *v = lwi_ts_plain(lwi_aten_string(item->text));
        return LW_OK;
    case LWI_PICKLE_LIST:
        return new_container(r, item, LWI_TS_O_LIST, v);
    case LWI_PICKLE_TUPLE:
        return new_container(r, item, LWI_TS_O_TUPLE, v);
    case LWI_PICKLE_DICT:
        return new_container(r, item, LWI_TS_O_DICT, v);
    case LWI_PICKLE_CALL:
        return read_call(r, item, v);
    case LWI_PICKLE_GLOBAL:
        return unsupported(r, "an object", item->text.data, v);
    case LWI_PICKLE_NONE:
        *v = lwi_ts_none();
        return LW_OK;
    default:
        return unsupported(r, "a value", "of a kind that modules do not have", v);
    }
}

lw_status lwi_ts_unpickle(lwi_ts_module_reader *r, const lwi_pickle_item *item, lwi_ts_value *v) {
    if (r->cap_made) {
        const struct lwi_ts_made *made = &r->made[place_of(r, item)];
        if (made->item) {
            *v = made->value;
            return LW_OK;
        }
    }
    if (++r->depth > DEPTH) return lwi_fail(LW_LIMIT, "the file's objects are nested too deeply");
    LW_TRY(read_new(r, item, v));
    r->depth--;
    return remember(r, item, v);
}
