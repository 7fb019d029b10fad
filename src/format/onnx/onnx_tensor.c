/* SPDX-License-Identifier: MIT
 * TensorProto: elements lie in raw_data, in another file, or in one of the typed lists. Where the
 * bytes are those of memory (little-endian), the value points at them. */
#include "base/checked.h"
#include "format/onnx/reader.h"

#include <string.h>

enum {
    DIMS = 1,
    DATA_TYPE = 2,
    SEGMENT = 3,
    FLOAT_DATA = 4,
    INT32_DATA = 5,
    STRING_DATA = 6,
    INT64_DATA = 7,
    NAME = 8,
    RAW_DATA = 9,
    DOUBLE_DATA = 10,
    UINT64_DATA = 11,
    DATA_LOCATION = 14
};

typedef struct tensor {
    lwi_wire message;
    int64_t dtype, location;
    lwi_wire name, raw;
    bool has_raw;
    int rank;
    int64_t dims[LW_MAX_RANK];
    size_t count, bytes;
} tensor;

static lw_status read_dims(tensor *t) {
    lwi_numbers numbers = {.message = t->message, .id = DIMS, .type = LWI_WIRE_VARINT};
    for (bool more = true;;) {
        uint64_t dim;
        LW_TRY(lwi_numbers_next(&numbers, &dim, &more));
        if (!more) return LW_OK;
        if (t->rank == LW_MAX_RANK)
            return lwi_fail(LW_LIMIT, "has more than %d dimensions", LW_MAX_RANK);
        t->dims[t->rank++] = (int64_t)dim;
    }
}

static lw_status read_fields(tensor *t) {
    lwi_field f;
    for (lwi_wire w = t->message; w.at < w.end;) {
        LW_TRY(lwi_wire_next(&w, &f));
        switch (f.id) {
        case DATA_TYPE:
            LW_TRY(lwi_field_int(&f, &t->dtype));
            break;
        case NAME:
            LW_TRY(lwi_field_body(&f, &t->name));
            break;
        case DATA_LOCATION:
            LW_TRY(lwi_field_int(&f, &t->location));
            break;
        case SEGMENT:
            return lwi_fail(LW_UNSUPPORTED, "tensors in segments are not supported");
        case RAW_DATA:
            LW_TRY(lwi_field_body(&f, &t->raw));
            t->has_raw = true;
            break;
        default:
            break;
        }
    }
    LW_TRY(read_dims(t));
    if (t->dtype <= 0 || t->dtype >= LW_DTYPE_COUNT)
        return lwi_fail(t->dtype > 0 ? LW_UNSUPPORTED : LW_CORRUPT, "has the unknown type %lld",
                        (long long)t->dtype);
    return lwi_shape_bytes((lw_dtype)t->dtype, t->rank, t->dims, &t->count, &t->bytes);
}

static lw_status wrong_size(const tensor *t, size_t found, size_t expected, const char *what) {
    char shape[LWI_SHAPE_TEXT];
    return lwi_fail(LW_CORRUPT, "has %zu %s, expected %zu for %s %s", found, what, expected,
                    lw_dtype_name((lw_dtype)t->dtype), lwi_shape_text(t->rank, t->dims, shape));
}

/* -------------------------------------------------------------- typed lists */

/* Where elements of a type are, and how many bytes of memory a number there stands for. */
static lwi_numbers list_of(const tensor *t, size_t *width) {
    lwi_numbers n = {.message = t->message, .id = INT32_DATA, .type = LWI_WIRE_VARINT};
    *width = lwi_dtype_size((lw_dtype)t->dtype);
    switch (t->dtype) {
    case LW_COMPLEX64:
        *width = 4; /* fallthrough */
    case LW_FLOAT32:
        n.id = FLOAT_DATA, n.type = LWI_WIRE_FIXED32;
        break;
    case LW_COMPLEX128:
        *width = 8; /* fallthrough */
    case LW_FLOAT64:
        n.id = DOUBLE_DATA, n.type = LWI_WIRE_FIXED64;
        break;
    case LW_INT64:
        n.id = INT64_DATA;
        break;
    case LW_UINT32:
    case LW_UINT64:
        n.id = UINT64_DATA;
        break;
    default:
        break;
    }
    return n;
}

/* The one packed run of numbers that are as memory wants them, if the list is that. */
static lw_status find_packed(lwi_numbers n, lwi_wire *body) {
    size_t fields = 0;
    *body = (lwi_wire){NULL, NULL};
    if (n.type == LWI_WIRE_VARINT) return LW_OK;
    LW_TRY(lwi_wire_count(n.message, n.id, &fields));
    lwi_field f = {.type = LWI_WIRE_VARINT};
    while (fields == 1 && f.id != n.id)
        LW_TRY(lwi_wire_next(&n.message, &f));
    if (f.type == LWI_WIRE_BYTES) *body = f.body;
    return LW_OK;
}

static lw_status decode_list(lwi_onnx *o, const tensor *t, lwi_numbers n, size_t width,
                             const void **data) {
    size_t count = 0;
    uint8_t *out = NULL;
    LW_TRY(lwi_numbers_count(n, &count));
    if (count != t->bytes / width) return wrong_size(t, count, t->bytes / width, "numbers");
    LW_TRY(lwi_arena_alloc(&o->network->arena, t->bytes, 1, &out));
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        bool more;
        LW_TRY(lwi_numbers_next(&n, &bits, &more));
        memcpy(out + i * width, &bits, width);
    }
    *data = out;
    return LW_OK;
}

static lw_status read_strings(lwi_onnx *o, const tensor *t, const void **data) {
    size_t count = 0;
    lw_string *strings = NULL;
    LW_TRY(lwi_wire_count(t->message, STRING_DATA, &count));
    if (count != t->count) return wrong_size(t, count, t->count, "strings");
    LW_TRY(lwi_arena_alloc(&o->network->arena, count, sizeof *strings, &strings));
    *data = strings;
    lwi_field f;
    for (lwi_wire w = t->message; w.at < w.end;) {
        lwi_wire body = {NULL, NULL};
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id != STRING_DATA) continue;
        LW_TRY(lwi_field_body(&f, &body));
        *strings++ = (lw_string){(const char *)body.at, lwi_wire_size(body)};
    }
    return LW_OK;
}

static lw_status read_list(lwi_onnx *o, const tensor *t, const void **data) {
    size_t width;
    lwi_wire packed;
    const lwi_numbers n = list_of(t, &width);
    LW_TRY(find_packed(n, &packed));
    if (!packed.at) return decode_list(o, t, n, width, data);
    if (lwi_wire_size(packed) != t->bytes)
        return wrong_size(t, lwi_wire_size(packed), t->bytes, "bytes");
    *data = packed.at;
    return LW_OK;
}

/* ------------------------------------------------------------------ tensor */

static lw_status find_data(lwi_onnx *o, const tensor *t, const void **data) {
    if (t->location == 1 && t->dtype != LW_STRING) {
        const uint8_t *bytes = NULL;
        LW_TRY(lwi_onnx_external(o, t->message, t->bytes, &bytes));
        *data = bytes;
        return LW_OK;
    }
    if (t->location != 0)
        return lwi_fail(LW_CORRUPT, "has its data at the unknown location %lld",
                        (long long)t->location);
    if (t->dtype == LW_STRING) return read_strings(o, t, data);
    if (!t->has_raw) return read_list(o, t, data);
    if (lwi_wire_size(t->raw) != t->bytes)
        return wrong_size(t, lwi_wire_size(t->raw), t->bytes, "bytes");
    *data = t->raw.at;
    return LW_OK;
}

lw_status lwi_onnx_tensor(lwi_onnx *o, lwi_wire message, lw_string *name, lw_value **value) {
    tensor t = {.message = message};
    const void *data = NULL;
    lw_status status = read_fields(&t);
    if (status == LW_OK && t.count) status = find_data(o, &t, &data);
    if (status != LW_OK)
        return lwi_fail_prefix(status, "tensor '%.*s'",
                               (int)(lwi_wire_size(t.name) < 200 ? lwi_wire_size(t.name) : 200),
                               t.name.at ? (const char *)t.name.at : "");
    if (name) *name = (lw_string){(const char *)t.name.at, lwi_wire_size(t.name)};
    return lwi_network_tensor(o->network, (lw_dtype)t.dtype, t.rank, t.dims, data, value);
}

lw_status lwi_onnx_align(lwi_onnx *o, lw_value *v) {
    const size_t size = v->dtype == LW_COMPLEX128 ? 8 : lwi_dtype_size(v->dtype);
    if (size < 2 || (uintptr_t)v->data % (size < 8 ? size : 8) == 0) return LW_OK;
    return lwi_arena_copy(&o->network->arena, v->data, v->bytes, &v->data);
}
