/* SPDX-License-Identifier: MIT
 * TypeProto: tensors, and sequences, optionals and maps of them. */
#include "format/onnx/reader.h"

enum { TENSOR = 1, SEQUENCE = 4, MAP = 5, SPARSE_TENSOR = 8, OPTIONAL = 9 };
enum { ELEM_TYPE = 1, SHAPE = 2, KEY_TYPE = 1, VALUE_TYPE = 2, DIM = 1 };
enum { DIM_VALUE = 1, DIM_PARAM = 2 };

static lw_status to_dtype(const lwi_field *f, lw_dtype *dtype) {
    int64_t number = 0;
    LW_TRY(lwi_field_int(f, &number));
    if (number < 0 || number >= LW_DTYPE_COUNT)
        return lwi_fail(LW_UNSUPPORTED, "the element type %lld is not known", (long long)number);
    *dtype = (lw_dtype)number;
    return LW_OK;
}

static lw_status read_dim(lwi_onnx *o, lwi_wire w, int64_t *dim, const char **name) {
    lwi_field f;
    *dim = -1;
    while (w.at < w.end) {
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id == DIM_VALUE) LW_TRY(lwi_field_int(&f, dim));
        if (f.id == DIM_PARAM) LW_TRY(lwi_field_name(&f, &o->network->arena, name));
    }
    if (*dim < -1) *dim = -1;
    if (*name && !**name) *name = NULL;
    return LW_OK;
}

static lw_status read_shape(lwi_onnx *o, lwi_wire w, lwi_type *type) {
    size_t n = 0;
    int64_t *dims = NULL;
    const char **names = NULL;
    LW_TRY(lwi_wire_count(w, DIM, &n));
    if (n > LW_MAX_RANK)
        return lwi_fail(LW_LIMIT, "a type has %zu dimensions; the most are %d", n, LW_MAX_RANK);
    LW_TRY(lwi_arena_alloc(&o->network->arena, n, sizeof *dims, &dims));
    LW_TRY(lwi_arena_alloc(&o->network->arena, n, sizeof *names, &names));
    lwi_field f;
    for (size_t i = 0; w.at < w.end;) {
        lwi_wire dim = {NULL, NULL};
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id != DIM) continue;
        LW_TRY(lwi_field_body(&f, &dim));
        LW_TRY(read_dim(o, dim, &dims[i], &names[i]));
        i++;
    }
    type->rank = (int)n;
    type->dims = dims;
    type->dim_names = names;
    return LW_OK;
}

static lw_status read_tensor(lwi_onnx *o, lwi_wire w, lwi_type *type) {
    lwi_field f;
    while (w.at < w.end) {
        lwi_wire shape = {NULL, NULL};
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id == ELEM_TYPE) LW_TRY(to_dtype(&f, &type->dtype));
        if (f.id != SHAPE) continue;
        LW_TRY(lwi_field_body(&f, &shape));
        LW_TRY(read_shape(o, shape, type));
    }
    return LW_OK;
}

/* The element of a sequence or optional, or a map's value: only the outermost two kinds and the
 * tensor at the bottom are kept. */
static lw_status read_inner(lwi_onnx *o, const lwi_field *f, lwi_type *type) {
    lwi_wire w = {NULL, NULL};
    lwi_type inner = {.rank = -1};
    LW_TRY(lwi_field_body(f, &w));
    LW_TRY(lwi_onnx_type(o, w, &inner));
    inner.element = inner.kind;
    inner.kind = type->kind;
    if (type->key) inner.key = type->key;
    *type = inner;
    return LW_OK;
}

static lw_status read_container(lwi_onnx *o, lwi_wire w, bool map, lwi_type *type) {
    lwi_field f;
    const uint32_t element = map ? VALUE_TYPE : ELEM_TYPE;
    while (w.at < w.end) {
        LW_TRY(lwi_wire_next(&w, &f));
        if (map && f.id == KEY_TYPE) LW_TRY(to_dtype(&f, &type->key));
        if (f.id == element) LW_TRY(read_inner(o, &f, type));
    }
    return LW_OK;
}

lw_status lwi_onnx_type(lwi_onnx *o, lwi_wire w, lwi_type *type) {
    lwi_field f;
    LW_TRY(lwi_onnx_enter(o, "type"));
    *type = (lwi_type){.rank = -1};
    while (w.at < w.end) {
        lwi_wire body = {NULL, NULL};
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id > OPTIONAL || !(1u << f.id & (1u << TENSOR | 1u << SEQUENCE | 1u << MAP |
                                               1u << SPARSE_TENSOR | 1u << OPTIONAL)))
            continue;
        LW_TRY(lwi_field_body(&f, &body));
        *type = (lwi_type){.rank = -1, .declared = true};
        type->kind = f.id == SEQUENCE   ? LW_KIND_SEQUENCE
                     : f.id == MAP      ? LW_KIND_MAP
                     : f.id == OPTIONAL ? LW_KIND_OPTIONAL
                                        : LW_KIND_TENSOR;
        if (type->kind == LW_KIND_TENSOR) LW_TRY(read_tensor(o, body, type));
        else LW_TRY(read_container(o, body, f.id == MAP, type));
        type->declared = true;
    }
    o->depth--;
    return LW_OK;
}
