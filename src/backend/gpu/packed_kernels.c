/* SPDX-License-Identifier: MIT */
#include "backend/gpu/packed_kernels.h"

#include "files/zip_file.h"

enum { MOST_BYTES = 1 << 26 };

static lw_status load_entry(const lwi_zip *zip, const char *file,
                            lw_status (*load)(void *arg, const char *bytes), void *arg) {
    const uint8_t *bytes = NULL;
    const char *text = NULL;
    const lwi_zip_entry *entry = lwi_zip_find(zip, file);
    if (!entry) return lwi_fail(LW_INTERNAL, "the library lacks %s", file);
    LW_TRY(lwi_zip_bytes(entry, zip->arena, MOST_BYTES, &bytes));
    LW_TRY(lwi_arena_string(zip->arena, (const char *)bytes, entry->size, &text));
    return load(arg, text);
}

lw_status lwi_with_kernels(const unsigned char *data, size_t size, const char *file,
                           lw_status (*load)(void *arg, const char *bytes), void *arg) {
    lwi_arena arena;
    lwi_zip zip;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    lw_status status = lwi_zip_open(&arena, data, size, &zip);
    if (status == LW_OK) {
        status = load_entry(&zip, file, load, arg);
        lwi_zip_close(&zip);
    }
    lwi_arena_free(&arena);
    return status;
}
