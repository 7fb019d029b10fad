/* SPDX-License-Identifier: MIT
 * Blocking after K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication"
 * (2008), with packing per block instead of per matrix so that scratch memory stays small. */
#include "ops/matrix_product.h"

#include <string.h>

enum {
    K_BLOCK = 256,   /* fixed: it decides the order of additions */
    M_BLOCK = 192,   /* a block of A in 192 KiB ... */
    N_BLOCK = 384,   /* ... and one of B in 384 KiB of float32: both in the second-level cache */
    PART = 4,        /* elements that are copied at once, */
    LINE = 8,        /* and that are near one another */
    FEW_ROWS = 16,   /* of Y: copying B would cost more than it gains */
    SMALL = 1 << 14, /* multiplications that are not worth a second thread */
};

/* ------------------------------------------------------------------- tiles */

#define TILE(NAME, T, ROWS, COLUMNS)                                                               \
    static void NAME(size_t k, const void *pa, const void *pb, size_t b_row, void *py,             \
                     size_t y_row, size_t y_rows, size_t y_columns, bool add) {                    \
        const T *a = pa, *b = pb;                                                                  \
        T *y = py, sum[ROWS][COLUMNS] = {{0}};                                                     \
        for (size_t i = 0; i < k; i++, a += ROWS, b += b_row)                                      \
            for (size_t r = 0; r < ROWS; r++)                                                      \
                for (size_t c = 0; c < COLUMNS; c++)                                               \
                    sum[r][c] += a[r] * b[c];                                                      \
        for (size_t r = 0; r < y_rows; r++)                                                        \
            for (size_t c = 0; c < y_columns; c++)                                                 \
                y[r * y_row + c] = add ? y[r * y_row + c] + sum[r][c] : sum[r][c];                 \
    }
TILE(tile_f32, float, 4, 8)
TILE(tile_f64, double, 4, 4)
TILE(tile_u32, uint32_t, 4, 8)
TILE(tile_u64, uint64_t, 4, 4)

static lwi_tile plain_tile(lw_dtype dtype) {
    switch (dtype) {
    case LW_FLOAT32:
        return (lwi_tile){4, 8, tile_f32, LW_FLOAT32};
    case LW_FLOAT64:
        return (lwi_tile){4, 4, tile_f64, LW_FLOAT64};
    case LW_UINT32:
        return (lwi_tile){4, 8, tile_u32, LW_UINT32};
    default:
        return (lwi_tile){4, 4, tile_u64, LW_UINT64};
    }
}

lw_dtype lwi_product_dtype(lw_dtype dtype) {
    switch (dtype) {
    case LW_INT32:
        return LW_UINT32;
    case LW_INT64:
        return LW_UINT64;
    default:
        return dtype;
    }
}

/* ----------------------------------------------------------------- packing */

/* Copies k x n elements, (i, j) at from[i * row + j * column], into panels of `width`; what the
 * last panel has beyond n is zero. */
#define PACK(NAME, T)                                                                              \
    static void NAME(const void *data, size_t row, size_t column, size_t k, size_t n,              \
                     size_t width, void *panels) {                                                 \
        T *to = panels;                                                                            \
        for (size_t j = 0; j < n; j += width, to += k * width) {                                   \
            const T *from = (const T *)data + j * column;                                          \
            const size_t have = n - j < width ? n - j : width;                                     \
            if (have < width) memset(to, 0, k *width * sizeof *to);                                \
            if (column == 1 && have == width && width % PART == 0) {                               \
                for (size_t i = 0; i < k; i++)                                                     \
                    for (size_t c = 0; c < width; c += PART)                                       \
                        memcpy(to + i * width + c, from + i * row + c, PART * sizeof *to);         \
            } else if (column == 1) {                                                              \
                for (size_t i = 0; i < k; i++)                                                     \
                    memcpy(to + i * width, from + i * row, have * sizeof *to);                     \
            } else {                                                                               \
                const size_t whole = k - k % LINE;                                                 \
                for (size_t i = 0; i < whole; i += LINE)                                           \
                    for (size_t c = 0; c < have; c++)                                              \
                        for (size_t s = 0; s < LINE; s++)                                          \
                            to[(i + s) * width + c] = from[(i + s) * row + c * column];            \
                for (size_t i = whole; i < k; i++)                                                 \
                    for (size_t c = 0; c < have; c++)                                              \
                        to[i * width + c] = from[i * row + c * column];                            \
            }                                                                                      \
        }                                                                                          \
    }
PACK(pack_32, uint32_t)
PACK(pack_64, uint64_t)

/* ------------------------------------------------------------------ blocks */

typedef struct work {
    const lwi_product *p;
    lwi_tile tile;
    size_t size; /* of an element */
    void (*pack)(const void *, size_t, size_t, size_t, size_t, size_t, void *);
    size_t m_block, n_block, m_blocks, n_blocks;
    size_t a_bytes, part_bytes; /* of scratch memory */
    char *scratch;
    size_t parts, tasks;
} work;

static const char *element(const work *w, const lwi_matrix *x, size_t row, size_t column) {
    return (const char *)x->data + (row * x->row + column * x->column) * w->size;
}

/* Multiplies all panels of A by one panel of B. */
static void multiply_panel(const work *w, const lwi_block *block, size_t k, const char *a,
                           const char *b, size_t b_row, size_t column, bool add) {
    const size_t left = block->columns - column;
    const size_t columns = left < w->tile.columns ? left : w->tile.columns;
    for (size_t row = 0; row < block->rows; row += w->tile.rows) {
        const size_t below = block->rows - row;
        w->tile.multiply(k, a + row * k * w->size, b, b_row,
                         (char *)block->y + (row * block->y_row + column) * w->size, block->y_row,
                         below < w->tile.rows ? below : w->tile.rows, columns, add);
    }
}

static void multiply_slice(const work *w, const lwi_block *block, const lwi_operands *o, size_t k0,
                           size_t k, char *scratch) {
    const lwi_product *p = w->p;
    const size_t width = w->tile.columns;
    char *a = scratch, *b = scratch + w->a_bytes;
    w->pack(element(w, &o->a, block->row, k0), o->a.column, o->a.row, k, block->rows, w->tile.rows,
            a);
    /* Panels of B can be read where they lie if copying would not pay; but not the last, narrow
     * one. */
    size_t direct = 0;
    if (!p->fill && o->b.column == 1 && p->m <= FEW_ROWS) direct = block->columns / width * width;
    if (p->fill) {
        const lwi_panels panels = {block->product, k0, k, block->column, block->columns, width, b};
        p->fill(p->arg, &panels);
    } else {
        w->pack(element(w, &o->b, k0, block->column + direct), o->b.row, o->b.column, k,
                block->columns - direct, width, b);
    }
    for (size_t column = 0; column < block->columns; column += width)
        if (column < direct)
            multiply_panel(w, block, k, a, element(w, &o->b, k0, block->column + column), o->b.row,
                           column, k0 > 0);
        else
            multiply_panel(w, block, k, a, b + (column - direct) * k * w->size, width, column,
                           k0 > 0);
}

static void clear(const work *w, const lwi_block *block) {
    for (size_t r = 0; r < block->rows; r++)
        memset((char *)block->y + r * block->y_row * w->size, 0, block->columns * w->size);
}

static void multiply_block(const work *w, size_t task, char *scratch) {
    const lwi_product *p = w->p;
    const size_t m = task % w->m_blocks, n = task / w->m_blocks % w->n_blocks;
    lwi_operands o = {0};
    lwi_block block = {.product = task / w->m_blocks / w->n_blocks,
                       .row = m * w->m_block,
                       .column = n * w->n_block};
    p->operands(p->arg, block.product, &o);
    block.rows = p->m - block.row < w->m_block ? p->m - block.row : w->m_block;
    block.columns = p->n - block.column < w->n_block ? p->n - block.column : w->n_block;
    block.y = (char *)o.y + (block.row * o.y_row + block.column) * w->size;
    block.y_row = o.y_row;
    for (size_t k0 = 0; k0 < p->k; k0 += K_BLOCK)
        multiply_slice(w, &block, &o, k0, p->k - k0 < K_BLOCK ? p->k - k0 : K_BLOCK, scratch);
    if (p->k == 0) clear(w, &block);
    if (p->finish) p->finish(p->arg, &block);
}

static void run_parts(void *arg, size_t begin, size_t end) {
    const work *w = arg;
    for (size_t part = begin; part < end; part++) {
        const size_t each = w->tasks / w->parts, more = w->tasks % w->parts;
        const size_t first = part * each + (part < more ? part : more);
        for (size_t i = first; i < first + each + (part < more); i++)
            multiply_block(w, i, w->scratch + part * w->part_bytes);
    }
}

/* ------------------------------------------------------------------ driver */

static size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

/* Chooses blocks: large ones, but enough of them for the threads. */
static void cut(work *w, size_t threads) {
    const lwi_product *p = w->p;
    size_t m = p->m <= M_BLOCK * 4 / 3 ? p->m : M_BLOCK, n = N_BLOCK;
    for (;;) {
        w->m_block = round_up(m < p->m ? m : p->m, w->tile.rows);
        w->n_block = round_up(n < p->n ? n : p->n, w->tile.columns);
        w->m_blocks = (p->m + w->m_block - 1) / w->m_block;
        w->n_blocks = (p->n + w->n_block - 1) / w->n_block;
        w->tasks = p->batch * w->m_blocks * w->n_blocks;
        if (w->tasks >= threads * 2 || (w->m_block <= 32 && w->n_block <= 64)) break;
        if (w->n_block > 2 * w->m_block) n = w->n_block / 2;
        else if (w->m_block > 32) m = w->m_block / 2;
        else n = w->n_block / 2;
    }
}

static size_t count_threads(const lwi_call *c, const lwi_product *p) {
    const size_t most = c->host->threads ? (size_t)c->host->threads(c->state) : 1;
    const double steps = (double)p->m * (double)p->n * (double)p->k * (double)p->batch;
    const double useful = 1 + steps / SMALL;
    return useful < (double)most ? (size_t)useful : most;
}

lw_status lwi_multiply(lwi_call *c, const lwi_product *p, const lwi_tile *tile) {
    if (p->m == 0 || p->n == 0 || p->batch == 0) return LW_OK;
    work w = {.p = p, .size = lwi_dtype_size(p->dtype)};
    w.tile = tile && tile->dtype == p->dtype ? *tile : plain_tile(p->dtype);
    w.pack = w.size == 4 ? pack_32 : pack_64;
    const size_t threads = count_threads(c, p), k = p->k < K_BLOCK ? p->k : K_BLOCK;
    cut(&w, threads);
    w.parts = threads == 1 ? 1 : w.tasks < 4 * threads ? w.tasks : 4 * threads;
    w.a_bytes = round_up(w.m_block * k * w.size, LWI_ALIGN);
    w.part_bytes = round_up(w.a_bytes + w.n_block * k * w.size, LWI_ALIGN);
    LW_TRY(lwi_scratch(c, w.parts, w.part_bytes, &w.scratch));
    lwi_parallel(c, w.parts, 1, run_parts, &w);
    return LW_OK;
}
