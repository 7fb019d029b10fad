/* SPDX-License-Identifier: MIT
 * SparseTensorProto (values, and where they go: flat indices [n] or coordinates [n, rank]) as a
 * dense tensor. */
#include "base/checked.h"
#include "format/onnx/reader.h"

#include <string.h>

enum { VALUES = 1, INDICES = 2, DIMS = 3 };
/* Sparse tensors may be much larger than their file, but not without bound: all of a model may take
 * this many bytes for each of the file's, and some more. */
enum { TIMES = 64, SLACK = 1 << 26 };

typedef struct sparse {
    lw_value *values, *indices;
    int rank;
    int64_t dims[LW_MAX_RANK];
    size_t count, bytes;
} sparse;

static lw_status read_dims(lwi_wire message, sparse *s) {
    lwi_numbers numbers = {.message = message, .id = DIMS, .type = LWI_WIRE_VARINT};
    for (bool more = true;;) {
        uint64_t dim;
        LW_TRY(lwi_numbers_next(&numbers, &dim, &more));
        if (!more) return LW_OK;
        if (s->rank == LW_MAX_RANK)
            return lwi_fail(LW_LIMIT, "a sparse tensor has more than %d dimensions", LW_MAX_RANK);
        s->dims[s->rank++] = (int64_t)dim;
    }
}

static lw_status read_parts(lwi_onnx *o, lwi_wire w, lw_string *name, sparse *s) {
    lwi_field f;
    while (w.at < w.end) {
        lwi_wire body = {NULL, NULL};
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id != VALUES && f.id != INDICES) continue;
        LW_TRY(lwi_field_body(&f, &body));
        if (f.id == VALUES) LW_TRY(lwi_onnx_tensor(o, body, name, &s->values));
        else LW_TRY(lwi_onnx_tensor(o, body, NULL, &s->indices));
    }
    if (!s->values) return lwi_fail(LW_CORRUPT, "a sparse tensor has no values");
    return LW_OK;
}

static lw_status check(const sparse *s) {
    const lw_value *v = s->values, *i = s->indices;
    if (v->rank != 1) return lwi_fail(LW_CORRUPT, "the values of a sparse tensor are not a list");
    if (lwi_dtype_is_packed(v->dtype) || v->dtype == LW_STRING)
        return lwi_fail(LW_UNSUPPORTED, "sparse tensors of %s are not supported",
                        lw_dtype_name(v->dtype));
    if (v->count == 0) return LW_OK;
    const bool flat = i && i->rank == 1;
    if (!i || i->dtype != LW_INT64 || i->dims[0] != v->dims[0] || i->rank < 1 || i->rank > 2 ||
        (!flat && i->dims[1] != s->rank))
        return lwi_fail(LW_CORRUPT, "the indices of a sparse tensor do not fit its values");
    return LW_OK;
}

static lw_status reserve(lwi_onnx *o, size_t bytes) {
    const size_t limit =
        o->model_size < SIZE_MAX / TIMES / 2 ? o->model_size * TIMES + SLACK : SIZE_MAX;
    if (lwi_add_size(o->dense, bytes, &o->dense) && o->dense <= limit) return LW_OK;
    return lwi_fail(LW_LIMIT, "the sparse tensors of the model take more than %zu bytes", limit);
}

/* Where value k goes. */
static lw_status place(const sparse *s, size_t k, size_t *at) {
    const char *indices = s->indices->data; /* perhaps unaligned */
    const size_t columns = s->indices->rank == 1 ? 1 : (size_t)s->rank;
    size_t flat = 0;
    for (size_t c = 0; c < columns; c++) {
        const uint64_t limit = s->indices->rank == 1 ? s->count : (uint64_t)s->dims[c];
        int64_t index;
        memcpy(&index, indices + (k * columns + c) * sizeof index, sizeof index);
        if (index < 0 || (uint64_t)index >= limit)
            return lwi_fail(LW_CORRUPT, "the index %lld of a sparse tensor is outside of 0..%llu",
                            (long long)index, (unsigned long long)limit);
        flat = flat * (size_t)limit + (size_t)index;
    }
    *at = flat;
    return LW_OK;
}

lw_status lwi_onnx_sparse(lwi_onnx *o, lwi_wire message, lw_string *name, lw_value **value) {
    sparse s = {0};
    uint8_t *data = NULL;
    LW_TRY(read_parts(o, message, name, &s));
    LW_TRY(read_dims(message, &s));
    LW_TRY(lwi_shape_bytes(s.values->dtype, s.rank, s.dims, &s.count, &s.bytes));
    LW_TRY(check(&s));
    LW_TRY(reserve(o, s.bytes));
    const size_t size = lwi_dtype_size(s.values->dtype);
    LW_TRY(lwi_arena_alloc(&o->network->arena, s.bytes, 1, &data));
    for (size_t k = 0; k < s.values->count; k++) {
        size_t at = 0;
        LW_TRY(place(&s, k, &at));
        memcpy(data + at * size, (const char *)s.values->data + k * size, size);
    }
    return lwi_network_tensor(o->network, s.values->dtype, s.rank, s.dims, data, value);
}
