/* SPDX-License-Identifier: MIT
 * The check sum of zip files (ISO 3309; polynomial 0x04c11db7, bits reversed). */
#ifndef LWI_CRC32_H
#define LWI_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* start: 0, or the sum of what comes before. */
uint32_t lwi_crc32(uint32_t start, const void *data, size_t size);

#endif
