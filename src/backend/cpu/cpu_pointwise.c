/* SPDX-License-Identifier: MIT
 * lampwick.Pointwise: the output is cut into blocks of rows, and all instructions run over a block
 * while it is in the first-level cache. Neighbouring dimensions that all inputs walk through alike
 * are one (ops/broadcast.h), so that most calls are one long row. */
#include "backend/cpu/block_program.h"
#include "backend/cpu/cpu_backend.h"
#include "ops/broadcast.h"

#include <string.h>

enum {
    GRAIN = 1 << 14, /* elements times instructions that a thread is worth waking for */
    NARROW = 16,     /* rows shorter than this are laid end to end, inputs repeated in memory */
};

typedef struct pointwise {
    lwi_block_program program;
    lwi_broadcast_plan walk;
    size_t rows, columns;             /* the two innermost dimensions */
    size_t block_rows, block_columns; /* of a block; either one row or whole rows */
    size_t row_blocks, column_blocks; /* in the two innermost dimensions */
    size_t blocks;
    bool narrow;
    uint32_t staged; /* inputs that are brought into a buffer of their own first */
} pointwise;

typedef struct running {
    const pointwise *p;
    const lw_value *const *in;
    float *y;
} running;

static size_t row_stride(const pointwise *p, size_t input) {
    return p->walk.rank > 1 ? p->walk.strides[input][p->walk.rank - 2] : 0;
}

static bool repeats(const pointwise *p, size_t input) {
    return p->walk.strides[input][p->walk.rank - 1] == 0;
}

/* Narrow rows are one long row for inputs that have all elements or only one. */
static bool fits_narrow(const pointwise *p, size_t input) {
    return row_stride(p, input) == (repeats(p, input) ? 0 : p->columns);
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static void cut(pointwise *p, size_t capacity) {
    if (p->columns >= capacity / 2) {
        p->block_rows = 1;
        p->block_columns = smaller(p->columns, capacity);
    } else {
        p->block_rows = smaller(p->rows, capacity / p->columns);
        p->block_columns = p->columns;
    }
    p->row_blocks = (p->rows + p->block_rows - 1) / p->block_rows;
    p->column_blocks = (p->columns + p->block_columns - 1) / p->block_columns;
    p->blocks = p->walk.count / (p->rows * p->columns) * p->row_blocks * p->column_blocks;
}

static lw_status plan(const lwi_call *c, pointwise *p) {
    lwi_program program;
    LW_TRY(lwi_program_read(c->node, c->n_in, &program));
    lwi_plan_broadcast(&p->walk, c->out[0]->rank, c->out[0]->dims, c->in, c->n_in);
    if (p->walk.count == 0) return LW_OK;
    p->columns = p->walk.dims[p->walk.rank - 1];
    p->rows = p->walk.rank > 1 ? p->walk.dims[p->walk.rank - 2] : 1;
    p->narrow = p->columns < NARROW && p->rows > 1;
    p->staged = 0;
    uint32_t repeating = 0;
    size_t n_staged = 0;
    for (size_t k = 0; k < c->n_in; k++) {
        const bool stage = c->in[k]->dtype == LW_BOOL || (p->narrow && !fits_narrow(p, k));
        p->staged |= (uint32_t)stage << k;
        n_staged += stage;
        repeating |= (uint32_t)(!stage && repeats(p, k)) << k;
    }
    lwi_block_compile(&program, repeating, n_staged, &p->program);
    cut(p, p->program.capacity);
    return LW_OK;
}

static void fill(float *to, size_t n, float x) {
    for (size_t i = 0; i < n; i++)
        to[i] = x;
}

/* Copies a block of an input; bools become numbers. */
static void stage(const running *r, size_t input, size_t at, size_t rows, size_t columns,
                  float *to) {
    const pointwise *p = r->p;
    const size_t row = row_stride(p, input);
    const bool boolean = r->in[input]->dtype == LW_BOOL, once = repeats(p, input);
    lwi_cast_fn *const cast = lwi_cpu_kernels()->cast_bool_f32;
    for (size_t i = 0; i < rows; i++, at += row, to += columns) {
        const uint8_t *bools = (const uint8_t *)r->in[input]->data + at;
        const float *floats = (const float *)r->in[input]->data + at;
        if (once) fill(to, columns, boolean ? *bools != 0 : *floats);
        else if (boolean) cast(bools, to, columns);
        else memcpy(to, floats, columns * sizeof *to);
    }
}

static void run_block(const running *r, size_t index, float *work) {
    const pointwise *p = r->p;
    const int rank = p->walk.rank;
    const size_t column = index % p->column_blocks * p->block_columns;
    index /= p->column_blocks;
    const size_t row = index % p->row_blocks * p->block_rows;
    size_t outer = index / p->row_blocks, y_at = (outer * p->rows + row) * p->columns + column;
    size_t at[LWI_PROGRAM_INPUTS];
    for (size_t k = 0; k < p->walk.n; k++)
        at[k] = row * row_stride(p, k) + (repeats(p, k) ? 0 : column);
    for (int d = rank - 3; d >= 0; outer /= p->walk.dims[d--])
        for (size_t k = 0; k < p->walk.n; k++)
            at[k] += outer % p->walk.dims[d] * p->walk.strides[k][d];

    const size_t rows = smaller(p->block_rows, p->rows - row);
    const size_t columns = smaller(p->block_columns, p->columns - column);
    lwi_lane lanes[LWI_PROGRAM_INPUTS];
    float *buffer = lwi_block_spare(&p->program, work);
    for (size_t k = 0; k < p->walk.n; k++) {
        lanes[k] = (lwi_lane){(const float *)r->in[k]->data + at[k], row_stride(p, k)};
        if (!(p->staged >> k & 1)) continue;
        stage(r, k, at[k], rows, columns, buffer);
        lanes[k] = (lwi_lane){buffer, columns};
        buffer += p->program.capacity;
    }
    if (p->narrow)
        lwi_block_run(&p->program, lanes, r->y + y_at, rows * columns, 1, rows * columns, work);
    else lwi_block_run(&p->program, lanes, r->y + y_at, p->columns, rows, columns, work);
}

static void run_blocks(void *arg, size_t begin, size_t end) {
    _Alignas(64) float work[LWI_BLOCK_WORK];
    for (size_t i = begin; i < end; i++)
        run_block(arg, i, work);
}

static lw_status prepare(lwi_call *c) {
    pointwise *p = NULL;
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    return plan(c, p);
}

static lw_status run(lwi_call *c) {
    const pointwise *p = c->prepared;
    if (p->walk.count == 0) return LW_OK;
    const running r = {.p = p, .in = c->in, .y = c->out[0]->data};
    const size_t per_block = p->block_rows * p->block_columns * p->program.n_steps;
    lwi_parallel(c, p->blocks, GRAIN / per_block + 1, run_blocks, (void *)&r);
    return LW_OK;
}

const lwi_kernel *lwi_cpu_pointwise_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_pointwise_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare, run};
    (void)c;
    return &kernel;
}
