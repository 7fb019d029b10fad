/* SPDX-License-Identifier: MIT */
#include "tensor/value.h"

#include "base/checked.h"
#include "base/half.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------- types */

static const struct {
    const char *name;
    int bits;
} TYPES[LW_DTYPE_COUNT] = {
#define TYPE(id, value, text, bits) [id] = {text, bits},
    LW_DTYPE_LIST(TYPE)
#undef TYPE
};

static bool is_dtype(lw_dtype d) { return (int)d > 0 && (int)d < LW_DTYPE_COUNT; }
const char *lw_dtype_name(lw_dtype d) { return is_dtype(d) ? TYPES[d].name : "none"; }
int lw_dtype_bits(lw_dtype d) { return is_dtype(d) ? TYPES[d].bits : 0; }
size_t lwi_dtype_size(lw_dtype d) { return ((size_t)lw_dtype_bits(d) + 7) / 8; }
bool lwi_dtype_is_packed(lw_dtype d) { return is_dtype(d) && TYPES[d].bits < 8; }

bool lwi_dtype_is_small_float(lw_dtype d) {
    return d == LW_FLOAT16 || d == LW_BFLOAT16 ||
           (d >= LW_FLOAT8E4M3FN && d <= LW_FLOAT8E5M2FNUZ) || d == LW_FLOAT4E2M1 ||
           d == LW_FLOAT8E8M0;
}

bool lwi_dtype_is_float(lw_dtype d) {
    return d == LW_FLOAT32 || d == LW_FLOAT64 || lwi_dtype_is_small_float(d);
}

bool lwi_dtype_is_signed(lw_dtype d) {
    return d == LW_INT8 || d == LW_INT16 || d == LW_INT32 || d == LW_INT64 || d == LW_INT4 ||
           d == LW_INT2;
}

bool lwi_dtype_is_integer(lw_dtype d) {
    return lwi_dtype_is_signed(d) || d == LW_UINT8 || d == LW_UINT16 || d == LW_UINT32 ||
           d == LW_UINT64 || d == LW_UINT4 || d == LW_UINT2;
}

/* ------------------------------------------------------------------ shapes */

lw_status lwi_shape_count(int rank, const int64_t *dims, size_t *count) {
    if (rank < 0 || rank > LW_MAX_RANK)
        return lwi_fail(LW_LIMIT, "rank %d is not between 0 and %d", rank, LW_MAX_RANK);
    size_t n = 1;
    bool zero = false;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return lwi_fail(LW_SHAPE, "dimension %d is negative (%lld)", i, (long long)dims[i]);
        if (dims[i] == 0) zero = true;
        else if (!lwi_mul_size(n, (uint64_t)dims[i], &n) || n > PTRDIFF_MAX)
            return lwi_fail(LW_LIMIT, "a shape of rank %d has too many elements", rank);
    }
    *count = zero ? 0 : n;
    return LW_OK;
}

lw_status lwi_shape_bytes(lw_dtype dtype, int rank, const int64_t *dims, size_t *count,
                          size_t *bytes) {
    if (!is_dtype(dtype)) return lwi_fail(LW_TYPE, "%d is not an element type", (int)dtype);
    LW_TRY(lwi_shape_count(rank, dims, count));
    const size_t bits = (size_t)TYPES[dtype].bits, each = bits < 8 ? 8 / bits : 1;
    size_t n;
    if (!lwi_mul_size(*count / each + (*count % each > 0), bits < 8 ? 1 : bits / 8, &n) ||
        n > PTRDIFF_MAX)
        return lwi_fail(LW_LIMIT, "a tensor of %zu elements of %s is too large", *count,
                        TYPES[dtype].name);
    *bytes = n;
    return LW_OK;
}

char *lwi_shape_text(int rank, const int64_t *dims, char buffer[LWI_SHAPE_TEXT]) {
    size_t n = 0;
    buffer[n++] = '[';
    for (int i = 0; i < rank && n + 24 < LWI_SHAPE_TEXT; i++)
        n += (size_t)snprintf(buffer + n, LWI_SHAPE_TEXT - n, "%s%lld", i ? "," : "",
                              (long long)dims[i]);
    snprintf(buffer + n, LWI_SHAPE_TEXT - n, "]");
    return buffer;
}

bool lwi_same_shape(const lw_value *a, const lw_value *b) {
    return a->rank == b->rank && !memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims);
}

/* ----------------------------------------------------------------- storage */

lwi_storage *lwi_storage_ref(lwi_storage *s) {
    if (s) atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void lwi_storage_release(lwi_storage *s) {
    if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) s->release(s);
}

lwi_remote *lwi_remote_ref(lwi_remote *r) {
    if (r && r->release) atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
    return r;
}

void lwi_remote_release(lwi_remote *r) {
    if (r && r->release && atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1)
        r->release(r);
}

static void storage_free(lwi_storage *s) {
    const lw_allocator a = s->allocator;
    lwi_free(&a, s->data);
    lwi_free(&a, s);
}

lw_status lwi_storage_make(const lw_allocator *allocator, void *data, lwi_storage **storage) {
    lwi_storage *s = NULL;
    LW_TRY(lwi_alloc_array(allocator, 1, sizeof *s, &s));
    atomic_init(&s->refs, 1);
    s->data = data;
    s->release = storage_free;
    s->allocator = *allocator;
    *storage = s;
    return LW_OK;
}

/* ------------------------------------------------------------------ values */

lw_status lwi_tensor_init(lw_value *v, lw_dtype dtype, int rank, const int64_t *dims, void *data) {
    size_t count = 0, bytes = 0;
    LW_TRY(lwi_shape_bytes(dtype, rank, dims, &count, &bytes));
    memset(v, 0, sizeof *v);
    atomic_init(&v->refs, 1);
    v->kind = LW_KIND_TENSOR;
    v->dtype = dtype;
    v->rank = rank;
    for (int i = 0; i < rank; i++)
        v->dims[i] = dims[i];
    v->count = count;
    v->bytes = bytes;
    v->data = data;
    v->allocator = lwi_malloc_allocator;
    v->embedded = true;
    return LW_OK;
}

lw_status lwi_value_make(const lw_allocator *allocator, lw_kind kind, lw_dtype dtype, size_t n,
                         lw_value **value) {
    lw_value *v = NULL;
    LW_TRY(lwi_alloc_array(allocator, 1, sizeof *v, &v));
    lw_status status = lwi_alloc_array(allocator, n, sizeof *v->items, &v->items);
    if (status != LW_OK) {
        lwi_free(allocator, v);
        return status;
    }
    atomic_init(&v->refs, 1);
    v->kind = kind;
    v->dtype = dtype;
    v->n_items = n;
    v->allocator = *allocator;
    *value = v;
    return LW_OK;
}

lw_status lwi_tensor_make(const lw_allocator *allocator, lw_dtype dtype, int rank,
                          const int64_t *dims, lw_value **value) {
    lw_value shape;
    LW_TRY(lwi_tensor_init(&shape, dtype, rank, dims, NULL));
    lw_value *v = NULL;
    LW_TRY(lwi_value_make(allocator, LW_KIND_TENSOR, dtype, 0, &v));
    lw_status status = lwi_alloc_array(allocator, shape.bytes, 1, &v->data);
    if (status == LW_OK && v->data) {
        status = lwi_storage_make(allocator, v->data, &v->storage);
        if (status != LW_OK) lwi_free(allocator, v->data);
    }
    if (status != LW_OK) {
        lwi_value_release(v);
        return status;
    }
    v->rank = rank;
    memcpy(v->dims, shape.dims, sizeof v->dims);
    v->count = shape.count;
    v->bytes = shape.bytes;
    *value = v;
    return LW_OK;
}

lw_value *lwi_value_ref(const lw_value *value) {
    lw_value *v = (lw_value *)value;
    if (v) atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
    return v;
}

void lwi_value_clear(lw_value *v) {
    for (size_t i = 0; i < v->n_items; i++)
        lwi_value_release(v->items[i]);
    lwi_free(&v->allocator, v->items);
    lwi_storage_release(v->storage);
    lwi_remote_release(v->remote);
    v->remote = NULL;
    v->remote_at = 0;
    v->items = NULL;
    v->n_items = 0;
    v->storage = NULL;
    v->data = NULL;
}

void lwi_value_release(lw_value *v) {
    if (!v || atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1) return;
    lwi_value_clear(v);
    const lw_allocator a = v->allocator;
    if (!v->embedded) lwi_free(&a, v);
}

/* A string tensor's memory: the array of lw_string, then all the bytes. */
static lw_status clone_strings(const lw_allocator *allocator, const lw_value *value,
                               lw_value *copy) {
    const lw_string *in = value->data;
    size_t bytes = value->bytes;
    for (size_t i = 0; i < value->count; i++)
        if (!lwi_add_size(bytes, in[i].size, &bytes))
            return lwi_fail(LW_NO_MEMORY, "out of memory: strings too long");
    if (value->count == 0) return LW_OK;
    void *block = NULL;
    LW_TRY(lwi_alloc(allocator, bytes, &block));
    lw_status status = lwi_storage_make(allocator, block, &copy->storage);
    if (status != LW_OK) {
        lwi_free(allocator, block);
        return status;
    }
    lw_string *out = copy->data = block;
    char *text = (char *)block + value->bytes;
    for (size_t i = 0; i < value->count; i++) {
        if (in[i].size) memcpy(text, in[i].data, in[i].size);
        out[i] = (lw_string){text, in[i].size};
        text += in[i].size;
    }
    return LW_OK;
}

static lw_status clone_tensor(const lw_allocator *allocator, const lw_value *value,
                              lw_value **copy) {
    if (value->dtype != LW_STRING) {
        LW_TRY(lwi_tensor_make(allocator, value->dtype, value->rank, value->dims, copy));
        if (value->bytes && value->data) memcpy((*copy)->data, value->data, value->bytes);
        return LW_OK;
    }
    lw_value *v = NULL;
    LW_TRY(lwi_value_make(allocator, LW_KIND_TENSOR, LW_STRING, 0, &v));
    v->rank = value->rank;
    memcpy(v->dims, value->dims, sizeof v->dims);
    v->count = value->count;
    v->bytes = value->bytes;
    lw_status status = clone_strings(allocator, value, v);
    if (status != LW_OK) {
        lwi_value_release(v);
        return status;
    }
    *copy = v;
    return LW_OK;
}

lw_status lwi_value_clone(const lw_allocator *allocator, const lw_value *value, lw_value **copy) {
    if (value->kind == LW_KIND_TENSOR) return clone_tensor(allocator, value, copy);
    lw_value *v = NULL;
    LW_TRY(lwi_value_make(allocator, value->kind, value->dtype, value->n_items, &v));
    for (size_t i = 0; i < value->n_items; i++) {
        lw_status status = lwi_value_clone(allocator, value->items[i], &v->items[i]);
        if (status != LW_OK) {
            lwi_value_release(v);
            return status;
        }
    }
    *copy = v;
    return LW_OK;
}

/* ------------------------------------------------------------------ access */

static int packed_code(const lw_value *v, size_t i) {
    const int bits = TYPES[v->dtype].bits, per = 8 / bits;
    return ((const uint8_t *)v->data)[i / (size_t)per] >> (int)(i % (size_t)per) * bits &
           ((1 << bits) - 1);
}

int64_t lwi_get_int(const lw_value *v, size_t i) {
    const void *p = v->data;
    switch (v->dtype) {
    case LW_BOOL:
    case LW_UINT8:
        return ((const uint8_t *)p)[i];
    case LW_INT8:
        return ((const int8_t *)p)[i];
    case LW_UINT16:
        return ((const uint16_t *)p)[i];
    case LW_INT16:
        return ((const int16_t *)p)[i];
    case LW_INT32:
        return ((const int32_t *)p)[i];
    case LW_UINT32:
        return ((const uint32_t *)p)[i];
    case LW_INT64:
        return ((const int64_t *)p)[i];
    case LW_UINT64:
        return (int64_t)((const uint64_t *)p)[i];
    case LW_UINT4:
    case LW_UINT2:
        return packed_code(v, i);
    case LW_INT4:
        return (packed_code(v, i) ^ 8) - 8;
    case LW_INT2:
        return (packed_code(v, i) ^ 2) - 2;
    default: {
        const double d = lwi_get_double(v, i);
        if (!(d > -9223372036854775808.0)) return INT64_MIN;
        return d < 9223372036854775807.0 ? (int64_t)d : INT64_MAX;
    }
    }
}

double lwi_get_double(const lw_value *v, size_t i) {
    const void *p = v->data;
    switch (v->dtype) {
    case LW_FLOAT32:
        return ((const float *)p)[i];
    case LW_FLOAT64:
        return ((const double *)p)[i];
    case LW_COMPLEX64:
        return ((const float *)p)[2 * i];
    case LW_COMPLEX128:
        return ((const double *)p)[2 * i];
    case LW_FLOAT16:
        return lwi_f16_to_f32(((const uint16_t *)p)[i]);
    case LW_BFLOAT16:
        return lwi_bf16_to_f32(((const uint16_t *)p)[i]);
    case LW_FLOAT8E4M3FN:
        return lwi_f8e4m3fn_to_f32(((const uint8_t *)p)[i]);
    case LW_FLOAT8E4M3FNUZ:
        return lwi_f8e4m3fnuz_to_f32(((const uint8_t *)p)[i]);
    case LW_FLOAT8E5M2:
        return lwi_f8e5m2_to_f32(((const uint8_t *)p)[i]);
    case LW_FLOAT8E5M2FNUZ:
        return lwi_f8e5m2fnuz_to_f32(((const uint8_t *)p)[i]);
    case LW_FLOAT8E8M0:
        return lwi_f8e8m0_to_f32(((const uint8_t *)p)[i]);
    case LW_FLOAT4E2M1:
        return lwi_f4e2m1_to_f32((uint8_t)packed_code(v, i));
    case LW_UINT64:
        return (double)((const uint64_t *)p)[i];
    case LW_STRING:
    case LW_DTYPE_NONE:
    case LW_DTYPE_COUNT:
        return 0;
    default:
        return (double)lwi_get_int(v, i);
    }
}
