/* SPDX-License-Identifier: MIT */
#include "ops/strided_copy.h"

#include <string.h>

enum {
    TILE = 32,      /* side of the squares in which transposition goes, for the cache's sake */
    SHORT = 8,      /* runs of a block that are too few */
    CHUNK = 1 << 12 /* elements that are worth a task */
};

/* The two innermost dimensions a and b are cut into blocks; an item of work is one block. */
typedef struct walk {
    lwi_strided_copy s; /* the last two dimensions are a and b */
    size_t block_a, block_b, n_a, n_b;
} walk;

/* The innermost dimension in which a step is that of a neighbour comes in blocks. */
typedef struct position {
    size_t index[LWI_STRIDED_MAX];
    size_t a, b; /* of the block */
    ptrdiff_t from, to;
} position;

void lwi_strided_add(lwi_strided_copy *s, size_t dim, ptrdiff_t from_step, ptrdiff_t to_step) {
    if (dim == 1) return;
    const int last = s->rank - 1;
    if (last >= 0 && s->from_step[last] == from_step * (ptrdiff_t)dim &&
        s->to_step[last] == to_step * (ptrdiff_t)dim) {
        s->dims[last] *= dim;
        s->from_step[last] = from_step;
        s->to_step[last] = to_step;
        return;
    }
    s->dims[s->rank] = dim;
    s->from_step[s->rank] = from_step;
    s->to_step[s->rank++] = to_step;
}

/* ------------------------------------------------------------------ blocks */

/* Elements are moved as bits, whatever their type is. */
typedef uint8_t __attribute__((may_alias)) bits_8;
typedef uint16_t __attribute__((may_alias)) bits_16;
typedef uint32_t __attribute__((may_alias)) bits_32;
typedef uint64_t __attribute__((may_alias)) bits_64;
typedef struct __attribute__((may_alias)) bits_128 {
    uint64_t low, high;
} bits_128;

#define BLOCK(NAME, T)                                                                             \
    static void NAME(const walk *w, ptrdiff_t at_from, ptrdiff_t at_to, size_t n_a, size_t n_b) {  \
        const int a = w->s.rank - 2, b = w->s.rank - 1;                                            \
        const ptrdiff_t from_b = w->s.from_step[b], to_b = w->s.to_step[b];                        \
        for (size_t i = 0; i < n_a; i++) {                                                         \
            const T *from = (const T *)w->s.from + at_from;                                        \
            T *to = (T *)w->s.to + at_to;                                                          \
            if (from_b == 1 && to_b == 1) {                                                        \
                memcpy(to, from, n_b * sizeof *to);                                                \
            } else if (to_b == 1 && from_b == 0) {                                                 \
                const T value = *from;                                                             \
                for (size_t k = 0; k < n_b; k++)                                                   \
                    to[k] = value;                                                                 \
            } else {                                                                               \
                for (size_t k = 0; k < n_b; k++)                                                   \
                    to[(ptrdiff_t)k * to_b] = from[(ptrdiff_t)k * from_b];                         \
            }                                                                                      \
            at_from += w->s.from_step[a];                                                          \
            at_to += w->s.to_step[a];                                                              \
        }                                                                                          \
    }
BLOCK(block_1, bits_8)
BLOCK(block_2, bits_16)
BLOCK(block_4, bits_32)
BLOCK(block_8, bits_64)
BLOCK(block_16, bits_128)

static void copy_block(const walk *w, const position *p) {
    const int a = w->s.rank - 2, b = w->s.rank - 1;
    const size_t at_a = p->a * w->block_a, at_b = p->b * w->block_b;
    const size_t rest_a = w->s.dims[a] - at_a, rest_b = w->s.dims[b] - at_b;
    const size_t n_a = rest_a < w->block_a ? rest_a : w->block_a;
    const size_t n_b = rest_b < w->block_b ? rest_b : w->block_b;
    const ptrdiff_t from =
        p->from + (ptrdiff_t)at_a * w->s.from_step[a] + (ptrdiff_t)at_b * w->s.from_step[b];
    const ptrdiff_t to =
        p->to + (ptrdiff_t)at_a * w->s.to_step[a] + (ptrdiff_t)at_b * w->s.to_step[b];
    switch (w->s.size) {
    case 1:
        block_1(w, from, to, n_a, n_b);
        break;
    case 2:
        block_2(w, from, to, n_a, n_b);
        break;
    case 4:
        block_4(w, from, to, n_a, n_b);
        break;
    case 8:
        block_8(w, from, to, n_a, n_b);
        break;
    default:
        block_16(w, from, to, n_a, n_b);
        break;
    }
}

/* -------------------------------------------------------------------- walk */

static position position_of(const walk *w, size_t item) {
    position p = {.b = item % w->n_b, .a = item / w->n_b % w->n_a};
    item /= w->n_b * w->n_a;
    for (int d = w->s.rank - 3; d >= 0; d--) {
        p.index[d] = item % w->s.dims[d];
        item /= w->s.dims[d];
        p.from += (ptrdiff_t)p.index[d] * w->s.from_step[d];
        p.to += (ptrdiff_t)p.index[d] * w->s.to_step[d];
    }
    return p;
}

static void advance(const walk *w, position *p) {
    if (++p->b < w->n_b) return;
    p->b = 0;
    if (++p->a < w->n_a) return;
    p->a = 0;
    for (int d = w->s.rank - 3; d >= 0; d--) {
        p->from += w->s.from_step[d];
        p->to += w->s.to_step[d];
        if (++p->index[d] < w->s.dims[d]) return;
        p->from -= (ptrdiff_t)w->s.dims[d] * w->s.from_step[d];
        p->to -= (ptrdiff_t)w->s.dims[d] * w->s.to_step[d];
        p->index[d] = 0;
    }
}

static void run_items(void *arg, size_t begin, size_t end) {
    const walk *w = arg;
    position p = position_of(w, begin);
    for (size_t i = begin; i < end; i++) {
        copy_block(w, &p);
        advance(w, &p);
    }
}

static bool is_near(ptrdiff_t step) { return step >= -1 && step <= 1; }

/* Moves dimension d to the place before the last. */
static void bring_in(lwi_strided_copy *s, int d) {
    const size_t dim = s->dims[d];
    const ptrdiff_t from = s->from_step[d], to = s->to_step[d];
    for (; d < s->rank - 2; d++) {
        s->dims[d] = s->dims[d + 1];
        s->from_step[d] = s->from_step[d + 1];
        s->to_step[d] = s->to_step[d + 1];
    }
    s->dims[d] = dim;
    s->from_step[d] = from;
    s->to_step[d] = to;
}

/* Where the last dimension jumps through the source and another one goes element by element, the
 * two are copied in squares. True if so. */
static bool find_transposition(lwi_strided_copy *s) {
    if (is_near(s->from_step[s->rank - 1])) return false;
    for (int d = s->rank - 2; d >= 0; d--)
        if (s->from_step[d] != 0 && is_near(s->from_step[d])) {
            bring_in(s, d);
            return true;
        }
    return false;
}

static void plan_blocks(walk *w) {
    const size_t b = w->s.dims[w->s.rank - 1];
    if (find_transposition(&w->s)) {
        w->block_a = w->block_b = TILE;
    } else {
        const int last = w->s.rank - 2;
        if (last > 0 && w->s.dims[last] < SHORT && w->s.dims[last - 1] > w->s.dims[last])
            bring_in(&w->s, last - 1); /* fewer blocks */
        const size_t a = w->s.dims[last];
        w->block_b = b < CHUNK ? b : CHUNK;
        w->block_a = CHUNK / w->block_b < a ? CHUNK / w->block_b : a;
    }
    w->n_a = (w->s.dims[w->s.rank - 2] - 1) / w->block_a + 1;
    w->n_b = (b - 1) / w->block_b + 1;
}

void lwi_strided_run(const lwi_call *c, const lwi_strided_copy *s) {
    if (c->host->copied) {
        c->host->copied(c->host, s);
        return;
    }
    walk w = {.s = {.size = s->size, .from = s->from, .to = s->to, .rank = 2}};
    const int pad = s->rank < 2 ? 2 - s->rank : 0;
    for (int d = 0; d < pad; d++)
        w.s.dims[d] = 1;
    w.s.rank = s->rank + pad;
    for (int d = 0; d < s->rank; d++) {
        w.s.dims[d + pad] = s->dims[d];
        w.s.from_step[d + pad] = s->from_step[d];
        w.s.to_step[d + pad] = s->to_step[d];
        if (s->dims[d] == 0) return;
    }
    if (s->rank == 0) w.s.from_step[1] = w.s.to_step[1] = 1;
    plan_blocks(&w);
    size_t items = w.n_a * w.n_b;
    for (int d = 0; d < w.s.rank - 2; d++)
        items *= w.s.dims[d];
    lwi_parallel(c, items, 1 + CHUNK / (w.block_a * w.block_b), run_items, &w);
}

void lwi_copy_rows(const lwi_call *c, size_t size, const void *from, size_t from_row, void *to,
                   size_t to_row, size_t rows, size_t n) {
    lwi_strided_copy s = {.size = size, .from = from, .to = to};
    lwi_strided_add(&s, rows, (ptrdiff_t)from_row, (ptrdiff_t)to_row);
    lwi_strided_add(&s, n, 1, 1);
    lwi_strided_run(c, &s);
}
