/* SPDX-License-Identifier: MIT
 * Transpose of bytes that exchanges two neighbouring groups of dimensions, as a change of layout
 * does. */
#include "backend/cpu/cpu_quant.h"

typedef struct turn {
    size_t batch, rows, columns;
    const uint8_t *x;
    uint8_t *y;
} turn;

/* perm is 0 ... b - 1, then m ... n - 1, then b ... m - 1. */
static bool find_groups(const lwi_call *c, turn *t) {
    const lw_value *x = c->in[0];
    size_t n = 0;
    const int64_t *perm = lwi_attr_ints(c->node, "perm", &n);
    if (!perm || n != (size_t)x->rank || lwi_dtype_size(x->dtype) != 1 ||
        lwi_dtype_is_packed(x->dtype))
        return false;
    size_t b = 0;
    while (b < n && perm[b] == (int64_t)b)
        b++;
    if (b == n || perm[b] < (int64_t)b || perm[b] >= (int64_t)n) return false;
    const size_t m = (size_t)perm[b];
    for (size_t i = b; i < n; i++)
        if (perm[i] != (int64_t)(i < b + n - m ? m + i - b : b + i - (b + n - m))) return false;
    *t = (turn){1, 1, 1, NULL, NULL};
    for (size_t i = 0; i < n; i++)
        *(i < b ? &t->batch : i < m ? &t->rows : &t->columns) *= (size_t)x->dims[i];
    return true;
}

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

static void turn_all(const lwi_call *c, turn *t) {
    const size_t parts = (t->columns + PART - 1) / PART;
    lwi_parallel(c, t->batch * parts, 1 + (1 << 16) / (t->rows * PART + 1), turn_parts, t);
}

void lwi_q_turn(const lwi_call *c, const uint8_t *x, size_t batch, size_t rows, size_t columns,
                uint8_t *y) {
    turn t = {batch, rows, columns, x, y};
    turn_all(c, &t);
}

static lw_status run(lwi_call *c) {
    turn t;
    if (!find_groups(c, &t)) return lwi_call_fail(c, LW_INTERNAL, "the order has changed");
    if (c->out[0]->count == 0) return LW_OK;
    t.x = c->in[0]->data;
    t.y = c->out[0]->data;
    turn_all(c, &t);
    return LW_OK;
}

const lwi_kernel *lwi_cpu_transpose_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_transpose_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run};
    turn t;
    return c->out[0] && find_groups(c, &t) ? &kernel : NULL;
}
