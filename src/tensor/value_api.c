/* SPDX-License-Identifier: MIT
 * The public functions on values. */
#include "base/checked.h"
#include "tensor/value.h"

#include <string.h>

static lw_status check_dims(const char *function, int rank, const int64_t *dims, lw_value **out) {
    if (!out) return lwi_fail(LW_INVALID, "%s: value is NULL", function);
    if (rank > 0 && !dims) return lwi_fail(LW_INVALID, "%s: dims is NULL", function);
    return LW_OK;
}

lw_status lw_tensor_wrap(lw_dtype dtype, int rank, const int64_t *dims, void *data,
                         lw_value **value) {
    LW_TRY(check_dims(__func__, rank, dims, value));
    lw_value shape, *v = NULL;
    LW_TRY(lwi_tensor_init(&shape, dtype, rank, dims, data));
    if (!data && shape.bytes) return lwi_fail(LW_INVALID, "lw_tensor_wrap: data is NULL");
    const size_t align = lwi_dtype_size(dtype) < 8 ? lwi_dtype_size(dtype) : 8;
    if ((uintptr_t)data % align)
        return lwi_fail(LW_INVALID, "lw_tensor_wrap: data is not aligned to %zu bytes", align);
    LW_TRY(lwi_value_make(&lwi_malloc_allocator, LW_KIND_TENSOR, dtype, 0, &v));
    v->rank = rank;
    memcpy(v->dims, shape.dims, sizeof v->dims);
    v->count = shape.count;
    v->bytes = shape.bytes;
    v->data = data;
    *value = v;
    return LW_OK;
}

lw_status lw_tensor_new(lw_dtype dtype, int rank, const int64_t *dims, lw_value **value) {
    LW_TRY(check_dims(__func__, rank, dims, value));
    return lwi_tensor_make(&lwi_malloc_allocator, dtype, rank, dims, value);
}

void lw_value_free(lw_value *value) { lwi_value_release(value); }

lw_status lw_value_copy(const lw_value *value, lw_value **copy) {
    if (!value || !copy) return lwi_fail(LW_INVALID, "lw_value_copy: value or copy is NULL");
    return lwi_value_clone(&lwi_malloc_allocator, value, copy);
}

/* ----------------------------------------------------------------- tensors */

static bool is_tensor(const lw_value *v) { return v && v->kind == LW_KIND_TENSOR; }
lw_dtype lw_tensor_dtype(const lw_value *v) { return is_tensor(v) ? v->dtype : LW_DTYPE_NONE; }
int lw_tensor_rank(const lw_value *v) { return is_tensor(v) ? v->rank : 0; }
const int64_t *lw_tensor_dims(const lw_value *v) { return is_tensor(v) ? v->dims : NULL; }
size_t lw_tensor_count(const lw_value *v) { return is_tensor(v) ? v->count : 0; }
size_t lw_tensor_bytes(const lw_value *v) { return is_tensor(v) ? v->bytes : 0; }
void *lw_tensor_data(const lw_value *v) { return is_tensor(v) ? v->data : NULL; }

lw_status lw_tensor_strings(int rank, const int64_t *dims, const char *const *strings,
                            const size_t *lengths, lw_value **value) {
    LW_TRY(check_dims(__func__, rank, dims, value));
    lw_value borrowed;
    LW_TRY(lwi_tensor_init(&borrowed, LW_STRING, rank, dims, NULL));
    if (!strings && borrowed.count)
        return lwi_fail(LW_INVALID, "lw_tensor_strings: strings is NULL");
    lw_string *elements = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, borrowed.count, sizeof *elements, &elements));
    for (size_t i = 0; i < borrowed.count; i++)
        elements[i] = (lw_string){strings[i], lengths ? lengths[i] : strlen(strings[i])};
    borrowed.data = elements;
    const lw_status status = lwi_value_clone(&lwi_malloc_allocator, &borrowed, value);
    lwi_free(&lwi_malloc_allocator, elements);
    return status;
}

/* ------------------------------------------------------------- other kinds */

lw_kind lw_value_kind(const lw_value *v) { return v ? v->kind : LW_KIND_TENSOR; }

lw_status lw_sequence_take(lw_dtype dtype, lw_value *const *items, size_t n, lw_value **value) {
    if (!value || (n && !items))
        return lwi_fail(LW_INVALID, "lw_sequence_take: value or items is NULL");
    for (size_t i = 0; i < n; i++)
        if (!items[i]) return lwi_fail(LW_INVALID, "lw_sequence_take: item %zu is NULL", i);
    lw_value *v = NULL;
    LW_TRY(lwi_value_make(&lwi_malloc_allocator, LW_KIND_SEQUENCE, dtype, n, &v));
    for (size_t i = 0; i < n; i++)
        v->items[i] = items[i];
    *value = v;
    return LW_OK;
}

static bool is_list(const lw_value *v) {
    return v && (v->kind == LW_KIND_SEQUENCE || v->kind == LW_KIND_OPTIONAL);
}

size_t lw_value_item_count(const lw_value *v) { return is_list(v) ? v->n_items : 0; }

const lw_value *lw_value_item(const lw_value *v, size_t index) {
    return index < lw_value_item_count(v) ? v->items[index] : NULL;
}

lw_status lw_optional_take(lw_value *item, lw_value **value) {
    if (!value) return lwi_fail(LW_INVALID, "lw_optional_take: value is NULL");
    lw_value *v = NULL;
    LW_TRY(lwi_value_make(&lwi_malloc_allocator, LW_KIND_OPTIONAL,
                          item ? item->dtype : LW_DTYPE_NONE, item ? 1 : 0, &v));
    if (item) v->items[0] = item;
    *value = v;
    return LW_OK;
}

lw_status lw_map_take(lw_value *keys, lw_value *values, lw_value **value) {
    if (!value || !is_tensor(keys) || !is_tensor(values))
        return lwi_fail(LW_INVALID, "lw_map_take: keys and values must be tensors");
    if (keys->dtype != LW_INT64 && keys->dtype != LW_STRING)
        return lwi_fail(LW_TYPE, "lw_map_take: keys are %s, expected int64 or string",
                        lw_dtype_name(keys->dtype));
    if (keys->count != values->count)
        return lwi_fail(LW_SHAPE, "lw_map_take: %zu keys, but %zu values", keys->count,
                        values->count);
    lw_value *v = NULL;
    LW_TRY(lwi_value_make(&lwi_malloc_allocator, LW_KIND_MAP, values->dtype, 2, &v));
    v->items[0] = keys;
    v->items[1] = values;
    *value = v;
    return LW_OK;
}

static const lw_value *map_item(const lw_value *map, size_t i) {
    return map && map->kind == LW_KIND_MAP && map->n_items == 2 ? map->items[i] : NULL;
}

const lw_value *lw_map_keys(const lw_value *map) { return map_item(map, 0); }
const lw_value *lw_map_values(const lw_value *map) { return map_item(map, 1); }

const char *lw_version(void) {
#define TEXT(x) #x
#define VERSION(a, b, c) TEXT(a) "." TEXT(b) "." TEXT(c)
    return VERSION(LAMPWICK_VERSION_MAJOR, LAMPWICK_VERSION_MINOR, LAMPWICK_VERSION_PATCH);
#undef VERSION
#undef TEXT
}
