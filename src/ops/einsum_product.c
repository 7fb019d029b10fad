/* SPDX-License-Identifier: MIT
 * Two operands of Einsum are multiplied as a batch of matrices: both are brought into the orders
 * [batch, rows, summed] and [batch, summed, columns] first. */
#include "base/checked.h"
#include "ops/einsum.h"
#include "ops/reduce.h"

#include <string.h>

/* Elements of an array with these labels. */
static lw_status count(const lwi_einsum *e, const lwi_einsum_order *order, size_t *n) {
    *n = 1;
    for (int i = 0; i < order->n; i++)
        if (e->size[order->labels[i]] == 0) return *n = 0, LW_OK;
    for (int i = 0; i < order->n; i++)
        if (!lwi_mul_size(*n, e->size[order->labels[i]], n))
            return lwi_call_fail(e->call, LW_LIMIT, "an intermediate result is too large");
    return LW_OK;
}

static void append(lwi_einsum_order *order, uint64_t set) {
    for (uint8_t l = 0; l < LWI_EINSUM_LABELS; l++)
        if (set >> l & 1) order->labels[order->n++] = l;
}

static size_t element_size(const lwi_einsum *e) { return e->dtype == LW_FLOAT32 ? 4 : 8; }

/* Gives the operand the strides of a row-major array. */
static void lay_out(const lwi_einsum *e, const lwi_einsum_order *order, lwi_einsum_operand *o) {
    size_t stride = 1;
    o->set = 0;
    for (int i = order->n - 1; i >= 0; i--) {
        const uint8_t l = order->labels[i];
        o->set |= UINT64_C(1) << l;
        o->stride[l] = stride;
        stride *= e->size[l];
    }
}

typedef struct packing {
    const void *from;
    void *to;
    int n_kept, n_summed;
    size_t kept[LWI_EINSUM_LABELS], kept_stride[LWI_EINSUM_LABELS];
    size_t summed[LWI_EINSUM_LABELS], summed_stride[LWI_EINSUM_LABELS];
    size_t row, row_stride; /* the innermost kept dimension, which is not in kept */
    size_t terms;           /* elements summed for each one */
} packing;

/* Sums are made in type S, some columns at a time. */
#define PACK(NAME, T, S)                                                                           \
    static void NAME(void *arg, size_t begin, size_t end) {                                        \
        enum { COLUMNS = 64 };                                                                     \
        const packing *p = arg;                                                                    \
        for (size_t r = begin; r < end; r++) {                                                     \
            const T *x = (const T *)p->from + lwi_offset(r, p->n_kept, p->kept, p->kept_stride);   \
            T *y = (T *)p->to + r * p->row;                                                        \
            for (size_t c = 0; c < p->row; c += COLUMNS) {                                         \
                const size_t n = p->row - c < COLUMNS ? p->row - c : COLUMNS;                      \
                S sum[COLUMNS] = {0};                                                              \
                for (size_t t = 0; t < p->terms; t++) {                                            \
                    const T *term = x + c * p->row_stride +                                        \
                                    lwi_offset(t, p->n_summed, p->summed, p->summed_stride);       \
                    for (size_t i = 0; i < n; i++)                                                 \
                        sum[i] += term[i * p->row_stride];                                         \
                }                                                                                  \
                for (size_t i = 0; i < n; i++)                                                     \
                    y[c + i] = (T)sum[i];                                                          \
            }                                                                                      \
        }                                                                                          \
    }
PACK(pack_f32, float, double)
PACK(pack_f64, double, double)
PACK(pack_integer, uint64_t, uint64_t)

static lw_status plan_packing(const lwi_einsum *e, const lwi_einsum_operand *from,
                              const lwi_einsum_order *order, packing *p) {
    lwi_einsum_order summed = {0};
    *p = (packing){.from = from->data, .row = 1};
    uint64_t kept = 0;
    for (int i = 0; i < order->n; i++) {
        const uint8_t l = order->labels[i];
        kept |= UINT64_C(1) << l;
        p->kept[i] = e->size[l];
        p->kept_stride[i] = from->stride[l];
    }
    p->n_kept = order->n;
    if (p->n_kept) {
        p->n_kept--;
        p->row = p->kept[p->n_kept];
        p->row_stride = p->kept_stride[p->n_kept];
    }
    append(&summed, from->set & ~kept);
    for (int i = 0; i < summed.n; i++) {
        p->summed[i] = e->size[summed.labels[i]];
        p->summed_stride[i] = from->stride[summed.labels[i]];
    }
    p->n_summed = summed.n;
    return count(e, &summed, &p->terms);
}

lw_status lwi_einsum_pack(const lwi_einsum *e, const lwi_einsum_operand *from,
                          const lwi_einsum_order *order, lwi_einsum_operand *packed) {
    lwi_einsum_operand wanted = {.data = from->data};
    lay_out(e, order, &wanted);
    bool same = from->set == wanted.set;
    for (int i = 0; i < order->n && same; i++) {
        const uint8_t l = order->labels[i];
        same = e->size[l] == 1 || from->stride[l] == wanted.stride[l];
    }
    *packed = wanted;
    if (same) return LW_OK;
    packing p;
    size_t n = 0;
    LW_TRY(plan_packing(e, from, order, &p));
    LW_TRY(count(e, order, &n));
    LW_TRY(lwi_scratch(e->call, n, element_size(e), &p.to));
    packed->data = p.to;
    if (n == 0) return LW_OK;
    lwi_parallel(e->call, n / p.row, 1 + 8192 / p.row,
                 e->dtype == LW_FLOAT32   ? pack_f32
                 : e->dtype == LW_FLOAT64 ? pack_f64
                                          : pack_integer,
                 &p);
    return lwi_check_cancel(e->call);
}

enum { TILE_ROWS = 28 }; /* rows of which a product makes good use */

typedef struct product {
    const void *a, *b;
    void *c;
    size_t rows, summed, columns; /* of each matrix */
    lwi_einsum_multiply_f32 *multiply_f32;
} product;

#define MULTIPLY(NAME, T)                                                                          \
    static void NAME(void *arg, size_t begin, size_t end) {                                        \
        const product *p = arg;                                                                    \
        for (size_t r = begin; r < end; r++) {                                                     \
            const T *a = (const T *)p->a + r * p->summed;                                          \
            const T *b = (const T *)p->b + r / p->rows * p->summed * p->columns;                   \
            T *c = (T *)p->c + r * p->columns;                                                     \
            for (size_t j = 0; j < p->columns; j++)                                                \
                c[j] = 0;                                                                          \
            for (size_t k = 0; k < p->summed; k++, b += p->columns)                                \
                for (size_t j = 0; j < p->columns; j++)                                            \
                    c[j] += a[k] * b[j];                                                           \
        }                                                                                          \
    }
MULTIPLY(multiply_f32, float)
MULTIPLY(multiply_f64, double)
MULTIPLY(multiply_integer, uint64_t)

/* By the caller's function, matrix by matrix. */
static void multiply_matrices(void *arg, size_t begin, size_t end) {
    const product *p = arg;
    for (size_t r = begin, rows; r < end; r += rows) {
        const size_t left = p->rows - r % p->rows;
        rows = end - r < left ? end - r : left;
        p->multiply_f32((const float *)p->a + r * p->summed,
                        (const float *)p->b + r / p->rows * p->summed * p->columns,
                        (float *)p->c + r * p->columns, rows, p->summed, p->columns);
    }
}

static size_t set_size(const lwi_einsum *e, uint64_t set) {
    size_t n = 1;
    for (int l = 0; l < LWI_EINSUM_LABELS; l++)
        if (set >> l & 1) n *= e->size[l];
    return n;
}

lw_status lwi_einsum_multiply(const lwi_einsum *e, const lwi_einsum_operand *a,
                              const lwi_einsum_operand *b, uint64_t keep,
                              lwi_einsum_operand *result) {
    const uint64_t both = a->set & b->set, batch = both & keep, summed = both & ~keep;
    const uint64_t rows = a->set & ~both & keep, columns = b->set & ~both & keep;
    lwi_einsum_order left = {0}, right = {0}, out = {0};
    append(&left, batch), append(&left, rows), append(&left, summed);
    append(&right, batch), append(&right, summed), append(&right, columns);
    append(&out, batch), append(&out, rows), append(&out, columns);
    lwi_einsum_operand x, y;
    LW_TRY(lwi_einsum_pack(e, a, &left, &x));
    LW_TRY(lwi_einsum_pack(e, b, &right, &y));
    product p = {.a = x.data, .b = y.data, .multiply_f32 = e->multiply_f32};
    size_t n = 0;
    LW_TRY(count(e, &out, &n));
    LW_TRY(lwi_scratch(e->call, n, element_size(e), &p.c));
    *result = (lwi_einsum_operand){.data = p.c};
    lay_out(e, &out, result);
    if (n == 0) return LW_OK;
    p.rows = set_size(e, rows);
    p.summed = set_size(e, summed);
    p.columns = set_size(e, columns);
    const size_t cost = p.summed < 4096 ? p.summed : 4096, least = p.multiply_f32 ? TILE_ROWS : 1;
    lwi_parallel(e->call, n / p.columns, least + 16384 / (p.columns * cost + 1),
                 e->dtype == LW_FLOAT64   ? multiply_f64
                 : e->dtype != LW_FLOAT32 ? multiply_integer
                 : e->multiply_f32        ? multiply_matrices
                                          : multiply_f32,
                 &p);
    return lwi_check_cancel(e->call);
}
