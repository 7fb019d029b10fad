/* SPDX-License-Identifier: MIT
 * Tensors whose bytes lie in a file beside the model (TensorProto.external_data: pairs of key and
 * value; https://onnx.ai/onnx/repo-docs/ExternalData.html). Each file is mapped once. */
#include "base/checked.h"
#include "format/onnx/reader.h"

#include <string.h>

enum { EXTERNAL_DATA = 13, KEY = 1, VALUE = 2 };

typedef struct place {
    const char *location;
    size_t offset, length;
} place;

static lw_status read_size(const char *key, lwi_wire text, size_t *size) {
    size_t n = 0;
    bool good = text.at < text.end;
    for (const uint8_t *p = text.at; p < text.end && good; p++)
        good = *p >= '0' && *p <= '9' && lwi_mul_size(n, 10, &n) &&
               lwi_add_size(n, (uint64_t)(*p - '0'), &n);
    if (!good)
        return lwi_fail(LW_CORRUPT, "external data: '%.*s' is not a good %s",
                        (int)(lwi_wire_size(text) < 60 ? lwi_wire_size(text) : 60),
                        text.at ? (const char *)text.at : "", key);
    *size = n;
    return LW_OK;
}

static bool is_key(lwi_wire key, const char *name) {
    return lwi_wire_size(key) == strlen(name) && !memcmp(key.at, name, strlen(name));
}

static lw_status read_entry(lwi_onnx *o, lwi_wire entry, place *p) {
    lwi_wire key = {NULL, NULL};
    lwi_field f, value = {.type = LWI_WIRE_BYTES};
    while (entry.at < entry.end) {
        LW_TRY(lwi_wire_next(&entry, &f));
        if (f.id == KEY) LW_TRY(lwi_field_body(&f, &key));
        if (f.id == VALUE) value = f;
    }
    lwi_wire text = {NULL, NULL};
    LW_TRY(lwi_field_body(&value, &text));
    if (is_key(key, "location")) return lwi_field_name(&value, &o->network->arena, &p->location);
    if (is_key(key, "offset")) return read_size("offset", text, &p->offset);
    if (is_key(key, "length")) return read_size("length", text, &p->length);
    return LW_OK; /* checksum, and what is to come */
}

static lw_status open_once(lwi_onnx *o, const char *location, const lwi_file **file) {
    int index = lwi_strmap_get(&o->external, location);
    if (index < 0) {
        lwi_file opened;
        LW_TRY(lwi_file_map_confined(o->path, location, &opened));
        LW_TRY(lwi_network_keep_file(o->network, &opened));
        index = (int)o->network->n_files - 1;
        LW_TRY(lwi_strmap_set(&o->external, location, index));
    }
    *file = &o->network->files[index];
    return LW_OK;
}

lw_status lwi_onnx_external(lwi_onnx *o, lwi_wire tensor, size_t size, const uint8_t **data) {
    place p = {.length = size};
    lwi_field f;
    while (tensor.at < tensor.end) {
        lwi_wire entry = {NULL, NULL};
        LW_TRY(lwi_wire_next(&tensor, &f));
        if (f.id != EXTERNAL_DATA) continue;
        LW_TRY(lwi_field_body(&f, &entry));
        LW_TRY(read_entry(o, entry, &p));
    }
    if (!p.location) return lwi_fail(LW_CORRUPT, "external data: no location is given");
    if (!o->path)
        return lwi_fail(LW_UNSUPPORTED,
                        "its data is in the file '%s', which cannot be found because the model "
                        "was loaded from memory",
                        p.location);
    if (p.length != size)
        return lwi_fail(LW_CORRUPT, "external data: has %zu bytes, expected %zu", p.length, size);
    const lwi_file *file = NULL;
    LW_TRY(open_once(o, p.location, &file));
    if (!lwi_within(p.offset, size, file->size))
        return lwi_fail(LW_CORRUPT,
                        "external data: %zu bytes at offset %zu are outside '%s' of %zu bytes",
                        size, p.offset, p.location, file->size);
    *data = file->data + p.offset;
    return LW_OK;
}
