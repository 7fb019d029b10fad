/* SPDX-License-Identifier: MIT
 * Weights and constants: bytes of a storage, seen with sizes and strides. */
#include "format/torch_export/pt2.h"

#include <string.h>

enum { MOST_UNPACKED = 1 << 30 };

static lw_status read_strides(const lwi_json_item *meta, lwi_stored_tensor *t) {
    const lwi_json_item *strides = lwi_json_get(meta, "strides");
    if (!lwi_json_is(strides, LWI_JSON_ARRAY) || strides->size != (size_t)t->rank)
        return lwi_fail(LW_CORRUPT, "it has no stride for each size");
    for (int d = 0; d < t->rank; d++) {
        t->strides[d] = lwi_json_int(&strides->items[d], "as_int", -1);
        if (t->strides[d] < 0) return lwi_fail(LW_CORRUPT, "a stride is no number");
    }
    const int64_t offset = lwi_json_int(lwi_json_get(meta, "storage_offset"), "as_int", -1);
    if (offset < 0) return lwi_fail(LW_CORRUPT, "its place in the storage is no number");
    t->offset = (size_t)offset;
    return LW_OK;
}

static lw_status read_layout(const lwi_json_item *meta, lwi_stored_tensor *t) {
    enum { STRIDED = 7 };
    lwi_pt2_type type;
    LW_TRY(lwi_pt2_type_read(meta, &type));
    if (lwi_json_int(meta, "layout", STRIDED) != STRIDED)
        return lwi_fail(LW_UNSUPPORTED, "it is sparse");
    t->dtype = type.dtype;
    t->rank = type.rank;
    for (int d = 0; d < type.rank; d++) {
        t->dims[d] = type.sizes[d].fixed;
        if (t->dims[d] < 0) return lwi_fail(LW_CORRUPT, "its sizes are not fixed");
    }
    return read_strides(meta, t);
}

/* A storage without bytes is all zeros. */
static void make_zeros(lwi_stored_tensor *t) {
    static const uint8_t zeros[16];
    t->storage = zeros;
    t->storage_bytes = sizeof zeros;
    t->offset = 0;
    memset(t->strides, 0, sizeof t->strides);
}

static lw_status find_storage(lwi_pt2 *p, const lwi_json_item *payload, lwi_stored_tensor *t) {
    const char *path = lwi_json_text(payload, "path_name", "");
    if (lwi_json_bool(payload, "use_pickle", false))
        return lwi_fail(LW_UNSUPPORTED, "it is stored as a Python object");
    const lwi_zip_entry *e = lwi_pt2_file(p, "data/weights", path);
    if (!e) e = lwi_pt2_file(p, "data/constants", path);
    if (!e) return lwi_fail(LW_CORRUPT, "the archive has no file '%.80s' for it", path);
    t->storage_bytes = e->size;
    if (e->size == 0) make_zeros(t);
    return e->size == 0 ? LW_OK : lwi_zip_bytes(e, &p->network->arena, MOST_UNPACKED, &t->storage);
}

/* What a PayloadMeta says. */
static lw_status read_payload(lwi_pt2 *p, const lwi_json_item *payload, lwi_stored_tensor *t) {
    LW_TRY(read_layout(lwi_json_get(payload, "tensor_meta"), t));
    LW_TRY(find_storage(p, payload, t));
    return lwi_stored_check(t);
}

static const lwi_json_item *payload_of(const lwi_pt2 *p, const char *name) {
    const lwi_json_item *payload = NULL;
    if (p->weights.object) payload = lwi_json_index_get(&p->weights, name, strlen(name));
    if (!payload && p->constants.object)
        payload = lwi_json_index_get(&p->constants, name, strlen(name));
    return payload;
}

static lw_status find(lwi_pt2 *p, const char *name, lwi_stored_tensor *t) {
    const lwi_json_item *payload = payload_of(p, name);
    if (payload) return read_payload(p, payload, t);
    const int i = lwi_strmap_get(&p->saved, name);
    if (i < 0) return lwi_fail(LW_CORRUPT, "the archive has no such tensor");
    if (p->saved_tensors[i]->quantization) return lwi_fail(LW_UNSUPPORTED, "it is quantised");
    *t = *p->saved_tensors[i];
    return LW_OK;
}

bool lwi_pt2_has(const lwi_pt2 *p, const char *name) {
    return payload_of(p, name) || lwi_strmap_get(&p->saved, name) >= 0;
}

lw_status lwi_pt2_constant(lwi_pt2 *p, const char *name, lwi_aten_value *value) {
    lwi_stored_tensor t = {.name = name};
    const uint8_t *data = NULL;
    lw_status status = find(p, name, &t);
    if (status == LW_OK) status = lwi_stored_get(&t, &p->network->arena, &data);
    if (status != LW_OK) return lwi_fail_prefix(status, "tensor '%.80s'", name);
    *value = lwi_aten_constant(&p->a, t.dtype, t.rank, t.dims, data);
    return p->a.b.status;
}
