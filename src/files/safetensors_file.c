/* SPDX-License-Identifier: MIT */
#include "files/safetensors_file.h"

#include "base/checked.h"
#include "base/json_read.h"
#include "files/little_endian.h"

#include <string.h>

enum {
    LENGTH = 8,             /* bytes, before the header */
    MOST_HEADER = 100 << 20 /* bytes, as the format's own reader */
};

static const struct {
    const char *name;
    lw_dtype dtype;
    unsigned bits;
} types[] = {
    {"BOOL", LW_BOOL, 8},
    {"U8", LW_UINT8, 8},
    {"I8", LW_INT8, 8},
    {"F8_E5M2", LW_FLOAT8E5M2, 8},
    {"F8_E4M3", LW_FLOAT8E4M3FN, 8},
    {"F8_E8M0", LW_FLOAT8E8M0, 8},
    {"I16", LW_INT16, 16},
    {"U16", LW_UINT16, 16},
    {"F16", LW_FLOAT16, 16},
    {"BF16", LW_BFLOAT16, 16},
    {"I32", LW_INT32, 32},
    {"U32", LW_UINT32, 32},
    {"F32", LW_FLOAT32, 32},
    {"F64", LW_FLOAT64, 64},
    {"I64", LW_INT64, 64},
    {"U64", LW_UINT64, 64},
    {"C64", LW_COMPLEX64, 64},
    {"F4", LW_FLOAT4E2M1, 4},
};

const char *lwi_safetensors_type(lw_dtype dtype) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].dtype == dtype) return types[i].name;
    return NULL;
}

void lwi_safetensors_init(lwi_safetensors *all, lwi_arena *arena) {
    *all = (lwi_safetensors){.arena = arena};
    lwi_strmap_init(&all->index, &arena->allocator);
}

void lwi_safetensors_free(lwi_safetensors *all) { lwi_strmap_free(&all->index); }

const lwi_safetensor *lwi_safetensors_find(const lwi_safetensors *all, const char *name) {
    const int i = lwi_strmap_get(&all->index, name);
    return i < 0 ? NULL : all->tensors + i;
}

static lw_status read_type(const lwi_json_item *entry, lwi_safetensor *t, size_t *bits) {
    const char *name = lwi_json_text(entry, "dtype", "");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i].name, name)) {
            t->dtype = types[i].dtype;
            *bits = types[i].bits;
            return LW_OK;
        }
    return lwi_fail(LW_UNSUPPORTED, "safetensors: tensor '%s' has the unknown type '%.32s'",
                    t->name, name);
}

static lw_status read_shape(const lwi_json_item *entry, lwi_safetensor *t, size_t *bits) {
    const lwi_json_item *shape = lwi_json_get(entry, "shape");
    if (!lwi_json_is(shape, LWI_JSON_ARRAY) || shape->size > LWI_SAFETENSORS_RANK)
        return lwi_fail(LW_CORRUPT,
                        "safetensors: tensor '%s' has no shape of at most %d dimensions", t->name,
                        LWI_SAFETENSORS_RANK);
    t->rank = (int)shape->size;
    for (size_t i = 0; i < shape->size; i++) {
        const lwi_json_item *dim = shape->items + i;
        if (!lwi_json_is(dim, LWI_JSON_NUMBER) || !dim->is_integer || dim->integer < 0 ||
            !lwi_mul_size(*bits, (uint64_t)dim->integer, bits))
            return lwi_fail(LW_CORRUPT, "safetensors: tensor '%s': dimension %zu", t->name, i);
        t->dims[i] = dim->integer;
    }
    if (*bits % 8)
        return lwi_fail(LW_CORRUPT, "safetensors: tensor '%s' is no whole number of bytes",
                        t->name);
    t->bytes = *bits / 8;
    return LW_OK;
}

/* Offsets from the end of the header. */
static lw_status read_place(const lwi_json_item *entry, lwi_safetensor *t, const uint8_t *body,
                            size_t size) {
    const lwi_json_item *offsets = lwi_json_get(entry, "data_offsets");
    if (!lwi_json_is(offsets, LWI_JSON_ARRAY) || offsets->size != 2 ||
        !offsets->items[0].is_integer || !offsets->items[1].is_integer)
        return lwi_fail(LW_CORRUPT, "safetensors: tensor '%s' has no data_offsets", t->name);
    const int64_t begin = offsets->items[0].integer, end = offsets->items[1].integer;
    if (begin < 0 || end < begin || (uint64_t)end > size || (uint64_t)(end - begin) != t->bytes)
        return lwi_fail(
            LW_CORRUPT,
            "safetensors: tensor '%s' has bytes %lld to %lld of %zu; its shape takes %zu", t->name,
            (long long)begin, (long long)end, size, t->bytes);
    t->data = body + begin;
    return LW_OK;
}

lw_status lwi_safetensors_put(lwi_safetensors *all, const lwi_safetensor *t) {
    LW_TRY(lwi_arena_grow(all->arena, &all->tensors, &all->capacity, all->n + 1,
                          sizeof *all->tensors));
    if (lwi_safetensors_find(all, t->name))
        return lwi_fail(LW_CORRUPT, "safetensors: tensor '%s' occurs twice", t->name);
    all->tensors[all->n] = *t;
    return lwi_strmap_set(&all->index, t->name, (int)all->n++);
}

static lw_status add_tensor(lwi_safetensors *all, const lwi_json_item *entry, const uint8_t *body,
                            size_t size) {
    size_t bits = 0;
    lwi_safetensor t = {.name = entry->key};
    if (memchr(entry->key, 0, entry->key_size))
        return lwi_fail(LW_CORRUPT, "safetensors: the name '%s' has a zero in it", entry->key);
    LW_TRY(read_type(entry, &t, &bits));
    LW_TRY(read_shape(entry, &t, &bits));
    LW_TRY(read_place(entry, &t, body, size));
    return lwi_safetensors_put(all, &t);
}

/* The format allows no gaps and no overlaps: the sizes of all tensors make up the body. */
static lw_status check_coverage(const lwi_safetensors *all, size_t first, size_t size) {
    size_t sum = 0;
    for (size_t i = first; i < all->n; i++)
        if (!lwi_add_size(sum, all->tensors[i].bytes, &sum)) sum = SIZE_MAX;
    if (sum == size) return LW_OK;
    return lwi_fail(LW_CORRUPT, "safetensors: tensors of %zu bytes in a file with %zu", sum, size);
}

bool lwi_is_safetensors(const void *data, size_t size) {
    const uint8_t *bytes = data;
    return size > LENGTH && bytes[LENGTH] == '{' &&
           lwi_little_endian(bytes, LENGTH) <= size - LENGTH;
}

lw_status lwi_safetensors_add(lwi_safetensors *all, const void *data, size_t size) {
    const uint8_t *bytes = data;
    const size_t first = all->n;
    const lwi_json_item *root = NULL;
    if (size < LENGTH) return lwi_fail(LW_CORRUPT, "safetensors: the file has %zu bytes", size);
    const uint64_t header = lwi_little_endian(bytes, LENGTH);
    if (header > MOST_HEADER || header > size - LENGTH)
        return lwi_fail(LW_CORRUPT, "safetensors: a header of %llu bytes in a file of %zu",
                        (unsigned long long)header, size);
    const lwi_json_limits limits = {.bytes = MOST_HEADER, .unique_keys = true};
    const lw_status status =
        lwi_json_parse(all->arena, (const char *)bytes + LENGTH, (size_t)header, &limits, &root);
    if (status != LW_OK) return lwi_fail_prefix(status, "safetensors");
    if (!lwi_json_is(root, LWI_JSON_OBJECT))
        return lwi_fail(LW_CORRUPT, "safetensors: the header is no object");
    const uint8_t *body = bytes + LENGTH + header;
    for (size_t i = 0; i < root->size; i++)
        if (strcmp(root->items[i].key, "__metadata__"))
            LW_TRY(add_tensor(all, root->items + i, body, size - LENGTH - (size_t)header));
    return check_coverage(all, first, size - LENGTH - (size_t)header);
}
