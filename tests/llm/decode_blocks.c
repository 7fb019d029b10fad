/* SPDX-License-Identifier: MIT
 * Decodes blocks of a GGUF type: decode_blocks TYPE <blocks >float32 numbers. For blocks.py. */
#include "base/blocks.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    enum { MOST = 1 << 20 };
    static uint8_t blocks[MOST];
    const lwi_block_type *type =
        argc == 2 ? lwi_block_type_find((uint32_t)strtoul(argv[1], NULL, 10)) : NULL;
    const size_t bytes = fread(blocks, 1, MOST, stdin);
    if (!type || bytes % type->bytes) return 2;
    const size_t n = bytes / type->bytes * type->elements;
    float *numbers = malloc(n * sizeof *numbers);
    if (!numbers) return 2;
    lwi_blocks_decode(type, blocks, n, numbers);
    const size_t written = fwrite(numbers, sizeof *numbers, n, stdout);
    free(numbers);
    return written == n ? 0 : 2;
}
