/* SPDX-License-Identifier: MIT
 * A change of layout of 8-bit codes: matrices of bytes, turned. */
#include "backend/cpu/cpu_quant.h"

typedef struct turn {
    size_t batch, rows, columns;
    const uint8_t *x;
    uint8_t *y;
} turn;

enum { PART = 256 }; /* columns that one piece of work turns */

static void turn_parts(void *arg, size_t begin, size_t end) {
    const turn *t = arg;
    const size_t parts = (t->columns + PART - 1) / PART;
    for (size_t i = begin; i < end; i++) {
        const size_t at = i % parts * PART, left = t->columns - at;
        const size_t matrix = i / parts * t->rows * t->columns;
        lwi_cpu_kernels()->turn_i8(t->x + matrix + at, t->columns, t->rows,
                                   left < PART ? left : PART, t->y + matrix + at * t->rows,
                                   t->rows);
    }
}

void lwi_q_turn(const lwi_call *c, const uint8_t *x, size_t batch, size_t rows, size_t columns,
                uint8_t *y) {
    turn t = {batch, rows, columns, x, y};
    const size_t parts = (columns + PART - 1) / PART;
    lwi_parallel(c, batch * parts, 1 + (1 << 16) / (rows * PART + 1), turn_parts, &t);
}
