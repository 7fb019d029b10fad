/* SPDX-License-Identifier: MIT
 * Eight bytes a step, by tables that are made for each call: that takes less than a page of data.
 */
#include "files/crc32.h"

#include "files/little_endian.h"

enum { STEP = 8 };

static void make_tables(uint32_t tables[STEP][256]) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t sum = i;
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
        tables[0][i] = sum;
    }
    for (int k = 1; k < STEP; k++)
        for (int i = 0; i < 256; i++)
            tables[k][i] = tables[k - 1][i] >> 8 ^ tables[0][tables[k - 1][i] & 255];
}

uint32_t lwi_crc32(uint32_t start, const void *data, size_t size) {
    uint32_t tables[STEP][256];
    const uint8_t *bytes = data;
    uint32_t sum = ~start;
    make_tables(tables);
    for (; size >= STEP; size -= STEP, bytes += STEP) {
        const uint64_t next = lwi_little_endian(bytes, STEP) ^ sum;
        sum = 0;
        for (int k = 0; k < STEP; k++)
            sum ^= tables[STEP - 1 - k][next >> 8 * k & 255];
    }
    for (; size; size--, bytes++)
        sum = sum >> 8 ^ tables[0][(sum ^ *bytes) & 255];
    return ~sum;
}
