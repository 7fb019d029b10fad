/* SPDX-License-Identifier: MIT
 * Products of rows with weights in blocks (base/blocks.h), by sums of products of small integers:
 * rows are rounded to 8 bits, 32 numbers with one scale. A result does not depend on how many rows
 * are multiplied at once.
 *
 * Rounded rows lie in groups of 32, the last of what is left: for each part, those of the group's
 * rows follow each other, so that they are near while the part's weights are.
 *
 * Weights lie in panels of 16 rows. A panel is a run of parts, one for each 32 columns; in some
 * forms a head stands before every 8 of them. In a part, codes come in planes of bits:
 *   8 bits  byte 64 i + 4 r + j is the code of row r, column 4 i + j (i < 8)
 *   4 bits  byte 64 i + 4 r + j has that of column 4 i + j below, of column 16 + 4 i + j above
 *   2 bits  bits 2 t of byte 64 i + 4 r + j are of column 4 (i + 2 t) + j (i < 2, t < 4)
 *   1 bit   bit t of byte 4 r + j is of column 4 t + j (t < 8) */
#ifndef LWI_KERN_BLOCK_DOT_H
#define LWI_KERN_BLOCK_DOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LWI_BLOCK_ROWS = 16, LWI_BLOCK_PART = 32, LWI_BLOCK_GROUP = 32 };

/* What stands before the planes of a part, 16 rows each:
 *   HALF      a scale in float16
 *   HALF_MIN  a scale and a minimum
 *   POWER     an exponent: the scale is 2^(exponent - 128)
 *   SMALL     an int8, the head has a float16 by which it is multiplied
 *   SMALL_MIN a scale and a minimum in uint8, the head has two float16
 *   PAIR      an int8 for each half of the columns, the head has a float16
 *   PAIR_MIN  for each half a scale in the low and a minimum in the high nibble; head: two float16
 *   HALVES    a float16 for each half of the columns
 * A number is scale * (value - zero) or scale * value - minimum (of HALF_MIN: plus). */
typedef enum lwi_block_scaling {
    LWI_SCALING_HALF,
    LWI_SCALING_HALF_MIN,
    LWI_SCALING_POWER,
    LWI_SCALING_SMALL,
    LWI_SCALING_SMALL_MIN,
    LWI_SCALING_PAIR,
    LWI_SCALING_PAIR_MIN,
    LWI_SCALING_HALVES
} lwi_block_scaling;

typedef enum lwi_block_dot_form {
#define LWI_BLOCK_DOT(form, low, high, scaling, zero, table, unit) LWI_DOT_##form,
#include "kern/block_dot.def"
#undef LWI_BLOCK_DOT
    LWI_DOT_FORMS
} lwi_block_dot_form;

typedef struct lwi_block_layout {
    unsigned low, high; /* bits of the first and of the second plane; high 0: there is none */
    lwi_block_scaling scaling;
    int zero;             /* of values, where there is no minimum */
    const uint8_t *table; /* of values by 4-bit codes; NULL: codes are the values */
    float unit;           /* the head's float16 is multiplied by it */
} lwi_block_layout;
extern const lwi_block_layout lwi_block_layouts[LWI_DOT_FORMS];

/* Bytes before the planes of a part, of a part, and of the head of 8 parts. */
size_t lwi_block_part_head(lwi_block_scaling scaling);
size_t lwi_block_part_bytes(const lwi_block_layout *layout);
size_t lwi_block_head_bytes(lwi_block_scaling scaling);
/* Of a panel with so many parts. */
size_t lwi_block_panel_bytes(const lwi_block_layout *layout, size_t parts);

/* Of 32 numbers of a rounded row: the scale, the sums of the integers times it, and those of the
 * halves as they are. */
typedef struct lwi_block_sums {
    float scale, all, half[2];
    int32_t count[2];
} lwi_block_sums;

/* Rows of the group that a row of `total` is in: the parts of a row are so many places apart. */
static inline size_t lwi_block_apart(size_t total, size_t row) {
    const size_t left = total - row / LWI_BLOCK_GROUP * LWI_BLOCK_GROUP;
    return left < LWI_BLOCK_GROUP ? left : LWI_BLOCK_GROUP;
}
/* The place of its first part; a place has 32 integers in `a`, and an element of `sums`. */
static inline size_t lwi_block_place(size_t parts, size_t row) {
    return row / LWI_BLOCK_GROUP * LWI_BLOCK_GROUP * parts + row % LWI_BLOCK_GROUP;
}

typedef struct lwi_block_dot_job {
    const uint8_t *panels;
    size_t panel; /* bytes from panel to panel */
    size_t parts; /* of a panel */
    size_t rows, columns;
    size_t first, total; /* the first row, of so many that were rounded */
    const int8_t *a;
    const lwi_block_sums *sums;
    float *y;
    size_t y_row;
    const float *bias; /* [columns] or NULL */
} lwi_block_dot_job;
typedef void lwi_block_dot_fn(lwi_block_dot_form form, const lwi_block_dot_job *job);

/* Rounds a row of 32 parts numbers; its parts are `step` places apart. */
typedef void lwi_block_round_fn(const float *x, size_t parts, size_t step, int8_t *a,
                                lwi_block_sums *sums);

/* Where scales, the sums of the halves and the whole are known. */
static inline lwi_block_sums lwi_block_sums_of(float scale, int32_t first, int32_t second) {
    return (lwi_block_sums){scale,
                            scale * (float)(first + second),
                            {scale * (float)first, scale * (float)second},
                            {first, second}};
}

#endif
