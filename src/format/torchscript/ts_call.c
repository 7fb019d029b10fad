/* SPDX-License-Identifier: MIT
 * Calls: of the program's functions and methods, of classes, of operators, and of the few names
 * that are part of the language. */
#include "format/torchscript/ts_rows.h"

#include <stdio.h>
#include <string.h>

/* --------------------------------------------------------------- functions */

/* The argument for a parameter: by keyword, by place, or its default. */
static lw_status bind_param(lwi_ts_interp *in, const lwi_ts_function *f, const lwi_ts_param *p,
                            size_t place, const lwi_ts_call *call, lwi_ts_value *v) {
    for (size_t i = 0; call->keywords && i < call->n; i++)
        if (call->keywords[i] && !strcmp(call->keywords[i], p->name)) {
            *v = call->args[i];
            return LW_OK;
        }
    const lwi_ts_value *given = lwi_ts_arg(call, place);
    if (given) *v = *given;
    else if (p->fallback) return lwi_ts_eval(in, p->fallback, v);
    else
        return lwi_fail(LW_CORRUPT, "%s:%u: '%s' is called without '%s'", f->file, f->line, f->name,
                        p->name);
    return LW_OK;
}

static lw_status bind_params(lwi_ts_interp *in, const lwi_ts_function *f, const lwi_ts_value *self,
                             const lwi_ts_call *call, lwi_ts_value *slots) {
    const size_t skip = self ? 1 : 0;
    if (f->n_params < skip || call->n > f->n_params - skip)
        return lwi_fail(LW_CORRUPT, "%s:%u: '%s' is called with %zu arguments", f->file, f->line,
                        f->name, call->n);
    if (self) slots[f->params[0].slot] = *self;
    for (size_t i = skip; i < f->n_params; i++)
        LW_TRY(bind_param(in, f, &f->params[i], i - skip, call, &slots[f->params[i].slot]));
    return LW_OK;
}

lw_status lwi_ts_invoke(lwi_ts_interp *in, const lwi_ts_function *f, const lwi_ts_value *self,
                        const lwi_ts_call *call, lwi_ts_value *result) {
    lwi_ts_frame frame = {.function = f, .outer = in->frame, .result = lwi_ts_none()};
    int depth = 0;
    for (const lwi_ts_frame *outer = in->frame; outer; outer = outer->outer)
        depth++;
    if (depth > LWI_TS_CALL_DEPTH) return lwi_fail(LW_LIMIT, "calls are nested too deeply");
    const bool inner = f->around != NULL; /* sees the variables of the one around it */
    if (inner && (!in->frame || in->frame->owner != f->around))
        return lwi_fail(LW_UNSUPPORTED, "'%s' is called outside of the function it is in", f->name);
    frame.owner = inner ? f->around : f;
    frame.n_slots = inner ? in->frame->n_slots : (size_t)f->n_slots;
    frame.slots = inner ? in->frame->slots : NULL;
    if (!inner)
        LW_TRY(lwi_arena_alloc(in->memory, frame.n_slots + 1, sizeof *frame.slots, &frame.slots));
    LW_TRY(bind_params(in, f, self, call, frame.slots));
    in->frame = &frame;
    const lw_status status = lwi_ts_run(in, &f->body);
    in->frame = frame.outer;
    *result = frame.result;
    return status;
}

static lw_status call_method(lwi_ts_interp *in, const lwi_ts_value *object, const char *name,
                             lwi_ts_call *call, lwi_ts_value *v) {
    const lwi_ts_class *class = object->kind == LWI_TS_OBJECT ? object->object->class : NULL;
    const lwi_ts_function *f = class ? lwi_ts_find_method(class, name) : NULL;
    if (f) return lwi_ts_invoke(in, f, object, call, v);
    if (class && object->object->kind == LWI_TS_O_INSTANCE) {
        const size_t i = lwi_ts_find_attribute(object->object, name);
        if (i < object->object->n && object->object->items[i].kind == LWI_TS_FUNCTION)
            return lwi_ts_invoke(in, object->object->items[i].function, NULL, call, v);
        return lwi_fail(LW_UNSUPPORTED, "'%s' has no method '%.100s'", class->name, name);
    }
    /* x.tolist() and what old files have: the object is the first argument. The place before the
     * arguments is free (eval_call). */
    lwi_ts_call whole = *call;
    lwi_ts_value *args = (lwi_ts_value *)call->args - 1;
    args[0] = *object;
    whole.args = args;
    whole.n++;
    if (whole.keywords) whole.keywords--;
    whole.name = name;
    return lwi_ts_torch(in, &whole, v);
}

/* A named tuple is made by a call of its class. */
static lw_status call_class(lwi_ts_interp *in, const lwi_ts_class *class, const lwi_ts_call *call,
                            lwi_ts_value *v) {
    lwi_ts_object *o = NULL;
    const bool tuple = !strcmp(class->base, "NamedTuple");
    LW_TRY(lwi_ts_new_object(in, tuple ? LWI_TS_O_TUPLE : LWI_TS_O_INSTANCE, &o));
    o->class = class;
    *v = lwi_ts_of(o);
    const lwi_ts_function *init = tuple ? NULL : lwi_ts_find_method(class, "__init__");
    lwi_ts_value nothing;
    if (init) return lwi_ts_invoke(in, init, v, call, &nothing);
    for (size_t i = 0; tuple && i < class->n_attributes; i++) {
        const lwi_ts_value *item = lwi_ts_arg(call, i);
        for (size_t k = 0; call->keywords && k < call->n; k++)
            if (call->keywords[k] && !strcmp(call->keywords[k], class->attributes[i].name))
                item = &call->args[k];
        if (!item)
            return lwi_fail(LW_CORRUPT, "'%s' is made without '%s'", class->name,
                            class->attributes[i].name);
        LW_TRY(lwi_ts_add_item(in->memory, o, NULL, item));
    }
    return LW_OK;
}

static lw_status call_value(lwi_ts_interp *in, const lwi_ts_value *f, const lwi_ts_call *call,
                            lwi_ts_value *v) {
    if (f->kind == LWI_TS_FUNCTION) return lwi_ts_invoke(in, f->function, NULL, call, v);
    if (f->kind == LWI_TS_CLASS) return call_class(in, f->class, call, v);
    return call_method(in, f, "forward", (lwi_ts_call *)call, v);
}

/* --------------------------------------------------------------- operators */

static lw_status call_aten(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result) {
    lwi_aten_argument *args = NULL;
    lwi_aten_value *results = NULL;
    lwi_ts_object *tuple = NULL;
    if (call->n > LWI_ATEN_ARGS)
        return lwi_fail(LW_CORRUPT, "%s is given %zu arguments", call->name, call->n);
    LW_TRY(lwi_arena_alloc(in->memory, call->n, sizeof *args, &args));
    LW_TRY(lwi_arena_alloc(in->memory, LWI_ATEN_RESULTS, sizeof *results, &results));
    for (size_t i = 0; i < call->n; i++) {
        args[i].name = call->keywords ? call->keywords[i] : NULL;
        LW_TRY(lwi_ts_to_aten(in->aten, &call->args[i], &args[i].value));
    }
    lwi_aten_call(in->aten, call->name, NULL, call->n, args, results);
    LW_TRY(in->aten->b.status);
    for (size_t i = 0; i < LWI_ATEN_RESULTS; i++)
        results[i].as_number = false; /* of an argument that is the result */
    size_t n = LWI_ATEN_RESULTS;
    while (n > 1 && results[n - 1].kind == LWI_ATEN_NONE)
        n--;
    if (n == 1) return lwi_ts_from_aten(in, &results[0], result);
    LW_TRY(lwi_ts_new_object(in, LWI_TS_O_TUPLE, &tuple));
    for (size_t i = 0; i < n; i++) {
        lwi_ts_value item;
        LW_TRY(lwi_ts_from_aten(in, &results[i], &item));
        LW_TRY(lwi_ts_add_item(in->memory, tuple, NULL, &item));
    }
    *result = lwi_ts_of(tuple);
    return LW_OK;
}

/* Its first argument is a list that may be written to, but not looked at. */
static bool is_growing(const lwi_ts_call *call) {
    const lwi_ts_object *list = call->n ? lwi_ts_object_of(&call->args[0], LWI_TS_O_LIST) : NULL;
    return list && list->growing && !strcmp(call->name, "append");
}

lw_status lwi_ts_torch(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result) {
    bool done = false;
    LW_TRY(lwi_ts_call_rows(in, call, result, &done));
    if (done) return LW_OK;
    for (size_t i = is_growing(call); i < call->n; i++)
        if (lwi_ts_unusable(&call->args[i]))
            return lwi_fail(LW_UNSUPPORTED, "%s", lwi_ts_unusable(&call->args[i]));
    LW_TRY(lwi_ts_builtins(in, call, result, &done));
    return done ? LW_OK : call_aten(in, call, result);
}

/* -------------------------------------------------------------------- calls */

/* One place is free before the first. */
static lw_status eval_arguments(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_call *call) {
    lwi_ts_value *values = NULL;
    if (e->n_items > LWI_TS_ARGS + 1)
        return lwi_fail(LW_LIMIT, "a call has %zu arguments", e->n_items - 1);
    LW_TRY(lwi_arena_alloc(in->memory, e->n_items, sizeof *values, &values));
    for (size_t i = 1; i < e->n_items; i++)
        LW_TRY(lwi_ts_eval(in, e->items[i], &values[i]));
    call->args = values + 1;
    call->keywords = e->keywords ? e->keywords + 1 : NULL;
    call->n = e->n_items - 1;
    return LW_OK;
}

/* annotate(T, e), unchecked_cast(T, e): e, as the type says where that changes something. */
static lw_status call_cast(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v) {
    LW_TRY(lwi_ts_eval(in, e->items[2], v));
    const lwi_ts_expr *type = e->items[1];
    const bool number =
        type->kind == LWI_TS_NAME && (!strcmp(type->name, "int") || !strcmp(type->name, "float") ||
                                      !strcmp(type->name, "bool") || !strcmp(type->name, "number"));
    if (!number || !lwi_ts_is_tensor(v)) return LW_OK;
    const lwi_ts_value tensor = *v;
    return lwi_ts_torch(in, &(lwi_ts_call){"item", &tensor, NULL, 1}, v);
}

static lw_status call_isinstance(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v) {
    lwi_ts_value object;
    bool is = false;
    LW_TRY(lwi_ts_eval(in, e->items[1], &object));
    LW_TRY(lwi_ts_isinstance(in, &object, e->items[2], &is));
    *v = lwi_ts_plain(lwi_aten_bool(is));
    return LW_OK;
}

static lw_status call_getattr(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v) {
    lwi_ts_value object;
    const char *name = NULL;
    LW_TRY(lwi_ts_eval(in, e->items[1], &object));
    if (e->items[2]->kind != LWI_TS_STRING) return lwi_fail(LW_CORRUPT, "getattr without a name");
    LW_TRY(lwi_arena_string(in->memory, e->items[2]->text.data, e->items[2]->text.size, &name));
    return lwi_ts_get_attribute(in, &object, name, v);
}

static lw_status call_uninitialized(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v) {
    (void)in, (void)e;
    *v = (lwi_ts_value){.kind = LWI_TS_UNINITIALIZED};
    return LW_OK;
}

/* fork(f, ...): done at once; torch.wait gives what it was. */
static lw_status call_fork(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v) {
    lwi_ts_call call = {.name = "fork"};
    LW_TRY(eval_arguments(in, e, &call));
    const lwi_ts_value f = call.args[0];
    call.args++;
    call.n--;
    if (call.keywords) call.keywords++;
    return call_value(in, &f, &call, v);
}

/* Names of the language whose arguments are not all values; how many there must be. */
static const struct {
    const char *name;
    size_t least, most;
    lw_status (*call)(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v);
} words[] = {{"annotate", 2, 2, call_cast},
             {"unchecked_cast", 2, 2, call_cast},
             {"isinstance", 2, 2, call_isinstance},
             {"getattr", 2, 2, call_getattr},
             {"uninitialized", 1, 1, call_uninitialized},
             {"fork", 1, LWI_TS_ARGS, call_fork}};

/* torch.add -> add; ops.prim.dtype -> prim::dtype; ops.torchvision.nms -> torchvision::nms. */
static lw_status call_operator(lwi_ts_interp *in, const lwi_ts_expr *e, const char *dotted,
                               lwi_ts_value *v) {
    char name[128];
    lwi_ts_call call = {.name = name};
    if (!strncmp(dotted, "torch.", 6)) snprintf(name, sizeof name, "%.120s", dotted + 6);
    else if (!strncmp(dotted, "ops.aten.", 9)) snprintf(name, sizeof name, "%.120s", dotted + 9);
    else {
        const char *ns = strncmp(dotted, "ops.", 4) ? dotted : dotted + 4;
        const char *dot = strchr(ns, '.');
        if (dot) snprintf(name, sizeof name, "%.*s::%.60s", (int)(dot - ns), ns, dot + 1);
        else snprintf(name, sizeof name, "python::%.100s", ns);
    }
    LW_TRY(eval_arguments(in, e, &call));
    return lwi_ts_torch(in, &call, v);
}

static lw_status call_dotted(lwi_ts_interp *in, const lwi_ts_expr *e, const char *dotted,
                             lwi_ts_value *v) {
    lwi_ts_call call = {.name = dotted};
    lwi_ts_value f;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i].name, dotted)) {
            if (e->n_items - 1 < words[i].least || e->n_items - 1 > words[i].most)
                return lwi_fail(LW_CORRUPT, "%s has %zu arguments", dotted, e->n_items - 1);
            return words[i].call(in, e, v);
        }
    if (strncmp(dotted, "__torch__.", 10) != 0) return call_operator(in, e, dotted, v);
    if (strlen(dotted) > 8 && !strcmp(dotted + strlen(dotted) - 8, ".__new__")) {
        lwi_ts_object *o = NULL;
        LW_TRY(lwi_ts_eval(in, e->items[0]->items[0], &f));
        LW_TRY(lwi_ts_new_object(in, LWI_TS_O_INSTANCE, &o));
        if (f.kind != LWI_TS_CLASS) return lwi_fail(LW_CORRUPT, "%s is no class", dotted);
        o->class = f.class;
        *v = lwi_ts_of(o);
        return LW_OK;
    }
    LW_TRY(lwi_ts_eval(in, e->items[0], &f));
    LW_TRY(eval_arguments(in, e, &call));
    return call_value(in, &f, &call, v);
}

lw_status lwi_ts_eval_call(lwi_ts_interp *in, const lwi_ts_expr *e, lwi_ts_value *v) {
    char dotted[512];
    lwi_ts_call call = {.name = e->name};
    lwi_ts_value object;
    if (e->name) { /* was written as an operator */
        LW_TRY(eval_arguments(in, e, &call));
        return lwi_ts_torch(in, &call, v);
    }
    const lwi_ts_expr *f = e->items[0];
    if (lwi_ts_dotted(f, dotted, sizeof dotted)) return call_dotted(in, e, dotted, v);
    LW_TRY(lwi_ts_eval(in, f->kind == LWI_TS_ATTR ? f->items[0] : f, &object));
    LW_TRY(eval_arguments(in, e, &call));
    if (f->kind != LWI_TS_ATTR) return call_value(in, &object, &call, v);
    return call_method(in, &object, f->name, &call, v);
}
