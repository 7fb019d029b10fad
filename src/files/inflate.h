/* SPDX-License-Identifier: MIT
 * The deflate format (RFC 1951), as zip files have it. */
#ifndef LWI_INFLATE_H
#define LWI_INFLATE_H

#include "base/status.h"

/* Unpacks a whole stream into exactly size bytes. LW_CORRUPT: it is no such stream, it makes fewer
 * or more bytes, or packed bytes are left over; what is in `to` then is of no use. */
lw_status lwi_inflate(const void *packed, size_t packed_size, void *to, size_t size);

#endif
