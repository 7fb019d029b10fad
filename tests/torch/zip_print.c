/* SPDX-License-Identifier: MIT
 * Prints each file's entries (name, size, check sum of the bytes), or the sentence that refuses it,
 * for tests/torch/zip_test.py.
 *
 *     zip_print FILE... */
#include "base/file.h"
#include "files/crc32.h"
#include "files/zip_file.h"

#include <stdio.h>

enum { MOST = 1 << 26 };

static lw_status print_entries(lwi_arena *arena, const lwi_zip *zip) {
    const uint8_t *bytes = NULL;
    for (size_t i = 0; i < zip->n; i++) {
        const lwi_zip_entry *e = zip->entries + i;
        LW_TRY(lwi_zip_bytes(e, arena, MOST, &bytes));
        printf("%s\t%zu\t%08x\n", e->name, e->size, (unsigned)lwi_crc32(0, bytes, e->size));
    }
    return LW_OK;
}

static lw_status print_file(lwi_arena *arena, const lwi_file *file) {
    lwi_zip zip;
    LW_TRY(lwi_zip_open(arena, file->data, file->size, &zip));
    const lw_status status = print_entries(arena, &zip);
    lwi_zip_close(&zip);
    return status;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        lwi_arena arena;
        lwi_file file;
        printf("# %s\n", argv[i]);
        if (lwi_file_map(argv[i], &file) != LW_OK) return 1;
        lwi_arena_init(&arena, &lwi_malloc_allocator);
        if (print_file(&arena, &file) != LW_OK) printf("error\t%s\n", lw_last_error());
        lwi_arena_free(&arena);
        lwi_file_unmap(&file);
    }
    return 0;
}
