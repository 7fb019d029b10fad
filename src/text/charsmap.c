/* SPDX-License-Identifier: MIT */
#include "text/charsmap.h"

#include <string.h>

static uint32_t little32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

lw_status lwi_charsmap_read(lw_string bytes, lwi_charsmap *map) {
    const uint8_t *data = (const uint8_t *)bytes.data;
    const uint32_t trie = bytes.size >= 4 ? little32(data) : 0;
    if (bytes.size < 8 || trie > bytes.size - 4 || trie % 4 || !trie)
        return lwi_fail(LW_CORRUPT,
                        "tokenizer: the table of replacements (precompiled_charsmap) "
                        "of %zu bytes is malformed",
                        bytes.size);
    *map = (lwi_charsmap){data + 4, trie / 4, bytes.data + 4 + trie, bytes.size - 4 - trie};
    return LW_OK;
}

/* A unit of the array: bit 8 says that a value follows, bit 9 scales the offset in bits 10 and up,
 * bits 0 to 7 (and 31, which is set in values) are the label. */
static bool unit_at(const lwi_charsmap *map, size_t place, uint32_t *unit) {
    if (place >= map->n_units) return false;
    *unit = little32(map->units + 4 * place);
    return true;
}

static uint32_t offset_of(uint32_t unit) { return unit >> 10 << ((unit & 1u << 9) >> 6); }

static bool text_at(const lwi_charsmap *map, uint32_t value, lw_string *text) {
    if (value >= map->texts_size) return false;
    const size_t most = map->texts_size - value;
    *text = (lw_string){map->texts + value, strnlen(map->texts + value, most)};
    return text->size < most;
}

bool lwi_charsmap_find(const lwi_charsmap *map, lw_string text, bool shortest, size_t *length,
                       lw_string *replacement) {
    uint32_t unit = 0, value = 0;
    bool found = false;
    if (!unit_at(map, 0, &unit)) return false;
    size_t place = offset_of(unit);
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t byte = (uint8_t)text.data[i];
        place ^= byte;
        if (!unit_at(map, place, &unit) || (unit & (1u << 31 | 0xff)) != byte) break;
        place ^= offset_of(unit);
        if (!(unit >> 8 & 1)) continue;
        if (!unit_at(map, place, &value) || !text_at(map, value & ~(1u << 31), replacement)) break;
        found = true;
        *length = i + 1;
        if (shortest) break;
    }
    return found;
}
