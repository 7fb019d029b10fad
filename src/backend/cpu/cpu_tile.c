/* SPDX-License-Identifier: MIT
 * Tile: a block is written once and copied from there, which is in the cache. */
#include "backend/cpu/cpu_backend.h"

#include <string.h>

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

static lw_status run(lwi_call *c) {
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

const lwi_kernel *lwi_cpu_tile_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_tile_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run};
    (void)c;
    return &kernel;
}
