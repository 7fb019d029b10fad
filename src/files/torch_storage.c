/* SPDX-License-Identifier: MIT
 * Storages: what their classes mean, and where their bytes are. */
#include "files/torch_reader.h"

#include "base/checked.h"

#include <stdio.h>

enum { NUMBER = 24, LONGEST_KEY = 256 };

static const struct {
    const char *name; /* behind the module's name */
    lw_dtype dtype;
} types[] = {
    {"FloatStorage", LW_FLOAT32},
    {"DoubleStorage", LW_FLOAT64},
    {"HalfStorage", LW_FLOAT16},
    {"BFloat16Storage", LW_BFLOAT16},
    {"LongStorage", LW_INT64},
    {"IntStorage", LW_INT32},
    {"ShortStorage", LW_INT16},
    {"CharStorage", LW_INT8},
    {"ByteStorage", LW_UINT8},
    {"BoolStorage", LW_BOOL},
    {"ComplexFloatStorage", LW_COMPLEX64},
    {"ComplexDoubleStorage", LW_COMPLEX128},
    {"QInt8Storage", LW_INT8},
    {"QUInt8Storage", LW_UINT8},
    {"QInt32Storage", LW_INT32},
    {"QUInt4x2Storage", LW_UINT4},
    {"QUInt2x4Storage", LW_UINT2},
    {"UntypedStorage", LW_DTYPE_NONE},
    {"_UntypedStorage", LW_DTYPE_NONE},
    {"float32", LW_FLOAT32},
    {"float64", LW_FLOAT64},
    {"float16", LW_FLOAT16},
    {"bfloat16", LW_BFLOAT16},
    {"int64", LW_INT64},
    {"int32", LW_INT32},
    {"int16", LW_INT16},
    {"int8", LW_INT8},
    {"uint8", LW_UINT8},
    {"uint16", LW_UINT16},
    {"uint32", LW_UINT32},
    {"uint64", LW_UINT64},
    {"bool", LW_BOOL},
    {"complex64", LW_COMPLEX64},
    {"complex128", LW_COMPLEX128},
    {"float8_e4m3fn", LW_FLOAT8E4M3FN},
    {"float8_e4m3fnuz", LW_FLOAT8E4M3FNUZ},
    {"float8_e5m2", LW_FLOAT8E5M2},
    {"float8_e5m2fnuz", LW_FLOAT8E5M2FNUZ},
    {"float8_e8m0fnu", LW_FLOAT8E8M0},
};

lw_status lwi_torch_type(const lwi_pickle_item *name, lw_dtype *dtype) {
    const char *text = name->kind == LWI_PICKLE_GLOBAL ? name->text.data : "";
    const char *last = strrchr(text, ' ');
    if (!last || strncmp(text, "torch", 5)) return lwi_fail(LW_CORRUPT, "a storage has no type");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(last + 1, types[i].name)) {
            *dtype = types[i].dtype;
            return LW_OK;
        }
    return lwi_fail(LW_UNSUPPORTED, "elements of the type '%.60s' are not supported", last + 1);
}

lw_status lwi_torch_key(lwi_arena *arena, const lwi_pickle_item *item, const char **key) {
    char number[NUMBER];
    if (item->kind == LWI_PICKLE_STRING && item->text.size < LONGEST_KEY &&
        !memchr(item->text.data, 0, item->text.size)) {
        *key = item->text.data;
        return LW_OK;
    }
    if (item->kind != LWI_PICKLE_INT) return lwi_fail(LW_CORRUPT, "a storage has no key");
    const int n = snprintf(number, sizeof number, "%lld", (long long)item->i);
    return lwi_arena_string(arena, number, (size_t)n, key);
}

/* ('storage', class, key, device, elements[, (key of the view, first element, elements)]) */
lw_status lwi_torch_read_id(const lwi_pickle_item *item, lwi_torch_id *id) {
    const lwi_pickle_item *t = item->kind == LWI_PICKLE_PERSISTENT ? item->items[0] : NULL;
    *id = (lwi_torch_id){0};
    if (!t || t->kind != LWI_PICKLE_TUPLE || t->n < 5 || !lwi_pickle_is(t->items[0], "storage") ||
        t->items[2]->kind != LWI_PICKLE_STRING || t->items[2]->text.size >= LONGEST_KEY ||
        memchr(t->items[2]->text.data, 0, t->items[2]->text.size) ||
        t->items[4]->kind != LWI_PICKLE_INT || t->items[4]->i < 0)
        return lwi_fail(LW_CORRUPT, "a storage has no proper id");
    LW_TRY(lwi_torch_type(t->items[1], &id->dtype));
    id->key = t->items[2]->text.data;
    id->count = (uint64_t)t->items[4]->i;
    if (t->n > 5 && t->items[5]->kind == LWI_PICKLE_TUPLE) id->view = t->items[5];
    return LW_OK;
}

lw_status lwi_torch_add_storage(lwi_torch_reader *r, const char *key, lwi_torch_storage storage) {
    LW_TRY(lwi_arena_grow(r->arena, &r->storages, &r->capacity, r->n_storages + 1,
                          sizeof *r->storages));
    r->storages[r->n_storages] = storage;
    return lwi_strmap_set(&r->keys, key, (int)r->n_storages++);
}

/* A record of a zip file. Storages are not compressed by PyTorch, but may have been since. */
static lw_status open_record(lwi_torch_reader *r, const lwi_torch_id *id) {
    char name[LONGEST_KEY + 8];
    lwi_torch_storage storage = {.dtype = id->dtype};
    snprintf(name, sizeof name, "data/%s", id->key);
    const lwi_zip_entry *e = lwi_zip_record(&r->zip, name);
    if (!e) return lwi_fail(LW_CORRUPT, "the file has no record '%s'", name);
    size_t most = 0;
    if (!lwi_mul_size((uint64_t)id->count, lwi_stored_bits(id->dtype ? id->dtype : LW_UINT8),
                      &most))
        return lwi_fail(LW_CORRUPT, "record '%s' has too many elements", name);
    LW_TRY(lwi_zip_bytes(e, r->arena, most / 8, &storage.data));
    storage.bytes = e->size;
    return lwi_torch_add_storage(r, id->key, storage);
}

/* A part of a storage, which tensors of it begin at. */
static lw_status cut_view(const lwi_torch_id *id, lwi_torch_storage *s) {
    const size_t size = lwi_stored_bits(s->dtype ? s->dtype : LW_UINT8) / 8;
    const lwi_pickle_item *const *v = (const lwi_pickle_item *const *)id->view->items;
    if (id->view->n < 3 || v[1]->kind != LWI_PICKLE_INT || v[2]->kind != LWI_PICKLE_INT ||
        v[1]->i < 0 || v[2]->i < 0 || !size || (uint64_t)v[1]->i > s->bytes / size ||
        (uint64_t)v[2]->i > s->bytes / size - (uint64_t)v[1]->i)
        return lwi_fail(LW_CORRUPT, "a view does not lie in its storage '%s'", id->key);
    s->data += (size_t)v[1]->i * size;
    s->bytes = (size_t)v[2]->i * size;
    return LW_OK;
}

lw_status lwi_torch_find_storage(lwi_torch_reader *r, const lwi_pickle_item *item,
                                 lwi_torch_storage *storage) {
    lwi_torch_id id;
    LW_TRY(lwi_torch_read_id(item, &id));
    if (lwi_strmap_get(&r->keys, id.key) < 0 && r->is_zip) LW_TRY(open_record(r, &id));
    const int found = lwi_strmap_get(&r->keys, id.key);
    if (found < 0) return lwi_fail(LW_CORRUPT, "the file has no storage '%s'", id.key);
    *storage = r->storages[found];
    storage->dtype = id.dtype;
    return id.view ? cut_view(&id, storage) : LW_OK;
}
