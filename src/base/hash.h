/* SPDX-License-Identifier: MIT
 * A fast hash of bytes, for noticing that they have changed; not against someone who wants them to
 * be taken for others. */
#ifndef LWI_HASH_H
#define LWI_HASH_H

#include <stddef.h>
#include <stdint.h>

/* start: a number, or the hash of what comes before. */
uint64_t lwi_hash(uint64_t start, const void *data, size_t size);

#endif
