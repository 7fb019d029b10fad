/* SPDX-License-Identifier: MIT
 * Transpose: dimensions that stay together are one, and what is left is copied in runs where the
 * last dimension stays last, or else turned in matrices: the last dimension of the input and the
 * last one of the output, for each place in the others. */
#include "backend/cpu/cpu_backend.h"
#include "kern/level.h"

#include "ops/strided_copy.h"
#include "ops/transpose.h"

#include <string.h>

enum {
    CHUNK = 256,     /* columns of a matrix that are turned at once */
    GRAIN = 1 << 14, /* elements that are worth a task */
    BLOCK = 16       /* of a matrix of elements of 2 or 8 bytes */
};

typedef struct plan {
    size_t size; /* bytes of an element */
    /* The dimensions around a matrix, or around rows of runs. */
    int rank;
    size_t dims[LW_MAX_RANK];
    ptrdiff_t from_step[LW_MAX_RANK], to_step[LW_MAX_RANK]; /* in bytes */
    size_t outer;                                           /* product of dims */
    bool turn;
    /* turn: y[c * to_row + r] = x[r * from_row + c]. Otherwise rows runs of columns elements,
     * from_row and to_row apart. */
    size_t rows, columns, from_row, to_row; /* in elements */
    size_t chunks, chunk;                   /* of columns (turn) or rows */
} plan;

/* ----------------------------------------------------------------- prepare */

static void take_out(lwi_strided_copy *s, int d) {
    s->rank--;
    for (; d < s->rank; d++) {
        s->dims[d] = s->dims[d + 1];
        s->from_step[d] = s->from_step[d + 1];
        s->to_step[d] = s->to_step[d + 1];
    }
}

/* The dimension with step 1 in the input. */
static int find_columns(const lwi_strided_copy *s) {
    for (int d = 0; d < s->rank; d++)
        if (s->from_step[d] == 1) return d;
    return -1;
}

static void choose_matrix(lwi_strided_copy *s, plan *p) {
    const int last = s->rank - 1;
    p->turn = last >= 0 && s->from_step[last] != 1;
    p->rows = p->columns = 1;
    if (last < 0) return;
    if (p->turn) {
        p->rows = s->dims[last];
        p->from_row = (size_t)s->from_step[last];
        take_out(s, last);
        const int d = find_columns(s);
        p->columns = s->dims[d];
        p->to_row = (size_t)s->to_step[d];
        take_out(s, d);
        return;
    }
    p->columns = s->dims[last];
    take_out(s, last);
    if (s->rank == 0) return;
    p->rows = s->dims[s->rank - 1];
    p->from_row = (size_t)s->from_step[s->rank - 1];
    p->to_row = (size_t)s->to_step[s->rank - 1];
    take_out(s, s->rank - 1);
}

static lw_status prepare(lwi_call *c) {
    plan *p = NULL;
    lwi_strided_copy s;
    LW_TRY(lwi_transpose_plan(c, &s));
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    p->size = s.size;
    choose_matrix(&s, p);
    p->rank = s.rank;
    p->outer = 1;
    for (int d = 0; d < s.rank; d++) {
        p->dims[d] = s.dims[d];
        p->from_step[d] = s.from_step[d] * (ptrdiff_t)s.size;
        p->to_step[d] = s.to_step[d] * (ptrdiff_t)s.size;
        p->outer *= s.dims[d];
    }
    const size_t cut = p->turn ? p->columns : p->rows, other = p->turn ? p->rows : p->columns;
    p->chunk = p->turn ? CHUNK : 1 + GRAIN / other;
    p->chunks = (cut - 1) / p->chunk + 1;
    return LW_OK;
}

/* ------------------------------------------------------------------- turns */

#define TURN(BITS)                                                                                 \
    static void turn_##BITS(const char *from, size_t from_row, char *to, size_t to_row,            \
                            size_t rows, size_t columns) {                                         \
        typedef uint##BITS##_t __attribute__((may_alias)) element;                                 \
        const element *x = (const element *)from;                                                  \
        element *y = (element *)to;                                                                \
        for (size_t c = 0; c < columns; c += BLOCK)                                                \
            for (size_t r = 0; r < rows; r += BLOCK)                                               \
                for (size_t i = c; i < columns && i < c + BLOCK; i++)                              \
                    for (size_t k = r; k < rows && k < r + BLOCK; k++)                             \
                        y[i * to_row + k] = x[k * from_row + i];                                   \
    }
TURN(16)
TURN(64)

/* Squares of 8 x 8 elements of 2 bytes in three steps, each of which interleaves rows that are four
 * apart; the rest one by one. */
typedef uint16_t eights __attribute__((vector_size(16)));
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)

static void turn_square(const char *from, size_t from_row, char *to, size_t to_row) {
    eights a[8], b[8];
    LWI_UNROLL for (int r = 0; r < 8; r++)
        memcpy(&a[r], from + (size_t)r * from_row * 2, sizeof a[r]);
    LWI_UNROLL for (int step = 0; step < 3; step++) {
        LWI_UNROLL for (int r = 0; r < 4; r++) {
            b[2 * r] = LOW(a[r], a[r + 4]);
            b[2 * r + 1] = HIGH(a[r], a[r + 4]);
        }
        LWI_UNROLL for (int r = 0; r < 8; r++) a[r] = b[r];
    }
    LWI_UNROLL for (int r = 0; r < 8; r++) memcpy(to + (size_t)r * to_row * 2, &a[r], sizeof a[r]);
}

static void turn_squares(const char *from, size_t from_row, char *to, size_t to_row, size_t rows,
                         size_t columns) {
    const size_t whole_rows = rows / 8 * 8, whole_columns = columns / 8 * 8;
    for (size_t c = 0; c < whole_columns; c += 8)
        for (size_t r = 0; r < whole_rows; r += 8)
            turn_square(from + (r * from_row + c) * 2, from_row, to + (c * to_row + r) * 2, to_row);
    turn_16(from + whole_columns * 2, from_row, to + whole_columns * to_row * 2, to_row, rows,
            columns - whole_columns);
    turn_16(from + whole_rows * from_row * 2, from_row, to + whole_rows * 2, to_row,
            rows - whole_rows, whole_columns);
}

static void turn(const plan *p, const char *from, char *to, size_t columns) {
    switch (p->size) {
    case 1:
        lwi_cpu_kernels()->turn_i8((const uint8_t *)from, p->from_row, p->rows, columns,
                                   (uint8_t *)to, p->to_row);
        break;
    case 2:
        turn_squares(from, p->from_row, to, p->to_row, p->rows, columns);
        break;
    case 4:
        lwi_cpu_kernels()->transpose_f32((const float *)from, p->from_row, (float *)to, p->to_row,
                                         p->rows, columns);
        break;
    default:
        turn_64(from, p->from_row, to, p->to_row, p->rows, columns);
    }
}

/* -------------------------------------------------------------------- runs */

#define RUNS(BYTES)                                                                                \
    case BYTES:                                                                                    \
        for (size_t r = 0; r < rows; r++, from += from_row, to += to_row)                          \
            memcpy(to, from, BYTES);                                                               \
        break

/* Short runs are copied without a call for each. */
static void copy_runs(const char *from, size_t from_row, char *to, size_t to_row, size_t rows,
                      size_t bytes) {
    switch (bytes) {
        RUNS(2);
        RUNS(4);
        RUNS(8);
        RUNS(12);
        RUNS(16);
        RUNS(24);
        RUNS(32);
        RUNS(64);
        RUNS(128);
    default:
        for (size_t r = 0; r < rows; r++, from += from_row, to += to_row)
            memcpy(to, from, bytes);
    }
}

/* --------------------------------------------------------------------- run */

typedef struct job {
    const plan *p;
    const char *from;
    char *to;
} job;

/* Chunk `chunk` of the matrix at these places. */
static void do_chunk(const plan *p, const char *from, char *to, size_t chunk) {
    const size_t first = chunk * p->chunk, cut = p->turn ? p->columns : p->rows;
    const size_t n = cut - first < p->chunk ? cut - first : p->chunk;
    if (p->turn) turn(p, from + first * p->size, to + first * p->to_row * p->size, n);
    else
        copy_runs(from + first * p->from_row * p->size, p->from_row * p->size,
                  to + first * p->to_row * p->size, p->to_row * p->size, n, p->columns * p->size);
}

static void run_chunks(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const plan *p = j->p;
    size_t index[LW_MAX_RANK], rest = begin / p->chunks, chunk = begin % p->chunks;
    const char *from = j->from;
    char *to = j->to;
    for (int d = p->rank - 1; d >= 0; d--) {
        index[d] = rest % p->dims[d];
        rest /= p->dims[d];
        from += (ptrdiff_t)index[d] * p->from_step[d];
        to += (ptrdiff_t)index[d] * p->to_step[d];
    }
    for (size_t i = begin; i < end; i++) {
        do_chunk(p, from, to, chunk);
        if (++chunk < p->chunks) continue;
        chunk = 0;
        for (int d = p->rank - 1; d >= 0; d--) {
            from += p->from_step[d];
            to += p->to_step[d];
            if (++index[d] < p->dims[d]) break;
            from -= (ptrdiff_t)p->dims[d] * p->from_step[d];
            to -= (ptrdiff_t)p->dims[d] * p->to_step[d];
            index[d] = 0;
        }
    }
}

static lw_status run(lwi_call *c) {
    const plan *p = c->prepared;
    job j = {.p = p, .from = c->in[0]->data, .to = c->out[0]->data};
    const size_t items = p->outer * p->chunks, each = c->out[0]->count / items;
    if (c->out[0]->count < 2 * GRAIN) run_chunks(&j, 0, items);
    else lwi_parallel(c, items, 1 + GRAIN / (each + 1), run_chunks, &j);
    return LW_OK;
}

const lwi_kernel *lwi_cpu_transpose_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_transpose_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare, run};
    const lw_value *x = c->in[0];
    return x->count > 0 && lwi_dtype_size(x->dtype) <= 8 && !lwi_dtype_is_packed(x->dtype) ? &kernel
                                                                                           : NULL;
}
