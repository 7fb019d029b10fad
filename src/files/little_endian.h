/* SPDX-License-Identifier: MIT
 * Numbers as files have them, lowest byte first. */
#ifndef LWI_LITTLE_ENDIAN_H
#define LWI_LITTLE_ENDIAN_H

#include <stddef.h>
#include <stdint.h>

/* n: 1 to 8 */
static inline uint64_t lwi_little_endian(const uint8_t *bytes, size_t n) {
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

static inline void lwi_put_little_endian(uint8_t *bytes, size_t n, uint64_t value) {
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

#endif
