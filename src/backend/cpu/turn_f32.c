/* SPDX-License-Identifier: MIT */
#include "backend/cpu/turn_f32.h"

#include "backend/cpu/cpu_backend.h"

typedef struct turn {
    const float *from;
    float *to;
    size_t rows, columns;
} turn;

static void turn_rows(void *arg, size_t begin, size_t end) {
    const turn *t = arg;
    lwi_cpu_kernels()->transpose_f32(t->from + begin * t->columns, t->columns, t->to + begin,
                                     t->rows, end - begin, t->columns);
}

void lwi_turn_f32(const lwi_call *c, const float *from, float *to, size_t images, size_t rows,
                  size_t columns) {
    for (size_t i = 0; i < images; i++) {
        turn t = {from + i * rows * columns, to + i * rows * columns, rows, columns};
        lwi_parallel(c, rows, 1 + (1 << 15) / columns, turn_rows, &t);
    }
}
