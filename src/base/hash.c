/* SPDX-License-Identifier: MIT
 * Four lanes of words, each multiplied and folded; the order of bytes is the machine's. */
#include "base/hash.h"

#include <string.h>

enum { LANES = 4, WORD = sizeof(uint64_t) };

static uint64_t mix(uint64_t h, uint64_t word) {
    h = (h ^ word) * UINT64_C(0x9fb21c651e98df25);
    return h ^ h >> 32;
}

uint64_t lwi_hash(uint64_t start, const void *data, size_t size) {
    uint64_t lanes[LANES] = {start, start + 1, start + 2, start + 3}, words[LANES];
    const unsigned char *p = data;
    size_t left = size;
    for (; left >= sizeof words; left -= sizeof words, p += sizeof words) {
        memcpy(words, p, sizeof words);
        for (int i = 0; i < LANES; i++)
            lanes[i] = mix(lanes[i], words[i]);
    }
    memset(words, 0, sizeof words);
    if (left) memcpy(words, p, left);
    uint64_t h = mix(start, size);
    for (int i = 0; i < LANES; i++)
        h = mix(mix(h, mix(lanes[i], words[i])), lanes[i]);
    return h;
}
