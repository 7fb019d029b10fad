/* SPDX-License-Identifier: MIT
 * Matrix products of 8-bit integers, compiled once for each level of instruction sets: A, read in
 * place, times packed B, in int32, stored as int32, as float32 or requantised to 8 bits.
 *
 * The kernels of a level know one type of A, uint8 or (where lwi_kernels.gemm_i8_signed is 1) int8,
 * and int8 B. Other types are moved there: an int8 code plus 128 is a uint8 code (`flip` does it,
 * or the opposite, while A is read; packing does the opposite to B), and zero points are worked
 * into the start values of the sums:
 *     sum (a - za)(b - zb) = sum a b - za sum b - zb sum a + k za zb */
#ifndef LWI_KERN_GEMM_I8_H
#define LWI_KERN_GEMM_I8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum lwi_i8_store {
    LWI_I8_INT32, /* the sums */
    LWI_I8_FLOAT, /* sum * scale + addend */
    LWI_I8_BYTES  /* round(sum * scale) in [low, high], plus zero */
} lwi_i8_store;

/* What becomes of sums: arrays have an element for each column, and are readable to the end of the
 * last panel. */
typedef struct lwi_i8_output {
    lwi_i8_store store;
    const float *scale;
    const float *addend; /* NULL: none */
    float low, high;     /* the least and the greatest code, less zero */
    int32_t zero;
    bool is_signed; /* the codes are int8 */
} lwi_i8_output;

typedef struct lwi_gemm_i8_job {
    /* Row r of A is `segments` runs of `length` bytes; run s begins at a + r * a_row + offsets[s].
     */
    const uint8_t *a;
    size_t a_row;
    const int64_t *offsets;
    size_t segments, length;
    uint32_t flip; /* 0x80808080: A is of the other type */
    /* Panels [segments][length / step, rounded up][width][step], panels b_panel bytes apart; step
     * is lwi_kernels.gemm_i8_step. Or as in gemm_i8_rests.h. */
    const int8_t *b;
    size_t b_panel;
    size_t rows, columns;
    const int32_t *start;    /* [columns to the end of the panel] where sums begin */
    const int32_t *row_sums; /* [rows] of A as the kernels know it, multiplied by zero_b and
                                subtracted; or NULL */
    const int32_t *zero_b;   /* [columns to the end of the panel] */
    void *y;
    size_t y_row; /* elements */
    const lwi_i8_output *output;
    const int8_t *ahead; /* bytes that are fetched into the cache meanwhile: the next panel */
    size_t ahead_bytes;
    bool once; /* no other job reads these panels */
} lwi_gemm_i8_job;

typedef void lwi_gemm_i8_fn(const lwi_gemm_i8_job *job);

#endif
