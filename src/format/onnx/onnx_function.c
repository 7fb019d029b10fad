/* SPDX-License-Identifier: MIT
 * Functions of a model (FunctionProto): each call is written out into the caller's graph. Names
 * inside become "function#call/name", so that no two calls meet. */
#include "base/checked.h"
#include "format/onnx/reader.h"

#include <stdio.h>
#include <string.h>

enum { MODEL_FUNCTIONS = 25 };
enum {
    NAME = 1,
    INPUT = 4,
    OUTPUT = 5,
    NODE = 7,
    OPSET_IMPORT = 9,
    DOMAIN_NAME = 10,
    ATTRIBUTE_PROTO = 11,
    OVERLOAD = 13
};
enum { NODE_INPUT = 1, NODE_OUTPUT = 2 };

/* ---------------------------------------------------------------------- text */

/* Puts text together in o->name. */
static lw_status join(lwi_onnx *o, const char *start, lwi_wire end) {
    const size_t n = strlen(start), size = lwi_wire_size(end);
    LW_TRY(lwi_grow(&o->network->arena.allocator, &o->name, &o->name_capacity, n + size + 1, 1));
    memcpy(o->name, start, n);
    if (size) memcpy(o->name + n, end.at, size);
    o->name[n + size] = 0;
    if (size && memchr(end.at, 0, size))
        return lwi_fail(LW_CORRUPT, "the name '%s' has a zero byte inside", o->name);
    return LW_OK;
}

/* The name of a value inside a call. */
static lw_status inner_name(lwi_onnx *o, const lwi_onnx_scope *s, lwi_wire name) {
    char start[160];
    snprintf(start, sizeof start, "%.100s#%zu/", s->function->name, s->number);
    return join(o, start, name);
}

/* -------------------------------------------------------------- declarations */

/* What a function is found by, in o->name. */
static lw_status make_key(lwi_onnx *o, const char *domain, const char *name, const char *overload) {
    const char *const parts[] = {domain, name, overload};
    size_t n = 0, at = 0;
    for (int i = 0; i < 3; i++)
        n += strlen(parts[i]) + 1;
    LW_TRY(lwi_grow(&o->network->arena.allocator, &o->name, &o->name_capacity, n, 1));
    for (int i = 0; i < 3; i++) {
        const size_t size = strlen(parts[i]);
        memcpy(o->name + at, parts[i], size);
        at += size;
        o->name[at++] = i < 2 ? '\n' : 0;
    }
    return LW_OK;
}

static lw_status read_function(lwi_onnx *o, lwi_wire w, lwi_onnx_function *f) {
    lwi_arena *arena = &o->network->arena;
    lwi_field field;
    size_t attributes = 0;
    *f = (lwi_onnx_function){"", "", "", w};
    while (w.at < w.end) {
        LW_TRY(lwi_wire_next(&w, &field));
        attributes += field.id == ATTRIBUTE_PROTO;
        if (field.id == NAME) LW_TRY(lwi_field_name(&field, arena, &f->name));
        if (field.id == DOMAIN_NAME) LW_TRY(lwi_field_name(&field, arena, &f->domain));
        if (field.id == OVERLOAD) LW_TRY(lwi_field_name(&field, arena, &f->overload));
    }
    if (!strcmp(f->domain, "ai.onnx")) f->domain = "";
    if (attributes <= LWI_ONNX_ATTRIBUTES) return LW_OK;
    return lwi_fail(LW_LIMIT, "the function '%s.%s' has more than %d attributes", f->domain,
                    f->name, LWI_ONNX_ATTRIBUTES);
}

static lw_status add_function(lwi_onnx *o, lwi_wire body) {
    lwi_onnx_function *f = &o->functions[o->n_functions];
    const char *key = NULL;
    LW_TRY(read_function(o, body, f));
    LW_TRY(make_key(o, f->domain, f->name, f->overload));
    if (lwi_strmap_get(&o->function_index, o->name) >= 0)
        return lwi_fail(LW_CORRUPT, "the function '%s.%s' is there twice", f->domain, f->name);
    LW_TRY(lwi_arena_string(&o->network->arena, o->name, strlen(o->name), &key));
    return lwi_strmap_set(&o->function_index, key, (int)o->n_functions++);
}

lw_status lwi_onnx_functions(lwi_onnx *o, lwi_wire model) {
    size_t n = 0;
    LW_TRY(lwi_wire_count(model, MODEL_FUNCTIONS, &n));
    LW_TRY(lwi_arena_alloc(&o->network->arena, n, sizeof *o->functions, &o->functions));
    lwi_field field;
    while (model.at < model.end) {
        lwi_wire body = {NULL, NULL};
        LW_TRY(lwi_wire_next(&model, &field));
        if (field.id != MODEL_FUNCTIONS) continue;
        LW_TRY(lwi_field_body(&field, &body));
        LW_TRY(add_function(o, body));
    }
    return LW_OK;
}

lw_status lwi_onnx_find_function(lwi_onnx *o, const char *domain, const char *name,
                                 const char *overload, const lwi_onnx_function **function) {
    *function = NULL;
    if (o->n_functions == 0) return LW_OK;
    LW_TRY(make_key(o, domain, name, overload));
    const int index = lwi_strmap_get(&o->function_index, o->name);
    if (index >= 0) *function = &o->functions[index];
    return LW_OK;
}

/* --------------------------------------------------------------------- names */

lw_status lwi_onnx_rename(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_wire name,
                          const char **renamed) {
    LW_TRY(join(o, "", name));
    *renamed = o->name;
    if (!scope->caller || !*o->name) return LW_OK;
    const int formal = lwi_strmap_get(&scope->formals, o->name);
    if (formal >= 0) {
        *renamed = scope->actuals[formal];
        return LW_OK;
    }
    LW_TRY(inner_name(o, scope, name));
    *renamed = o->name;
    return LW_OK;
}

/* --------------------------------------------------------------------- calls */

/* Appends Identity: for a function that gives an input of its own back. */
static lw_status pass_through(lwi_onnx *o, lwi_graph *g, const char *from, const char *to) {
    lwi_node node = {.name = "", .domain = "", .op_type = "Identity", .overload = ""};
    node.n_inputs = node.n_outputs = 1;
    LW_TRY(lwi_arena_alloc(g->arena, 1, sizeof(int), &node.inputs));
    LW_TRY(lwi_arena_alloc(g->arena, 1, sizeof(int), &node.outputs));
    LW_TRY(lwi_graph_find(g, from, &node.inputs[0]));
    LW_TRY(lwi_graph_find(g, to, &node.outputs[0]));
    if (node.inputs[0] < 0 || node.outputs[0] < 0)
        return lwi_fail(LW_CORRUPT, "an output is the input '%s', which nothing makes", from);
    return lwi_onnx_emit(o, g, &node, LWI_ONNX_OPSET);
}

/* Ties input or output `index` of the function to what the call gives for it. */
static lw_status bind(lwi_onnx *o, lwi_onnx_scope *s, lwi_graph *g, const lwi_field *formal,
                      const lwi_field *actual, size_t index, bool output) {
    lwi_arena *arena = &o->network->arena;
    const char *name = NULL, *given = "";
    int id;
    LW_TRY(lwi_field_name(formal, arena, &name));
    if (actual) {
        lwi_wire body = {NULL, NULL};
        LW_TRY(lwi_field_body(actual, &body));
        LW_TRY(lwi_onnx_rename(o, s->caller, body, &given));
        LW_TRY(lwi_arena_string(arena, given, strlen(given), &given));
    }
    const int known = lwi_strmap_get(&s->formals, name);
    if (known >= 0 && output) return *given ? pass_through(o, g, s->actuals[known], given) : LW_OK;
    if (output && !*given) {
        LW_TRY(inner_name(o, s, formal->body));
        LW_TRY(lwi_arena_string(arena, o->name, strlen(o->name), &given));
        LW_TRY(lwi_graph_intern(g, given, &id));
    }
    s->actuals[index] = given;
    return lwi_strmap_set(&s->formals, name, (int)index);
}

/* The next field of that number; false at the end. */
static lw_status next_of(lwi_wire *w, uint32_t id, lwi_field *f, bool *found) {
    *found = false;
    while (w->at < w->end && !*found) {
        LW_TRY(lwi_wire_next(w, f));
        *found = f->id == id;
    }
    return LW_OK;
}

static lw_status bind_all(lwi_onnx *o, lwi_onnx_scope *s, lwi_graph *g, bool outputs,
                          size_t *index) {
    lwi_wire formals = s->function->message, actuals = s->node;
    lwi_field formal, actual;
    for (;;) {
        bool declared, given;
        LW_TRY(next_of(&formals, outputs ? OUTPUT : INPUT, &formal, &declared));
        LW_TRY(next_of(&actuals, outputs ? NODE_OUTPUT : NODE_INPUT, &actual, &given));
        if (given && !declared)
            return lwi_fail(LW_CORRUPT, "the call has more %s than the function",
                            outputs ? "outputs" : "inputs");
        if (!declared) return LW_OK;
        LW_TRY(bind(o, s, g, &formal, given ? &actual : NULL, (*index)++, outputs));
    }
}

static lw_status read_opsets(lwi_onnx *o, lwi_onnx_scope *s) {
    lwi_wire w = s->function->message;
    lwi_opset *opsets = NULL;
    lwi_field f;
    LW_TRY(lwi_wire_count(w, OPSET_IMPORT, &s->n_opsets));
    LW_TRY(lwi_arena_alloc(&o->network->arena, s->n_opsets, sizeof *opsets, &opsets));
    for (size_t i = 0; w.at < w.end;) {
        lwi_wire body = {NULL, NULL};
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id != OPSET_IMPORT) continue;
        LW_TRY(lwi_field_body(&f, &body));
        LW_TRY(lwi_onnx_opset(o, body, &opsets[i++]));
    }
    s->opsets = opsets;
    return LW_OK;
}

static lw_status expand(lwi_onnx *o, lwi_onnx_scope *s, lwi_graph *g) {
    const lwi_wire message = s->function->message;
    size_t inputs = 0, outputs = 0, index = 0;
    LW_TRY(lwi_wire_count(message, INPUT, &inputs));
    LW_TRY(lwi_wire_count(message, OUTPUT, &outputs));
    LW_TRY(lwi_arena_alloc(&o->network->arena, inputs + outputs, sizeof *s->actuals, &s->actuals));
    LW_TRY(read_opsets(o, s));
    LW_TRY(bind_all(o, s, g, false, &index));
    LW_TRY(bind_all(o, s, g, true, &index));
    return lwi_onnx_nodes(o, s, g, message, NODE);
}

/* A small file must not grow without bound by calling functions that call functions. */
static lw_status check_size(lwi_onnx *o, const lwi_onnx_function *f) {
    enum { SLACK = 1 << 23, TIMES = 4 };
    const size_t limit = o->model_size < SIZE_MAX / 8 ? o->model_size * TIMES + SLACK : SIZE_MAX;
    if (lwi_add_size(o->expanded, lwi_wire_size(f->message), &o->expanded) && o->expanded <= limit)
        return LW_OK;
    return lwi_fail(LW_LIMIT, "writing out all calls of functions takes more than %zu bytes",
                    limit);
}

lw_status lwi_onnx_call(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *g,
                        const lwi_onnx_function *function, lwi_wire node) {
    for (const lwi_onnx_scope *s = scope; s; s = s->caller)
        if (s->function == function)
            return lwi_fail(LW_CORRUPT, "the function '%s.%s' calls itself", function->domain,
                            function->name);
    LW_TRY(lwi_onnx_enter(o, "function"));
    LW_TRY(check_size(o, function));
    lwi_onnx_scope inner = {
        .caller = scope, .function = function, .node = node, .number = o->n_calls++};
    lwi_strmap_init(&inner.formals, &o->network->arena.allocator);
    const lw_status status = expand(o, &inner, g);
    lwi_strmap_free(&inner.formals);
    o->depth--;
    return status;
}
