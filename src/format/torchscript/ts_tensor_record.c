/* SPDX-License-Identifier: MIT
 * Tensors as pickles tell of them: a storage, which is a record of the archive, with sizes and
 * strides. */
#include "format/torchscript/ts_archive.h"

#include "base/checked.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *storage;
    lw_dtype dtype;
} storages[] = {{"torch DoubleStorage", LW_FLOAT64},
                {"torch FloatStorage", LW_FLOAT32},
                {"torch HalfStorage", LW_FLOAT16},
                {"torch BFloat16Storage", LW_BFLOAT16},
                {"torch LongStorage", LW_INT64},
                {"torch IntStorage", LW_INT32},
                {"torch ShortStorage", LW_INT16},
                {"torch CharStorage", LW_INT8},
                {"torch ByteStorage", LW_UINT8},
                {"torch BoolStorage", LW_BOOL},
                {"torch ComplexFloatStorage", LW_COMPLEX64},
                {"torch ComplexDoubleStorage", LW_COMPLEX128}};

static bool is_tuple(const lwi_pickle_item *item, size_t least) {
    return item->kind == LWI_PICKLE_TUPLE && item->n >= least;
}

/* ('storage', class, key, device, elements) */
static lw_status read_storage(const lwi_pickle_item *item, lwi_ts_tensor_record *r) {
    const lwi_pickle_item *id = item->kind == LWI_PICKLE_PERSISTENT ? item->items[0] : NULL;
    if (!id || !is_tuple(id, 5) || !lwi_pickle_is(id->items[0], "storage") ||
        id->items[1]->kind != LWI_PICKLE_GLOBAL || id->items[2]->kind != LWI_PICKLE_STRING)
        return lwi_fail(LW_CORRUPT, "a tensor has no storage");
    r->key = id->items[2]->text.data;
    for (size_t i = 0; i < sizeof storages / sizeof *storages; i++)
        if (lwi_pickle_is(id->items[1], storages[i].storage)) {
            r->dtype = storages[i].dtype;
            return LW_OK;
        }
    return lwi_fail(LW_UNSUPPORTED, "tensors of '%.60s' are not supported",
                    id->items[1]->text.data);
}

static bool read_sizes(const lwi_pickle_item *item, int rank, int64_t *sizes) {
    if (!is_tuple(item, (size_t)rank) || item->n != (size_t)rank) return false;
    for (int d = 0; d < rank; d++) {
        if (item->items[d]->kind != LWI_PICKLE_INT || item->items[d]->i < 0) return false;
        sizes[d] = item->items[d]->i;
    }
    return true;
}

lw_status lwi_ts_read_tensor_record(const lwi_pickle_item *args, lwi_ts_tensor_record *r) {
    *r = (lwi_ts_tensor_record){0};
    if (!is_tuple(args, 4) || args->items[1]->kind != LWI_PICKLE_INT || args->items[1]->i < 0 ||
        args->items[2]->kind != LWI_PICKLE_TUPLE || args->items[2]->n > LW_MAX_RANK)
        return lwi_fail(LW_CORRUPT, "a tensor's sizes cannot be");
    LW_TRY(read_storage(args->items[0], r));
    r->offset = args->items[1]->i;
    r->rank = (int)args->items[2]->n;
    if (!read_sizes(args->items[2], r->rank, r->dims) ||
        !read_sizes(args->items[3], r->rank, r->strides))
        return lwi_fail(LW_CORRUPT, "a tensor's sizes cannot be");
    return LW_OK;
}

/* Elements, and the distance of the last one from the first; false: too many. */
static bool extent_of(const lwi_ts_tensor_record *r, int64_t *count, int64_t *extent,
                      bool *in_order) {
    *count = 1, *extent = 0, *in_order = true;
    for (int d = r->rank - 1; d >= 0; d--) {
        int64_t far = 0;
        if (r->dims[d] != 1 && r->strides[d] != *count) *in_order = false;
        if (!lwi_mul_i64(*count, r->dims[d], count)) return false;
        if (r->dims[d] > 1 && (!lwi_mul_i64(r->dims[d] - 1, r->strides[d], &far) ||
                               !lwi_add_i64(*extent, far, extent)))
            return false;
    }
    return true;
}

static void gather(const lwi_ts_tensor_record *r, size_t size, const char *from, char *to) {
    int64_t at[LW_MAX_RANK] = {0}, place = 0;
    for (int d = r->rank - 1; d >= 0;) {
        memcpy(to, from + (size_t)place * size, size);
        to += size;
        for (d = r->rank - 1; d >= 0; d--) {
            place += r->strides[d];
            if (++at[d] < r->dims[d]) break;
            place -= r->strides[d] * r->dims[d];
            at[d] = 0;
        }
    }
}

lw_status lwi_ts_tensor_data(const lwi_ts_archive *a, const char *folder,
                             const lwi_ts_tensor_record *r, const void **data) {
    char name[160];
    const void *storage = NULL;
    size_t bytes = 0;
    int64_t count = 0, extent = 0, last = 0;
    bool in_order = false;
    char *copy = NULL;
    snprintf(name, sizeof name, "%s%.120s", folder, r->key);
    LW_TRY(lwi_ts_record(a, name, &storage, &bytes));
    if (!extent_of(r, &count, &extent, &in_order) || !lwi_add_i64(r->offset, extent, &last))
        return lwi_fail(LW_CORRUPT, "%s: a tensor is too large", name);
    *data = "";
    if (count == 0) return LW_OK;
    const size_t size = lwi_dtype_size(r->dtype);
    if (!storage || (uint64_t)last >= bytes / size)
        return lwi_fail(LW_CORRUPT, "%s: a tensor does not fit in its storage of %zu bytes", name,
                        bytes);
    const char *first = (const char *)storage + (size_t)r->offset * size;
    *data = first;
    if (in_order) return LW_OK;
    /* no more bytes than the storage has, but for tensors that repeat some */
    if ((uint64_t)count > bytes / size && (uint64_t)count > (1U << 24))
        return lwi_fail(LW_LIMIT, "%s: a tensor repeats its elements too often", name);
    LW_TRY(lwi_arena_alloc(a->arena, (size_t)count, size, &copy));
    gather(r, size, first, copy);
    *data = copy;
    return LW_OK;
}
