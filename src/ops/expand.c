/* SPDX-License-Identifier: MIT
 * Expand and Tile (ONNX 13): repeating what there is. */
#include "base/checked.h"
#include "ops/strided_copy.h"

#include <string.h>

/* Expand's shape takes part in broadcasting like the shape of a tensor. */
static lw_status infer_expand(lwi_call *c) {
    const lw_value *x = c->in[0];
    int64_t wanted[LW_MAX_RANK], dims[LW_MAX_RANK];
    size_t n = 0;
    LW_TRY(lwi_in_ints(c, 1, wanted, LW_MAX_RANK, &n));
    const int rank = (int)n > x->rank ? (int)n : x->rank;
    for (int d = 0; d < rank; d++) {
        const int at_x = d - (rank - x->rank), at_wanted = d - (rank - (int)n);
        const int64_t a = at_x < 0 ? 1 : x->dims[at_x], b = at_wanted < 0 ? 1 : wanted[at_wanted];
        dims[d] = a == 1 ? b : a;
        if (a != 1 && b != 1 && a != b) {
            char from[LWI_SHAPE_TEXT], to[LWI_SHAPE_TEXT];
            return lwi_call_fail(c, LW_SHAPE, "the shapes %s and %s cannot be broadcast",
                                 lwi_shape_text(x->rank, x->dims, from),
                                 lwi_shape_text((int)n, wanted, to));
        }
    }
    return lwi_out(c, 0, x->dtype, rank, dims);
}

static lw_status run_expand(lwi_call *c) {
    const lw_value *x = c->in[0], *y = c->out[0];
    if (y->count == 0) return LW_OK;
    size_t from[LW_MAX_RANK], to[LW_MAX_RANK];
    lwi_broadcast_strides(x, y->rank, from);
    lwi_strides(y->rank, y->dims, to);
    lwi_strided_copy s = {.size = lwi_dtype_size(y->dtype), .from = x->data, .to = y->data};
    for (int d = 0; d < y->rank; d++)
        lwi_strided_add(&s, (size_t)y->dims[d], (ptrdiff_t)from[d], (ptrdiff_t)to[d]);
    lwi_strided_run(c, &s);
    return LW_OK;
}

static lw_status infer_tile(lwi_call *c) {
    const lw_value *x = c->in[0];
    int64_t repeats[LW_MAX_RANK], dims[LW_MAX_RANK];
    size_t n = 0;
    LW_TRY(lwi_in_ints(c, 1, repeats, LW_MAX_RANK, &n));
    if (n != (size_t)x->rank)
        return lwi_call_fail(c, LW_SHAPE, "repeats has %zu elements, but the input has rank %d", n,
                             x->rank);
    for (int d = 0; d < x->rank; d++)
        if (repeats[d] < 0 || !lwi_mul_i64(x->dims[d], repeats[d], &dims[d]))
            return lwi_call_fail(c, LW_RANGE, "axis %d cannot be repeated %lld times", d,
                                 (long long)repeats[d]);
    return lwi_out(c, 0, x->dtype, x->rank, dims);
}

/* Sizes in bytes. Axes from `last` on are not repeated. */
typedef struct tiling {
    const lw_value *x, *y;
    size_t from[LW_MAX_RANK], to[LW_MAX_RANK]; /* from one element of an axis to the next */
    int first, last;                           /* the first axis that is repeated; past the last */
} tiling;

/* What axis d and those after it make of one block: it is written once, and copied from there. */
static void tile_axis(const tiling *t, int d, const char *from, char *to) {
    const size_t n = (size_t)t->x->dims[d], chunk = n * t->to[d];
    if (d + 1 >= t->last) memcpy(to, from, chunk);
    else
        for (size_t i = 0; i < n; i++)
            tile_axis(t, d + 1, from + i * t->from[d], to + i * t->to[d]);
    const size_t all = (size_t)t->y->dims[d] * t->to[d];
    for (size_t done = chunk; done < all; done += chunk)
        memcpy(to + done, to, chunk);
}

static void tile_blocks(void *arg, size_t begin, size_t end) {
    const tiling *t = arg;
    const size_t from = (size_t)t->x->dims[t->first] * t->from[t->first];
    const size_t to = (size_t)t->y->dims[t->first] * t->to[t->first];
    for (size_t i = begin; i < end; i++)
        tile_axis(t, t->first, (const char *)t->x->data + i * from, (char *)t->y->data + i * to);
}

static lw_status run_tile(lwi_call *c) {
    tiling t = {.x = c->in[0], .y = c->out[0]};
    const lw_value *x = t.x, *y = t.y;
    const size_t size = lwi_dtype_size(y->dtype);
    if (y->count == 0) return LW_OK;
    if (y->rank == 0) {
        memcpy(y->data, x->data, size);
        return LW_OK;
    }
    lwi_strides(x->rank, x->dims, t.from);
    lwi_strides(y->rank, y->dims, t.to);
    for (int d = 0; d < y->rank; d++) {
        t.from[d] *= size;
        t.to[d] *= size;
        if (y->dims[d] != x->dims[d]) t.last = d + 1;
    }
    while (t.first + 1 < t.last && y->dims[t.first] == x->dims[t.first])
        t.first++;
    const size_t block = (size_t)y->dims[t.first] * t.to[t.first];
    lwi_parallel(c, y->count * size / block, 1 + (1 << 16) / block, tile_blocks, &t);
    return LW_OK;
}

const lwi_op lwi_op_expand = {.infer = infer_expand, .run = run_expand};
const lwi_op lwi_op_tile = {.infer = infer_tile, .run = run_tile};
