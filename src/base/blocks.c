/* SPDX-License-Identifier: MIT */
#include "base/blocks.h"

static const lwi_block_type types[] = {
#define LWI_BLOCK(id, name, ident, elements, bytes) {id, name, elements, bytes},
#include "base/blocks.def"
#undef LWI_BLOCK
};

const lwi_block_type *lwi_block_type_find(uint32_t id) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].id == id) return types + i;
    return NULL;
}
