/* SPDX-License-Identifier: MIT
 * The form before PyTorch 1.6: pickles of a magic number, a version, the machine, the object and
 * the storages' keys; then for each key the number of elements, and these. */
#include "base/checked.h"
#include "files/little_endian.h"
#include "files/torch_reader.h"

typedef lwi_pickle_item item;

enum { PICKLES = 5, VERSION = 1001, COUNT = 8, DEPTH = 100, STEPS_A_BYTE = 16, STEPS = 1000 };

static const uint8_t magic[] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};

/* Storages are known by their ids in the object: only those say how large an element is. */
static lw_status find_ids(lwi_torch_reader *r, const item *it, int depth) {
    lwi_torch_id id;
    LW_TRY(lwi_torch_step(r));
    if (depth > DEPTH) return lwi_fail(LW_LIMIT, "the pickle is nested too deeply");
    if (it->kind == LWI_PICKLE_PERSISTENT) {
        LW_TRY(lwi_torch_read_id(it, &id));
        if (lwi_strmap_get(&r->keys, id.key) >= 0) return LW_OK;
        return lwi_torch_add_storage(r, id.key, (lwi_torch_storage){.dtype = id.dtype});
    }
    if (it->state) LW_TRY(find_ids(r, it->state, depth + 1));
    for (size_t i = 0; i < it->n; i++)
        LW_TRY(find_ids(r, it->items[i], depth + 1));
    return LW_OK;
}

static lw_status place(lwi_torch_storage *s, const char *key, const uint8_t *data, size_t size,
                       size_t *at) {
    if (!lwi_within(*at, COUNT, size))
        return lwi_fail(LW_CORRUPT, "the file ends before storage '%s'", key);
    const uint64_t count = lwi_little_endian(data + *at, COUNT);
    const size_t bits = lwi_stored_bits(s->dtype ? s->dtype : LW_UINT8);
    *at += COUNT;
    /* elements of less than a byte are counted as bytes */
    if (!lwi_mul_size((uint64_t)count, bits < 8 ? 1 : bits / 8, &s->bytes) ||
        !lwi_within(*at, s->bytes, size))
        return lwi_fail(LW_CORRUPT, "the %llu elements of storage '%s' lie beyond the file's end",
                        (unsigned long long)count, key);
    s->data = data + *at;
    *at += s->bytes;
    return LW_OK;
}

static lw_status place_storages(lwi_torch_reader *r, const item *keys, const uint8_t *data,
                                size_t size, size_t at) {
    if (keys->kind != LWI_PICKLE_LIST) return lwi_fail(LW_CORRUPT, "there is no list of storages");
    for (size_t i = 0; i < keys->n; i++) {
        const char *key = NULL;
        LW_TRY(lwi_torch_key(r->arena, keys->items[i], &key));
        const int found = lwi_strmap_get(&r->keys, key);
        if (found < 0 || r->storages[found].data)
            return lwi_fail(LW_CORRUPT, "storage '%s' belongs to nothing, or is there twice", key);
        LW_TRY(place(r->storages + found, key, data, size, &at));
    }
    return LW_OK;
}

static lw_status check_head(const item *it, int place) {
    if (place == 0 && (it->kind != LWI_PICKLE_LONG || it->text.size != sizeof magic ||
                       memcmp(it->text.data, magic, sizeof magic)))
        return lwi_fail(LW_CORRUPT, "the pickle is not one that torch.save wrote");
    if (place == 1 && (it->kind != LWI_PICKLE_INT || it->i != VERSION))
        return lwi_fail(LW_UNSUPPORTED, "this version of the file is not known");
    return LW_OK;
}

lw_status lwi_torch_legacy(lwi_torch_reader *r, const uint8_t *data, size_t size) {
    const item *pickles[PICKLES];
    size_t at = 0, used = 0;
    r->file->form = "legacy";
    for (int i = 0; i < PICKLES; i++) {
        LW_TRY(lwi_torch_unpickle(r, i == 3 ? "the object" : "the head", data + at, size - at,
                                  &pickles[i], &used));
        at += used;
        LW_TRY(check_head(pickles[i], i));
    }
    r->steps = at * STEPS_A_BYTE + STEPS;
    LW_TRY(find_ids(r, pickles[3], 0));
    LW_TRY(place_storages(r, pickles[4], data, size, at));
    r->steps = at * STEPS_A_BYTE + STEPS;
    return lwi_torch_collect(r, pickles[3]);
}
