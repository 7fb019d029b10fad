/* SPDX-License-Identifier: MIT
 * What gemm_i8.h needs before the product: B in panels, and sums for zero points. */
#ifndef LWI_KERN_PACK_I8_H
#define LWI_KERN_PACK_I8_H

#include "kern/gemm_i8.h"
#include "kern/gemm_i8_rests.h"

typedef struct lwi_pack_i8_job {
    const uint8_t *b;       /* element (k, n) is b[offsets[k] + n * column] */
    const int64_t *offsets; /* [depth]; -1: a row of zeros */
    size_t depth;           /* a multiple of step */
    size_t column, columns;
    uint8_t flip; /* 0x80: B is uint8 and becomes int8, by subtracting 128 */
    size_t width; /* of a panel */
    size_t step;  /* 4 or 8 */
    /* Panels, panel_bytes apart, of [depth / step][width][step] or as in gemm_i8_rests.h. */
    int8_t *packed;
    size_t panel_bytes;
    int32_t *sums; /* [columns to the end of the panel] of the packed numbers; or NULL */
} lwi_pack_i8_job;

/* Panels [first, last). */
typedef void lwi_pack_i8_fn(const lwi_pack_i8_job *job, size_t first, size_t last);
/* sums[r] of the codes of row r of the job's A (for lwi_gemm_i8_job.row_sums). */
typedef void lwi_row_sums_i8_fn(const lwi_gemm_i8_job *job, int32_t *sums);

#endif
