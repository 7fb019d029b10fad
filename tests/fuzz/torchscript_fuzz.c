/* SPDX-License-Identifier: MIT
 * A libFuzzer target: any bytes are TorchScript's source, or an error is said. */
#include "format/torchscript/ts_syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lwi_arena arena;
    lwi_ts_program program;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    lwi_ts_program_init(&program, &arena);
    if (lwi_ts_parse(&program, "code", "__torch__", (const char *)data, size) == LW_OK)
        for (size_t i = 0; i < program.n_classes; i++)
            if (lwi_ts_find_class(&program, program.classes[i]->name))
                (void)lwi_ts_find_method(program.classes[i], "forward");
    lwi_ts_program_free(&program);
    lwi_arena_free(&arena);
    return 0;
}
