/* SPDX-License-Identifier: MIT */
#include "ops/fft_rows.h"

enum { MAX_SLOTS = 64 }; /* rows that can be under way at once */

lw_status lwi_fft_plan(lwi_call *c, size_t n, lwi_fft *f) {
    double *memory = NULL;
    if ((uint64_t)n > (uint64_t)1 << 40)
        return lwi_call_fail(c, LW_LIMIT, "a transform of length %zu is too long", n);
    lwi_fft_size(n, f);
    LW_TRY(lwi_scratch(c, f->doubles, sizeof *memory, &memory));
    lwi_fft_make(f, memory);
    return LW_OK;
}

typedef struct job {
    const lwi_fft *fft;
    const lwi_fft_rows *rows;
    double *memory; /* n + m complex numbers for each slot */
    size_t slots;
} job;

/* A slot does every slots-th row in memory of its own. */
static void run_slots(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lwi_fft *f = j->fft;
    for (size_t slot = begin; slot < end; slot++) {
        double *z = j->memory + slot * 2 * (f->n + f->m);
        for (size_t row = slot; row < j->rows->rows; row += j->slots) {
            j->rows->load(j->rows->arg, row, z);
            lwi_fft_transform(f, z, z + 2 * f->n, j->rows->inverse);
            j->rows->store(j->rows->arg, row, z);
        }
    }
}

lw_status lwi_fft_run(lwi_call *c, const lwi_fft *f, const lwi_fft_rows *rows) {
    const size_t cost = f->m * 16; /* about, in simple steps */
    job j = {.fft = f, .rows = rows, .slots = rows->rows < MAX_SLOTS ? rows->rows : MAX_SLOTS};
    if (rows->rows * cost < 1 << 15 && j.slots) j.slots = 1;
    LW_TRY(lwi_scratch(c, j.slots * (f->n + f->m), 2 * sizeof(double), &j.memory));
    lwi_parallel(c, j.slots, 1, run_slots, &j);
    return LW_OK;
}
