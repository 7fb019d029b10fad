/* SPDX-License-Identifier: MIT */
#include "backend/cpu/block_floats.h"

#include "backend/cpu/gemm_plan.h"

#include <math.h>
#include <string.h>

enum {
    FEW = 4,              /* rows of x, for which narrow panels are read as they are */
    GROUP = 4,            /* panels that are multiplied at once with few rows */
    ROW_BLOCK = 294,      /* rows of x that stay in the second-level cache, a multiple of tiles */
    STEPS = 16,           /* what pieces of K are multiples of */
    PAGE = 1024,          /* floats */
    PADDING = 16,         /* floats between copied rows */
    PACKED_TOGETHER = 64, /* columns of K that are turned at once */
};

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }
static size_t round_up(size_t a, size_t b) { return divide_up(a, b) * b; }

/* ------------------------------------------------------------------ packing */

/* Bytes of a number that is packed as it is; 0: the type is not. */
static size_t number_bytes(const lwi_block_type *type) {
    return type->id == LWI_BLOCK_F32                                 ? 4
           : type->id == LWI_BLOCK_F16 || type->id == LWI_BLOCK_BF16 ? 2
                                                                     : 0;
}

static size_t matrix_numbers(const lwi_block_weights *w) {
    return round_up(w->rows.n, w->columns) * w->rows.k;
}

/* `rows` rows of halves become a panel. */
static void pack_halves(const uint8_t *from, size_t rows, size_t k, size_t width, uint16_t *to) {
    if (rows < width) memset(to, 0, k * width * sizeof *to);
    for (size_t first = 0; first < k; first += PACKED_TOGETHER)
        for (size_t r = 0; r < rows; r++)
            for (size_t i = first; i < smaller(k, first + PACKED_TOGETHER); i++)
                memcpy(to + i * width + r, from + (r * k + i) * sizeof *to, sizeof *to);
}

static lw_status pack(void *arg, const lw_value *from, void *to) {
    const lwi_block_weights *w = arg;
    const size_t k = w->rows.k, n = w->rows.n, width = w->columns;
    const uint8_t *rows = from->data;
    char *panel = to;
    for (size_t m = 0; m < w->rows.experts; m++, rows += n * w->rows.bytes)
        for (size_t j = 0; j < n; j += width, panel += w->number * width * k) {
            const uint8_t *first = rows + j * w->rows.bytes;
            const size_t have = smaller(width, n - j);
            if (w->number == 2) pack_halves(first, have, k, width, (uint16_t *)(void *)panel);
            else
                lwi_cpu_kernels()->pack_f32((const float *)(const void *)first, 1, k, k, have,
                                            (float *)(void *)panel, k * width);
        }
    return LW_OK;
}

lw_status lwi_block_floats_prepare(lwi_call *c, size_t input, lwi_block_weights *w) {
    const void *packed = NULL;
    const size_t k = w->rows.k, depths = divide_up(k, LWI_GEMM_DEPTH);
    w->columns = lwi_cpu_kernels()->gemm_f32_columns;
    w->depth = depths == 1 ? k : round_up(divide_up(k, depths), STEPS);
    w->number = number_bytes(w->rows.type);
    if (!w->number) return LW_OK;
    LW_TRY(lwi_packed_anywhere(c, input, "block_floats", w->columns << 8 | w->number,
                               w->rows.experts * matrix_numbers(w) * w->number, pack, w, &packed));
    w->packed = packed;
    return LW_OK;
}

/* ----------------------------------------------------------------- products */

typedef struct rows_copy {
    const lwi_block_product *p;
    float *to;
    size_t row;
} rows_copy;

static void copy_rows(void *arg, size_t begin, size_t end) {
    const rows_copy *c = arg;
    const size_t k = c->p->weights->rows.k;
    for (size_t i = begin; i < end; i++)
        memcpy(c->to + i * c->row, c->p->x + i * k, k * sizeof *c->to);
}

lw_status lwi_block_floats_begin(lwi_call *c, const lwi_block_product *other,
                                 lwi_block_product *p) {
    const lwi_block_weights *w = p->weights;
    const size_t k = w->rows.k, floats = w->columns * (w->packed ? w->depth : 2 * k);
    p->x = other ? other->x : p->x;
    p->x_row = other ? other->x_row : k;
    LW_TRY(lwi_work_slots_make(c, floats * sizeof(float), &p->slots));
    if (other || k % PAGE || p->m <= FEW) return LW_OK;
    /* Rows whose distance is a multiple of 4 KiB would push one another out of the caches. */
    rows_copy copy = {.p = p, .row = k + PADDING};
    LW_TRY(lwi_scratch(c, p->m * copy.row, sizeof *copy.to, &copy.to));
    lwi_parallel(c, p->m, 1 + LWI_BLOCK_PORTION / k, copy_rows, &copy);
    p->x = copy.to;
    p->x_row = copy.row;
    return LW_OK;
}

/* Some rows of x times some columns of the weights, over [k, k + depth). */
typedef struct block {
    size_t row, rows, column, columns, k;
} block;

/* b: what is at (k, column). */
static void multiply(const lwi_block_product *p, const lwi_block_part *at, const block *x,
                     const void *b, size_t b_panel, lwi_gemm_f32_fn *kernel) {
    const lwi_block_weights *w = p->weights;
    const size_t first = at->first * w->columns;
    const bool last = x->k + w->depth >= w->rows.k;
    const lwi_gemm_f32_job job = {.a = p->x + (at->row + x->row) * p->x_row + x->k,
                                  .a_row = p->x_row,
                                  .segments = 1,
                                  .length = smaller(w->depth, w->rows.k - x->k),
                                  .b = b,
                                  .b_panel = b_panel,
                                  .y = at->y + x->row * w->rows.n + x->column - first,
                                  .y_row = w->rows.n,
                                  .rows = x->rows,
                                  .columns = x->columns,
                                  .bias = last && at->bias ? at->bias + x->column : NULL,
                                  .add = x->k > 0,
                                  .low = -INFINITY,
                                  .high = INFINITY};
    kernel(&job);
}

static const char *packed_at(const lwi_block_product *p, const lwi_block_part *at, const block *x) {
    const lwi_block_weights *w = p->weights;
    const size_t number =
        at->matrix * matrix_numbers(w) + x->column * w->rows.k + x->k * w->columns;
    return (const char *)w->packed + number * w->number;
}

/* Panels are read once, along K. */
static void multiply_few(const lwi_block_product *p, const lwi_block_part *at, size_t end) {
    const lwi_block_weights *w = p->weights;
    lwi_gemm_f32_fn *const kernel = w->number == 4 ? p->kernels->gemm_f32
                                    : w->rows.type->id == LWI_BLOCK_F16
                                        ? p->kernels->gemm_half_f16
                                        : p->kernels->gemm_half_bf16;
    block x = {.rows = at->n};
    for (x.column = at->first * w->columns; x.column < end; x.column += GROUP * w->columns) {
        x.columns = smaller(GROUP * w->columns, end - x.column);
        for (x.k = 0; x.k < w->rows.k; x.k += w->depth)
            multiply(p, at, &x, packed_at(p, at, &x), w->rows.k * w->columns, kernel);
    }
}

/* A piece of a panel as float32. */
static const void *widen(const lwi_block_product *p, const void *from, size_t depth, float *to) {
    const lwi_block_weights *w = p->weights;
    if (w->number == 4) return from;
    (w->rows.type->id == LWI_BLOCK_F16 ? p->kernels->widen_f16
                                       : p->kernels->widen_bf16)(from, depth * w->columns, to);
    return to;
}

/* A block of x meets all panels while it is near; those that need not be widened at once, so that
 * each is fetched ahead. */
static void multiply_many(const lwi_block_product *p, const lwi_block_part *at, size_t end,
                          float *room) {
    const lwi_block_weights *w = p->weights;
    const size_t step = w->number == 4 ? end : w->columns;
    block x = {0};
    for (x.k = 0; x.k < w->rows.k; x.k += w->depth)
        for (x.row = 0; x.row < at->n; x.row += ROW_BLOCK) {
            x.rows = smaller(ROW_BLOCK, at->n - x.row);
            for (x.column = at->first * w->columns; x.column < end; x.column += step) {
                x.columns = smaller(step, end - x.column);
                const size_t depth = smaller(w->depth, w->rows.k - x.k);
                multiply(p, at, &x, widen(p, packed_at(p, at, &x), depth, room),
                         w->rows.k * w->columns, p->kernels->gemm_f32);
            }
        }
}

/* Rows of weights become a panel, with which all rows of x are multiplied. */
static void multiply_decoded(const lwi_block_product *p, const lwi_block_part *at, size_t end,
                             float *room) {
    const lwi_block_weights *w = p->weights;
    const size_t k = w->rows.k;
    float *const panel = room + w->columns * k;
    block x = {.rows = at->n};
    for (x.column = at->first * w->columns; x.column < end; x.column += w->columns) {
        const uint8_t *from = p->file + (at->matrix * w->rows.n + x.column) * w->rows.bytes;
        x.columns = smaller(w->columns, end - x.column);
        lwi_blocks_decode(w->rows.type, from, x.columns * k, room);
        p->kernels->pack_f32(room, 1, k, k, x.columns, panel, w->columns * k);
        for (x.k = 0; x.k < k; x.k += w->depth)
            multiply(p, at, &x, panel + x.k * w->columns, 0, p->kernels->gemm_f32);
    }
}

void lwi_block_floats_multiply(lwi_block_product *p, const lwi_block_part *at) {
    const lwi_block_weights *w = p->weights;
    const size_t end = smaller(at->last * w->columns, w->rows.n);
    if (w->packed && at->n <= FEW) {
        multiply_few(p, at, end);
        return;
    }
    unsigned slot = 0;
    float *room = lwi_work_slots_take(&p->slots, &slot);
    if (w->packed) multiply_many(p, at, end, room);
    else multiply_decoded(p, at, end, room);
    lwi_work_slots_give(&p->slots, slot);
}
