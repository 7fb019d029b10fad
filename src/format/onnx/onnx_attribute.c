/* SPDX-License-Identifier: MIT
 * AttributeProto. Inside a function an attribute may stand for one of the call's. */
#include "format/onnx/reader.h"

#include <string.h>

enum {
    NAME = 1,
    F = 2,
    I = 3,
    S = 4,
    T = 5,
    G = 6,
    FLOATS = 7,
    INTS = 8,
    STRINGS = 9,
    TENSORS = 10,
    TP = 14,
    TYPE = 20,
    REF_ATTR_NAME = 21,
    SPARSE_TENSOR = 22
};
/* AttributeType numbers that lwi_attr_kind does not have */
enum { TYPE_SPARSE_TENSOR = 11 };

typedef struct source {
    lwi_onnx *o;
    const lwi_onnx_scope *scope;
    lwi_graph *graph;
    lwi_wire message;
    int64_t type;
    lwi_field single; /* the value, if it is not a list */
    bool found;       /* single is there */
} source;

/* The field that holds the value of a type, and the type; the lists come last so that, in files
 * older than the field `type`, what is present decides. */
static const struct {
    uint32_t id;
    int type;
} FIELDS[] = {{F, LWI_ATTR_FLOAT},
              {I, LWI_ATTR_INT},
              {S, LWI_ATTR_STRING},
              {T, LWI_ATTR_TENSOR},
              {G, LWI_ATTR_GRAPH},
              {FLOATS, LWI_ATTR_FLOATS},
              {INTS, LWI_ATTR_INTS},
              {STRINGS, LWI_ATTR_STRINGS},
              {TENSORS, LWI_ATTR_TENSORS},
              {TP, LWI_ATTR_TYPE},
              {SPARSE_TENSOR, TYPE_SPARSE_TENSOR}};
enum { N_FIELDS = sizeof FIELDS / sizeof *FIELDS };

static uint32_t field_of(int64_t type) {
    for (size_t i = 0; i < N_FIELDS; i++)
        if (FIELDS[i].type == type) return FIELDS[i].id;
    return 0;
}

static int type_of(uint32_t id) {
    for (size_t i = 0; i < N_FIELDS; i++)
        if (FIELDS[i].id == id) return FIELDS[i].type;
    return LWI_ATTR_NONE;
}

/* Finds the type and the single value. */
static lw_status find_value(source *s) {
    lwi_field f;
    int present = LWI_ATTR_NONE;
    for (lwi_wire w = s->message; w.at < w.end;) {
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id == TYPE) LW_TRY(lwi_field_int(&f, &s->type));
        if (type_of(f.id)) present = type_of(f.id);
    }
    if (s->type == LWI_ATTR_NONE) s->type = present;
    const uint32_t id = field_of(s->type);
    if (!id) return lwi_fail(LW_UNSUPPORTED, "is of the unknown kind %lld", (long long)s->type);
    for (lwi_wire w = s->message; w.at < w.end;) {
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id != id) continue;
        s->single = f;
        s->found = true;
    }
    return LW_OK;
}

/* ------------------------------------------------------------------- lists */

static lw_status read_floats(const source *s, lwi_attr *attr) {
    lwi_numbers n = {.message = s->message, .id = FLOATS, .type = LWI_WIRE_FIXED32};
    float *floats = NULL;
    LW_TRY(lwi_numbers_count(n, &attr->n));
    LW_TRY(lwi_arena_alloc(&s->o->network->arena, attr->n, sizeof *floats, &floats));
    for (size_t i = 0; i < attr->n; i++) {
        uint64_t bits = 0;
        bool more;
        LW_TRY(lwi_numbers_next(&n, &bits, &more));
        memcpy(&floats[i], &(uint32_t){(uint32_t)bits}, sizeof *floats);
    }
    attr->floats = floats;
    return LW_OK;
}

static lw_status read_ints(const source *s, lwi_attr *attr) {
    lwi_numbers n = {.message = s->message, .id = INTS, .type = LWI_WIRE_VARINT};
    int64_t *ints = NULL;
    LW_TRY(lwi_numbers_count(n, &attr->n));
    LW_TRY(lwi_arena_alloc(&s->o->network->arena, attr->n, sizeof *ints, &ints));
    for (size_t i = 0; i < attr->n; i++) {
        uint64_t bits = 0;
        bool more;
        LW_TRY(lwi_numbers_next(&n, &bits, &more));
        ints[i] = (int64_t)bits;
    }
    attr->ints = ints;
    return LW_OK;
}

static lw_status read_string(const source *s, const lwi_field *f, lw_string *string) {
    lwi_wire body = {NULL, NULL};
    LW_TRY(lwi_field_body(f, &body));
    string->size = lwi_wire_size(body);
    return lwi_arena_string(&s->o->network->arena, (const char *)body.at, string->size,
                            &string->data);
}

static lw_status read_tensor(const source *s, const lwi_field *f, lw_value **tensor) {
    lwi_wire body = {NULL, NULL};
    LW_TRY(lwi_field_body(f, &body));
    if (f->id == SPARSE_TENSOR) return lwi_onnx_sparse(s->o, body, NULL, tensor);
    return lwi_onnx_tensor(s->o, body, NULL, tensor);
}

/* strings and tensors: repeated fields */
static lw_status read_bodies(const source *s, uint32_t id, lwi_attr *attr) {
    lwi_arena *arena = &s->o->network->arena;
    lw_string *strings = NULL;
    lw_value **tensors = NULL;
    LW_TRY(lwi_wire_count(s->message, id, &attr->n));
    if (id == STRINGS) LW_TRY(lwi_arena_alloc(arena, attr->n, sizeof *strings, &strings));
    else LW_TRY(lwi_arena_alloc(arena, attr->n, sizeof *tensors, &tensors));
    lwi_field f;
    size_t i = 0;
    for (lwi_wire w = s->message; w.at < w.end;) {
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id != id) continue;
        if (id == STRINGS) LW_TRY(read_string(s, &f, &strings[i++]));
        else LW_TRY(read_tensor(s, &f, &tensors[i++]));
    }
    if (id == STRINGS) attr->strings = strings;
    else attr->tensors = tensors;
    return LW_OK;
}

/* --------------------------------------------------------------- attribute */

static lw_status read_message(const source *s, lwi_attr *attr) {
    lwi_wire body = {NULL, NULL};
    LW_TRY(lwi_field_body(&s->single, &body));
    if (attr->kind == LWI_ATTR_TYPE) return lwi_onnx_type(s->o, body, &attr->type);
    return lwi_onnx_graph(s->o, s->scope, s->graph, body, &attr->graph);
}

static lw_status read_value(const source *s, lwi_attr *attr) {
    attr->kind = s->type == TYPE_SPARSE_TENSOR ? LWI_ATTR_TENSOR : (lwi_attr_kind)s->type;
    switch (attr->kind) {
    case LWI_ATTR_FLOATS:
        return read_floats(s, attr);
    case LWI_ATTR_INTS:
        return read_ints(s, attr);
    case LWI_ATTR_STRINGS:
        return read_bodies(s, STRINGS, attr);
    case LWI_ATTR_TENSORS:
        return read_bodies(s, TENSORS, attr);
    case LWI_ATTR_STRING:
        if (s->found) return read_string(s, &s->single, &attr->s);
        attr->s = (lw_string){"", 0};
        return LW_OK;
    case LWI_ATTR_FLOAT:
        return s->found ? lwi_field_float(&s->single, &attr->f) : LW_OK;
    case LWI_ATTR_INT:
        return s->found ? lwi_field_int(&s->single, &attr->i) : LW_OK;
    default:
        break;
    }
    if (!s->found) return lwi_fail(LW_CORRUPT, "has no value");
    if (attr->kind == LWI_ATTR_TENSOR) return read_tensor(s, &s->single, &attr->tensor);
    return read_message(s, attr);
}

/* The AttributeProto of that name in field `id` of a message; nothing if there is none. */
static lw_status find_attribute(lwi_wire message, uint32_t id, lwi_wire name, lwi_wire *found) {
    lwi_field f;
    *found = (lwi_wire){NULL, NULL};
    while (message.at < message.end) {
        lwi_wire attribute = {NULL, NULL};
        LW_TRY(lwi_wire_next(&message, &f));
        if (f.id != id) continue;
        LW_TRY(lwi_field_body(&f, &attribute));
        for (lwi_wire w = attribute; w.at < w.end;) {
            LW_TRY(lwi_wire_next(&w, &f));
            if (f.id == NAME && f.type == LWI_WIRE_BYTES &&
                lwi_wire_size(f.body) == lwi_wire_size(name) &&
                !memcmp(f.body.at, name.at, lwi_wire_size(name)))
                *found = attribute;
        }
    }
    return LW_OK;
}

/* The value that a function's caller, or else the function's own list of defaults, gives. */
static lw_status read_reference(const source *s, lwi_wire name, lwi_attr *attr) {
    enum { NODE_ATTRIBUTE = 5, FUNCTION_ATTRIBUTE_PROTO = 11 };
    const lwi_onnx_scope *scope = s->scope;
    if (!scope->caller)
        return lwi_fail(LW_CORRUPT, "refers to a function's attribute outside of a function");
    const char *own_name = attr->name;
    lwi_wire found;
    LW_TRY(find_attribute(scope->node, NODE_ATTRIBUTE, name, &found));
    if (found.at) {
        scope = scope->caller;
    } else {
        LW_TRY(find_attribute(scope->function->message, FUNCTION_ATTRIBUTE_PROTO, name, &found));
    }
    *attr = (lwi_attr){.kind = LWI_ATTR_NONE};
    if (found.at) LW_TRY(lwi_onnx_attribute(s->o, scope, s->graph, found, attr));
    attr->name = own_name;
    return LW_OK;
}

lw_status lwi_onnx_attribute(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *graph,
                             lwi_wire message, lwi_attr *attr) {
    source s = {.o = o, .scope = scope, .graph = graph, .message = message};
    lwi_wire reference = {NULL, NULL};
    lwi_field f;
    *attr = (lwi_attr){.name = ""};
    for (lwi_wire w = message; w.at < w.end;) {
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id == NAME) LW_TRY(lwi_field_name(&f, &o->network->arena, &attr->name));
        if (f.id == REF_ATTR_NAME) LW_TRY(lwi_field_body(&f, &reference));
    }
    LW_TRY(lwi_onnx_enter(o, "attribute"));
    const char *name = attr->name;
    lw_status status = LW_OK;
    if (lwi_wire_size(reference)) status = read_reference(&s, reference, attr);
    else if ((status = find_value(&s)) == LW_OK) status = read_value(&s, attr);
    o->depth--;
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "attribute '%s'", name);
}
