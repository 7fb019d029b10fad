/* SPDX-License-Identifier: MIT
 * Weights and constants: bytes of a storage, seen with sizes and strides. */
#include "format/torch_export/pt2.h"

#include "base/checked.h"

#include <string.h>

/* Elements of a tensor whose file has fewer: an expanded one, or zeros. */
enum { MOST_MADE = 1 << 24, MOST_UNPACKED = 1 << 30 };

typedef struct strided {
    lw_dtype dtype;
    int rank;
    int64_t dims[LW_MAX_RANK], strides[LW_MAX_RANK];
    int64_t offset;
    size_t count; /* of elements */
    size_t reach; /* elements of the storage that are used, from its start */
} strided;

static lw_status read_strides(const lwi_json_item *meta, strided *s) {
    const lwi_json_item *strides = lwi_json_get(meta, "strides");
    if (!lwi_json_is(strides, LWI_JSON_ARRAY) || strides->size != (size_t)s->rank)
        return lwi_fail(LW_CORRUPT, "it has no stride for each size");
    for (int d = 0; d < s->rank; d++) {
        s->strides[d] = lwi_json_int(&strides->items[d], "as_int", -1);
        if (s->strides[d] < 0) return lwi_fail(LW_CORRUPT, "a stride is no number");
    }
    s->offset = lwi_json_int(lwi_json_get(meta, "storage_offset"), "as_int", -1);
    return s->offset < 0 ? lwi_fail(LW_CORRUPT, "its place in the storage is no number") : LW_OK;
}

static lw_status measure(strided *s) {
    size_t reach = (size_t)s->offset;
    s->count = 1;
    for (int d = 0; d < s->rank; d++)
        if (!lwi_mul_size(s->count, (size_t)s->dims[d], &s->count))
            return lwi_fail(LW_LIMIT, "it has too many elements");
    for (int d = 0; d < s->rank && s->count > 0; d++) {
        size_t step = 0;
        if (!lwi_mul_size((size_t)s->strides[d], (size_t)s->dims[d] - 1, &step) ||
            !lwi_add_size(reach, step, &reach))
            return lwi_fail(LW_CORRUPT, "its strides are too large");
    }
    s->reach = s->count ? reach + 1 : 0;
    return LW_OK;
}

static lw_status read_layout(const lwi_json_item *meta, strided *s) {
    enum { STRIDED = 7 };
    lwi_pt2_type type;
    LW_TRY(lwi_pt2_type_read(meta, &type));
    if (lwi_json_int(meta, "layout", STRIDED) != STRIDED)
        return lwi_fail(LW_UNSUPPORTED, "it is sparse");
    *s = (strided){.dtype = type.dtype, .rank = type.rank};
    for (int d = 0; d < type.rank; d++) {
        s->dims[d] = type.sizes[d].fixed;
        if (s->dims[d] < 0) return lwi_fail(LW_CORRUPT, "its sizes are not fixed");
    }
    LW_TRY(read_strides(meta, s));
    return measure(s);
}

static bool contiguous(const strided *s) {
    int64_t step = 1;
    for (int d = s->rank; d-- > 0;) {
        if (s->dims[d] != 1 && s->strides[d] != step) return false;
        step *= s->dims[d];
    }
    return true;
}

/* The elements in their order; storage begins at the first. */
static void gather(const strided *s, size_t size, const uint8_t *storage, uint8_t *to) {
    int64_t at[LW_MAX_RANK] = {0};
    for (size_t i = 0; i < s->count; i++) {
        size_t place = 0;
        for (int d = 0; d < s->rank; d++)
            place += (size_t)(at[d] * s->strides[d]);
        memcpy(to + i * size, storage + place * size, size);
        for (int d = s->rank; d-- > 0 && ++at[d] == s->dims[d];)
            at[d] = 0;
    }
}

static lw_status find_storage(lwi_pt2 *p, const lwi_json_item *payload, const uint8_t **storage,
                              size_t *bytes) {
    const char *path = lwi_json_text(payload, "path_name", "");
    if (lwi_json_bool(payload, "use_pickle", false))
        return lwi_fail(LW_UNSUPPORTED, "it is stored as a Python object");
    const lwi_zip_entry *e = lwi_pt2_file(p, "data/weights", path);
    if (!e) e = lwi_pt2_file(p, "data/constants", path);
    if (!e) return lwi_fail(LW_CORRUPT, "the archive has no file '%.80s' for it", path);
    *bytes = e->size;
    return lwi_zip_bytes(e, &p->network->arena, MOST_UNPACKED, storage);
}

/* Where the elements lie: in the file, or in the arena. A storage without bytes is all zeros. */
static lw_status settle(lwi_pt2 *p, const strided *s, const uint8_t *storage, size_t bytes,
                        const void **data) {
    const size_t size = lwi_dtype_size(s->dtype);
    uint8_t *copy = NULL;
    size_t reach = 0;
    if (!lwi_mul_size(s->reach, size, &reach)) return lwi_fail(LW_CORRUPT, "it is too large");
    if (bytes > 0 && reach > bytes)
        return lwi_fail(LW_CORRUPT, "its storage has %zu bytes, %zu are needed", bytes, reach);
    if (bytes > 0 && contiguous(s)) {
        *data = storage + (s->count ? (size_t)s->offset * size : 0);
        return LW_OK;
    }
    if (s->count > MOST_MADE && s->count > bytes / size)
        return lwi_fail(LW_LIMIT, "it has %zu elements but its file only %zu bytes", s->count,
                        bytes);
    LW_TRY(lwi_arena_alloc(&p->network->arena, s->count, size, &copy));
    if (bytes > 0) gather(s, size, storage + (size_t)s->offset * size, copy);
    *data = copy;
    return LW_OK;
}

static lw_status make(lwi_pt2 *p, const lwi_json_item *payload, lwi_aten_value *value) {
    strided s;
    const uint8_t *storage = NULL;
    const void *data = NULL;
    size_t bytes = 0;
    LW_TRY(read_layout(lwi_json_get(payload, "tensor_meta"), &s));
    LW_TRY(find_storage(p, payload, &storage, &bytes));
    LW_TRY(settle(p, &s, storage, bytes, &data));
    *value = lwi_aten_constant(&p->a, s.dtype, s.rank, s.dims, data);
    return p->a.b.status;
}

lw_status lwi_pt2_constant(lwi_pt2 *p, const char *name, const lwi_json_item *payload,
                           lwi_aten_value *value) {
    const lw_status status = make(p, payload, value);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "tensor '%.80s'", name);
}
