/* SPDX-License-Identifier: MIT
 * Matrices of bytes, turned. */
#ifndef LWI_KERN_TURN_I8_H
#define LWI_KERN_TURN_I8_H

#include <stddef.h>
#include <stdint.h>

/* y[c * y_row + r] = x[r * x_row + c] for r < rows, c < columns */
typedef void lwi_turn_i8_fn(const uint8_t *x, size_t x_row, size_t rows, size_t columns, uint8_t *y,
                            size_t y_row);

#endif
