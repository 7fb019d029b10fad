/* SPDX-License-Identifier: MIT
 * Encodes numbers as a GGUF type: encode_blocks TYPE <float32 numbers >blocks. For encode.py. */
#include "base/blocks.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    enum { MOST = 1 << 20 };
    static float numbers[MOST];
    const lwi_block_type *type =
        argc == 2 ? lwi_block_type_find((uint32_t)strtoul(argv[1], NULL, 10)) : NULL;
    const size_t n = fread(numbers, sizeof *numbers, MOST, stdin);
    if (!type || !lwi_blocks_encodable(type) || n % type->elements) return 2;
    const size_t bytes = n / type->elements * type->bytes;
    uint8_t *blocks = malloc(bytes);
    if (!blocks) return 2;
    lwi_blocks_encode(type, numbers, n, NULL, blocks);
    const size_t written = fwrite(blocks, 1, bytes, stdout);
    free(blocks);
    return written == bytes ? 0 : 2;
}
