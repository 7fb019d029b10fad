/* SPDX-License-Identifier: MIT
 * A libFuzzer target: any bytes are a pickle, or an error is said; and deflated bytes, likewise. */
#include "files/inflate.h"
#include "files/pickle.h"

enum { UNPACKED = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t unpacked[UNPACKED];
    lwi_arena arena;
    const lwi_pickle_item *root = NULL;
    size_t used = 0;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    if (lwi_pickle_read(&arena, "fuzz", data, size, NULL, &root, &used) == LW_OK && used > size)
        __builtin_trap();
    lwi_arena_free(&arena);
    if (lwi_inflate(data, size, unpacked, size ? data[0] * 256u : 0) == LW_OK && !size)
        __builtin_trap();
    return 0;
}
