/* SPDX-License-Identifier: MIT
 * The zip form, and which form a file is of (torch/serialization.py). */
#include "files/torch_file.h"

#include "files/torch_reader.h"

enum {
    MOST_PICKLE = 1 << 30,
    STEPS_A_BYTE = 16, /* how often items may be looked at, by the size of the pickle */
    STEPS = 1000
};

bool lwi_is_torch(const void *data, size_t size) {
    const uint8_t *bytes = data;
    if (lwi_is_zip(data, size) || lwi_is_torch_tar(data, size)) return true;
    return size > 16 && bytes[0] == 0x80 && bytes[1] >= 1 && bytes[1] <= 5;
}

static lw_status read_record(lwi_torch_reader *r, const char *name, const uint8_t **bytes,
                             size_t *size) {
    const lwi_zip_entry *e = lwi_zip_record(&r->zip, name);
    *size = 0;
    if (!e) return LW_OK;
    *size = e->size;
    return lwi_zip_bytes(e, r->arena, MOST_PICKLE, bytes);
}

static lw_status read_zip(lwi_torch_reader *r) {
    const uint8_t *pickle = NULL, *order = NULL;
    const lwi_pickle_item *root = NULL;
    size_t size = 0, n_order = 0, used = 0;
    LW_TRY(read_record(r, "data.pkl", &pickle, &size));
    if (!pickle)
        return lwi_fail(LW_CORRUPT,
                        "the zip file has no record data.pkl: it is no file of weights");
    LW_TRY(read_record(r, "byteorder", &order, &n_order));
    r->swapped = n_order == 3 && !memcmp(order, "big", 3);
    LW_TRY(lwi_torch_unpickle(r, "data.pkl", pickle, size, &root, &used));
    r->steps = size * STEPS_A_BYTE + STEPS;
    return lwi_torch_collect(r, root);
}

static lw_status open_zip(lwi_torch_reader *r, const void *data, size_t size) {
    LW_TRY(lwi_zip_open(r->arena, data, size, &r->zip));
    r->is_zip = true;
    r->file->form = "zip";
    const lw_status status = read_zip(r);
    lwi_zip_close(&r->zip);
    return status;
}

lw_status lwi_torch_read(lwi_arena *arena, const void *data, size_t size,
                         const lwi_torch_options *options, lwi_torch_file *file) {
    lwi_torch_file made = {0};
    lwi_torch_reader r = {.arena = arena,
                          .options = options ? options : &(lwi_torch_options){0},
                          .file = &made,
                          .steps = size / 64 * STEPS_A_BYTE + STEPS};
    lw_status status = LW_OK;
    lwi_strmap_init(&r.keys, &arena->allocator);
    lwi_strmap_init(&r.tar_keys, &arena->allocator);
    if (lwi_is_zip(data, size)) status = open_zip(&r, data, size);
    else if (lwi_is_torch_tar(data, size)) status = lwi_torch_tar(&r, data, size);
    else status = lwi_torch_legacy(&r, data, size);
    lwi_strmap_free(&r.keys);
    lwi_strmap_free(&r.tar_keys);
    if (status == LW_OK) *file = made;
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "PyTorch file");
}
