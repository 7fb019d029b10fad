/* SPDX-License-Identifier: MIT */
#include "format/torchscript/ts_archive.h"

#include <string.h>

lw_status lwi_ts_record(const lwi_ts_archive *a, const char *name, const void **data,
                        size_t *size) {
    const lwi_zip_entry *e = lwi_zip_record(a->zip, name);
    const uint8_t *bytes = NULL;
    if (e) LW_TRY(lwi_zip_bytes(e, a->arena, LWI_TS_SOURCE_LIMIT, &bytes));
    *data = bytes;
    *size = e ? e->size : 0;
    return LW_OK;
}

/* Objects of the program's classes, and what torch.jit.save itself needs. */
static bool allowed(const char *name, bool called) {
    static const char *const starts[] = {"__torch__", "torch.jit._pickle ", "torch ",
                                         "torch._utils ", "collections OrderedDict"};
    (void)called;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (!strncmp(name, starts[i], strlen(starts[i]))) return true;
    return false;
}

static lw_status read_pickle(const lwi_ts_archive *a, const char *name,
                             const lwi_pickle_item **root) {
    const void *data = NULL;
    size_t size = 0, used = 0;
    LW_TRY(lwi_ts_record(a, name, &data, &size));
    return data ? lwi_pickle_read(a->arena, name, data, size, allowed, root, &used) : LW_OK;
}

static lw_status check_order(const lwi_ts_archive *a) {
    const void *data = NULL;
    size_t size = 0;
    LW_TRY(lwi_ts_record(a, "byteorder", &data, &size));
    if (data && size >= 3 && memcmp(data, "big", 3) == 0)
        return lwi_fail(LW_UNSUPPORTED, "the tensors are big-endian");
    return LW_OK;
}

/* "code/__torch__/torch/nn.py" -> "__torch__.torch.nn" */
static lw_status prefix_of(lwi_arena *arena, const char *path, size_t n, const char **prefix) {
    LW_TRY(lwi_arena_string(arena, path, n, prefix));
    for (char *c = (char *)*prefix; *c; c++)
        if (*c == '/') *c = '.';
    return LW_OK;
}

static lw_status parse_all(lwi_ts_archive *a) {
    const size_t n_root = strlen(a->zip->root);
    for (size_t i = 0; i < a->zip->n; i++) {
        const lwi_zip_entry *e = &a->zip->entries[i];
        const size_t n = strlen(e->name);
        const uint8_t *source = NULL;
        const char *prefix = NULL, *path = e->name + n_root;
        if (n < n_root + 9 || memcmp(path, "code/", 5) || strcmp(e->name + n - 3, ".py")) continue;
        LW_TRY(lwi_zip_bytes(e, a->arena, LWI_TS_SOURCE_LIMIT, &source));
        LW_TRY(prefix_of(a->arena, path + 5, n - n_root - 8, &prefix));
        LW_TRY(lwi_ts_parse(&a->program, path, prefix, (const char *)source, e->size));
    }
    return LW_OK;
}

lw_status lwi_ts_open(lwi_ts_archive *a, lwi_arena *arena, const lwi_zip *zip) {
    *a = (lwi_ts_archive){.arena = arena, .zip = zip};
    lwi_ts_program_init(&a->program, arena);
    LW_TRY(check_order(a));
    LW_TRY(parse_all(a));
    LW_TRY(read_pickle(a, "data.pkl", &a->module));
    LW_TRY(read_pickle(a, "constants.pkl", &a->constants));
    return read_pickle(a, "traced_inputs.pkl", &a->traced);
}
