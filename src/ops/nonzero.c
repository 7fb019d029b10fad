/* SPDX-License-Identifier: MIT
 * NonZero (ONNX 13): the indices of all elements that are not zero (not empty, for strings), a
 * column for each, in row-major order. A scalar counts as a tensor of one element. */
#include "ops/op.h"

enum { CHUNK = 256 }; /* elements that are looked at together */

static bool is_set(const lw_value *x, size_t i) {
    if (x->dtype == LW_STRING) return ((const lw_string *)x->data)[i].size != 0;
    if (x->dtype == LW_COMPLEX64) {
        const float *z = (const float *)x->data + 2 * i;
        return z[0] != 0 || z[1] != 0;
    }
    if (x->dtype == LW_COMPLEX128) {
        const double *z = (const double *)x->data + 2 * i;
        return z[0] != 0 || z[1] != 0;
    }
    return lwi_get_double(x, i) != 0;
}

/* set[i] says whether element first + i is not zero. */
static void look(const lw_value *x, size_t first, size_t n, uint8_t *set) {
    switch (x->dtype) {
#define CASE(DTYPE, T)                                                                             \
    case DTYPE:                                                                                    \
        for (size_t i = 0; i < n; i++)                                                             \
            set[i] = ((const T *)x->data)[first + i] != 0;                                         \
        break;
        LWI_NUMBER_TYPES(CASE)
        CASE(LW_BOOL, uint8_t)
    default:
        for (size_t i = 0; i < n; i++)
            set[i] = is_set(x, first + i);
    }
}

static size_t count_set(const lw_value *x) {
    uint8_t set[CHUNK];
    size_t total = 0;
    for (size_t first = 0, n; first < x->count; first += n) {
        n = x->count - first < CHUNK ? x->count - first : CHUNK;
        look(x, first, n, set);
        for (size_t i = 0; i < n; i++)
            total += set[i];
    }
    return total;
}

/* Where the indices go: row d of y has those of dimension d. */
typedef struct columns {
    int64_t *y;
    size_t n, done; /* how many there are, and were written */
    int rank;
    const int64_t *dims;
    int64_t row[LW_MAX_RANK]; /* the place in all dimensions but the last */
} columns;

static void write_places(columns *c, size_t first, const uint16_t *places, size_t n) {
    int64_t *to = c->y + c->done;
    for (int d = 0; d < c->rank - 1; d++, to += c->n)
        for (size_t i = 0; i < n; i++)
            to[i] = c->row[d];
    for (size_t i = 0; i < n; i++)
        to[i] = (int64_t)(first + places[i]);
    c->done += n;
}

static void write_row(columns *c, const lw_value *x, size_t begin, size_t length) {
    uint8_t set[CHUNK];
    uint16_t places[CHUNK];
    for (size_t first = 0, n; first < length; first += n) {
        size_t found = 0;
        n = length - first < CHUNK ? length - first : CHUNK;
        look(x, begin + first, n, set);
        for (size_t i = 0; i < n; i++) {
            places[found] = (uint16_t)i;
            found += set[i];
        }
        write_places(c, first, places, found);
    }
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    const int rank = x->rank ? x->rank : 1;
    const int64_t one = 1, *dims = x->rank ? x->dims : &one;
    columns to = {.n = count_set(x), .rank = rank, .dims = dims};
    LW_TRY(lwi_out(c, 0, LW_INT64, 2, (const int64_t[]){rank, (int64_t)to.n}));
    to.y = c->out[0]->data;
    const size_t length = (size_t)dims[rank - 1];
    for (size_t begin = 0; to.done < to.n; begin += length) {
        write_row(&to, x, begin, length);
        for (int d = rank - 2; d >= 0; d--) {
            if (++to.row[d] < dims[d]) break;
            to.row[d] = 0;
        }
    }
    return LW_OK;
}

const lwi_op lwi_op_nonzero = {.run = run};
