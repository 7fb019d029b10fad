/* SPDX-License-Identifier: MIT
 * A libFuzzer target: any bytes are JSON, or an error is said. */
#include "base/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lwi_arena arena;
    const lwi_json_item *root = NULL;
    lwi_json_index index;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    const lwi_json_limits limits = {.unique_keys = size % 2, .python_numbers = size % 3 == 0};
    if (lwi_json_parse(&arena, (const char *)data, size, &limits, &root) == LW_OK &&
        lwi_json_index_make(&arena, root, &index) == LW_OK)
        (void)lwi_json_index_get(&index, (const char *)data, size);
    lwi_arena_free(&arena);
    return 0;
}
