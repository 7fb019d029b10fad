/* SPDX-License-Identifier: MIT
 * Sizes: K. The tile's own size depends on the level, so it is compared with the definition. */
#include <math.h>

#include "kcheck.h"

static void check(kc_case *c) {
    const size_t k = c->size[0], rows = c->kernels->tile_f32_rows;
    const size_t columns = c->kernels->tile_f32_columns;
    const size_t y_rows = 1 + kc_below(c, rows), y_columns = 1 + kc_below(c, columns);
    const size_t b_row = columns + kc_below(c, 3), y_row = y_columns + kc_below(c, 3);
    const float *a = kc_floats(c, k * rows);
    const float *b = kc_floats(c, k ? (k - 1) * b_row + columns : 0);
    const size_t size = (y_rows - 1) * y_row + y_columns;
    float *got = kc_floats(c, size), *want = kc_copy(c, got, size * sizeof *got);
    const bool add = kc_below(c, 2);
    c->kernels->tile_f32(k, a, b, b_row, got, y_row, y_rows, y_columns, add);
    for (size_t r = 0; r < y_rows; r++)
        for (size_t i = 0; i < y_columns; i++) {
            float sum = add ? want[r * y_row + i] : 0;
            for (size_t s = 0; s < k; s++)
                sum += a[s * rows + r] * b[s * b_row + i];
            want[r * y_row + i] = sum;
        }
    kc_same_floats(c, "y", got, want, size, (float)(k + 2) * 1.2e-7f * sqrtf((float)k + 1));
}

const kc_check kc_tile_f32 = {"tile_f32", {100}, {600}, check, NULL};
