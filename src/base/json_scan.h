/* SPDX-License-Identifier: MIT
 * Within the JSON reader: the text, and strings in it. */
#ifndef LWI_JSON_SCAN_H
#define LWI_JSON_SCAN_H

#include "base/json_read.h"

typedef struct lwi_json_scan {
    char *at, *end; /* *end is 0 */
    const char *original, *copy;
} lwi_json_scan;

/* The status, with the line and column of a place in the copy. */
lw_status lwi_json_wrong(const lwi_json_scan *scan, lw_status status, const char *at,
                         const char *what);
/* at is behind the opening quote; afterwards behind the closing one. The string is decoded where it
 * stands and zero-ended. */
lw_status lwi_json_scan_string(lwi_json_scan *scan, const char **text, size_t *size);

#endif
