/* SPDX-License-Identifier: MIT
 * Tensors as pickles tell of them: a storage, which is a record of the archive, with sizes and
 * strides. */
#include "files/torch_reader.h"
#include "format/torchscript/ts_archive.h"

#include <stdio.h>

static bool is_tuple(const lwi_pickle_item *item, size_t least) {
    return item->kind == LWI_PICKLE_TUPLE && item->n >= least;
}

static lw_status read_storage(const lwi_pickle_item *item, lwi_stored_tensor *t) {
    lwi_torch_id id;
    LW_TRY(lwi_torch_read_id(item, &id));
    if (!id.dtype || id.view) return lwi_fail(LW_CORRUPT, "a tensor's storage has no type");
    t->name = id.key;
    t->dtype = id.dtype;
    return LW_OK;
}

static bool read_sizes(const lwi_pickle_item *item, int rank, int64_t *sizes) {
    if (!is_tuple(item, (size_t)rank) || item->n != (size_t)rank) return false;
    for (int d = 0; d < rank; d++) {
        if (item->items[d]->kind != LWI_PICKLE_INT || item->items[d]->i < 0) return false;
        sizes[d] = item->items[d]->i;
    }
    return true;
}

lw_status lwi_ts_read_tensor_record(const lwi_pickle_item *args, lwi_stored_tensor *t) {
    *t = (lwi_stored_tensor){0};
    if (!is_tuple(args, 4) || args->items[1]->kind != LWI_PICKLE_INT || args->items[1]->i < 0 ||
        args->items[2]->kind != LWI_PICKLE_TUPLE || args->items[2]->n > LW_MAX_RANK)
        return lwi_fail(LW_CORRUPT, "a tensor's sizes cannot be");
    LW_TRY(read_storage(args->items[0], t));
    t->offset = (size_t)args->items[1]->i;
    t->rank = (int)args->items[2]->n;
    if (!read_sizes(args->items[2], t->rank, t->dims) ||
        !read_sizes(args->items[3], t->rank, t->strides))
        return lwi_fail(LW_CORRUPT, "a tensor's sizes cannot be");
    return LW_OK;
}

lw_status lwi_ts_tensor_data(const lwi_ts_archive *a, const char *folder, lwi_stored_tensor *t,
                             const uint8_t **data) {
    char name[160];
    const void *storage = NULL;
    snprintf(name, sizeof name, "%s%.120s", folder, t->name);
    LW_TRY(lwi_ts_record(a, name, &storage, &t->storage_bytes));
    t->storage = storage;
    lw_status status = lwi_stored_check(t);
    if (status == LW_OK) status = lwi_stored_get(t, a->arena, data);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "%s", name);
}
