/* SPDX-License-Identifier: MIT
 * Sizes: K. The tile's own size depends on the level, so it is compared with the definition. */
#include <math.h>

#include "kcheck.h"

static void check_f32(kc_case *c) {
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

/* Whole numbers, so that doubles are exact. */
#define CHECK(TYPE, T, COLUMNS)                                                                    \
    static void check_##TYPE(kc_case *c) {                                                         \
        const size_t k = c->size[0], rows = c->kernels->tile_f32_rows, columns = COLUMNS;          \
        const size_t y_rows = 1 + kc_below(c, rows), y_columns = 1 + kc_below(c, columns);         \
        const size_t b_row = columns + kc_below(c, 3), y_row = y_columns + kc_below(c, 3);         \
        const size_t b_size = k ? (k - 1) * b_row + columns : 0;                                   \
        const size_t size = (y_rows - 1) * y_row + y_columns;                                      \
        T *a = kc_bytes(c, k * rows * sizeof *a), *b = kc_bytes(c, b_size * sizeof *b);            \
        T *got = kc_bytes(c, size * sizeof *got);                                                  \
        for (size_t i = 0; i < k * rows; i++)                                                      \
            a[i] = (T)kc_below(c, 1000);                                                           \
        for (size_t i = 0; i < b_size; i++)                                                        \
            b[i] = (T)kc_below(c, 1000);                                                           \
        for (size_t i = 0; i < size; i++)                                                          \
            got[i] = (T)kc_below(c, 1000);                                                         \
        T *want = kc_copy(c, got, size * sizeof *got);                                             \
        const bool add = kc_below(c, 2);                                                           \
        c->kernels->tile_##TYPE(k, a, b, b_row, got, y_row, y_rows, y_columns, add);               \
        for (size_t r = 0; r < y_rows; r++)                                                        \
            for (size_t i = 0; i < y_columns; i++) {                                               \
                T sum = add ? want[r * y_row + i] : 0;                                             \
                for (size_t s = 0; s < k; s++)                                                     \
                    sum += a[s * rows + r] * b[s * b_row + i];                                     \
                want[r * y_row + i] = sum;                                                         \
            }                                                                                      \
        kc_same_bytes(c, #TYPE, got, want, size * sizeof *got);                                    \
    }
CHECK(f64, double, c->kernels->tile_f32_columns / 2)
CHECK(u32, uint32_t, c->kernels->tile_f32_columns)
CHECK(u64, uint64_t, c->kernels->tile_f32_columns / 2)

static void check(kc_case *c) {
    check_f32(c);
    check_f64(c);
    check_u32(c);
    check_u64(c);
}

const kc_check kc_tile = {"tile", {100}, {600}, check, NULL};
