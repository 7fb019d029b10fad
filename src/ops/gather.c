/* SPDX-License-Identifier: MIT
 * Gather, GatherElements and GatherND (ONNX 13): elements or slices chosen by indices. */
#include "ops/offsets.h"

#include <string.h>

/* outer times n slices; slice j of each round lies offsets[j] elements after its beginning. */
typedef struct gather {
    const char *from;
    char *to;
    const size_t *offsets;
    size_t n, slice, size; /* slices, bytes of a slice, bytes of an element */
    size_t round;          /* bytes from round to round in the source */
} gather;

/* The same slice of each round. */
#define PICK_FIXED(BYTES)                                                                          \
    for (size_t i = 0; i < n; i++, from += g->round, to += (BYTES))                                \
    memcpy(to, from, BYTES)

/* One of two channels, as after a shuffle: words at even places. */
static void pick_even(const char *from, size_t n, char *to) {
    typedef uint32_t fours __attribute__((vector_size(16)));
    size_t i = 0;
    for (; i + 4 < n; i += 4) { /* what follows the last word may not be ours */
        fours low, high;
        memcpy(&low, from + 8 * i, sizeof low);
        memcpy(&high, from + 8 * i + sizeof low, sizeof high);
        low = __builtin_shufflevector(low, high, 0, 2, 4, 6);
        memcpy(to + 4 * i, &low, sizeof low);
    }
    for (; i < n; i++)
        memcpy(to + 4 * i, from + 8 * i, 4);
}

static void pick_slices(const gather *g, const char *from, size_t n, char *to) {
    switch (g->slice) {
    case 1:
        PICK_FIXED(1);
        break;
    case 4:
        if (g->round == 8) pick_even(from, n, to);
        else PICK_FIXED(4);
        break;
    case 8:
        PICK_FIXED(8);
        break;
    default:
        PICK_FIXED(g->slice);
        break;
    }
}

/* A constant size makes memcpy one instruction. */
#define COPY_FIXED(BYTES)                                                                          \
    for (size_t j = first; j < last; j++, to += (BYTES))                                           \
    memcpy(to, from + g->offsets[j] * g->size, BYTES)

static void copy_slices(const gather *g, const char *from, size_t first, size_t last, char *to) {
    switch (g->slice) {
    case 1:
        COPY_FIXED(1);
        break;
    case 2:
        COPY_FIXED(2);
        break;
    case 4:
        COPY_FIXED(4);
        break;
    case 8:
        COPY_FIXED(8);
        break;
    case 16:
        COPY_FIXED(16);
        break;
    default:
        COPY_FIXED(g->slice);
        break;
    }
}

static void run_slices(void *arg, size_t begin, size_t end) {
    const gather *g = arg;
    if (g->n == 1) {
        const char *from = g->from + g->offsets[0] * g->size + begin * g->round;
        pick_slices(g, from, end - begin, g->to + begin * g->slice);
        return;
    }
    while (begin < end) {
        const size_t outer = begin / g->n, first = begin % g->n;
        const size_t last = end - begin < g->n - first ? first + (end - begin) : g->n;
        copy_slices(g, g->from + outer * g->round, first, last, g->to + begin * g->slice);
        begin += last - first;
    }
}

/* slice: elements that each offset stands for. */
static void run_gather(const lwi_call *c, const size_t *offsets, size_t outer, size_t n,
                       size_t round, size_t slice) {
    const size_t size = lwi_dtype_size(c->out[0]->dtype);
    gather g = {.from = c->in[0]->data,
                .to = c->out[0]->data,
                .offsets = offsets,
                .n = n,
                .slice = slice * size,
                .size = size,
                .round = round * size};
    lwi_parallel(c, outer * n, 1 + (1 << 15) / g.slice, run_slices, &g);
}

/* ------------------------------------------------------------------ Gather */

static lw_status infer_gather(lwi_call *c) {
    const lw_value *data = c->in[0], *indices = c->in[1];
    int axis = 0, rank = 0;
    int64_t dims[2 * LW_MAX_RANK];
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), data->rank, &axis));
    for (int d = 0; d < axis; d++)
        dims[rank++] = data->dims[d];
    for (int d = 0; d < indices->rank; d++)
        dims[rank++] = indices->dims[d];
    for (int d = axis + 1; d < data->rank; d++)
        dims[rank++] = data->dims[d];
    return lwi_out(c, 0, data->dtype, rank, dims);
}

/* One index of the outermost axis. */
static bool gather_window(const lwi_call *c, size_t k, size_t *first) {
    size_t outer, dim, inner, at = 0;
    int axis = 0;
    if (k != 0 || !lwi_known(c, 1) || c->in[1]->count != 1 ||
        lwi_axis(c, lwi_attr_int(c->node, "axis", 0), c->in[0]->rank, &axis) != LW_OK)
        return false;
    lwi_split_axis(c->in[0], axis, &outer, &dim, &inner);
    if (outer != 1 || lwi_index_at(c, c->in[1], 0, (int64_t)dim, &at) != LW_OK) return false;
    *first = at * inner;
    return true;
}

static lw_status run_gather_axis(lwi_call *c) {
    const lw_value *data = c->in[0], *indices = c->in[1];
    int axis = 0;
    if (c->out[0]->count == 0) return LW_OK;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), data->rank, &axis));
    size_t outer, dim, inner, *offsets = NULL;
    lwi_split_axis(data, axis, &outer, &dim, &inner);
    LW_TRY(lwi_scratch(c, indices->count, sizeof *offsets, &offsets));
    for (size_t i = 0; i < indices->count; i++) {
        LW_TRY(lwi_index_at(c, indices, i, (int64_t)dim, &offsets[i]));
        offsets[i] *= inner;
    }
    run_gather(c, offsets, outer, indices->count, dim * inner, inner);
    return LW_OK;
}

/* ---------------------------------------------------------- GatherElements */

static lw_status infer_elements(lwi_call *c) {
    int axis = 0;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), c->in[0]->rank, &axis));
    return lwi_out(c, 0, c->in[0]->dtype, c->in[1]->rank, c->in[1]->dims);
}

static lw_status run_elements(lwi_call *c) {
    int axis = 0;
    size_t *offsets = NULL;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), c->in[0]->rank, &axis));
    if (lwi_dtype_size(c->in[0]->dtype) <= 8)
        return lwi_move_elements(c, c->in[0], c->in[1], axis, false, c->in[0]->data,
                                 c->out[0]->data);
    LW_TRY(lwi_element_offsets(c, c->in[0], c->in[1], axis, &offsets));
    if (c->out[0]->count) run_gather(c, offsets, 1, c->out[0]->count, 0, 1);
    return LW_OK;
}

/* ---------------------------------------------------------------- GatherND */

static lw_status infer_nd(lwi_call *c) {
    int rank = 0;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(
        lwi_tuple_dims(c, c->in[0], c->in[1], lwi_attr_int(c->node, "batch_dims", 0), &rank, dims));
    return lwi_out(c, 0, c->in[0]->dtype, rank, dims);
}

static lw_status run_nd(lwi_call *c) {
    const lw_value *indices = c->in[1], *y = c->out[0];
    size_t *offsets = NULL, n = 1;
    if (y->count == 0) return LW_OK;
    LW_TRY(lwi_tuple_offsets(c, c->in[0], indices, (int)lwi_attr_int(c->node, "batch_dims", 0),
                             &offsets));
    for (int d = 0; d < indices->rank - 1; d++)
        n *= (size_t)indices->dims[d];
    run_gather(c, offsets, 1, n, 0, y->count / n);
    return LW_OK;
}

const lwi_op lwi_op_gather = {
    .infer = infer_gather, .window = gather_window, .run = run_gather_axis, .flags = LWI_ANYWHERE};
const lwi_op lwi_op_gather_elements = {
    .infer = infer_elements, .run = run_elements, .flags = LWI_ANYWHERE};
const lwi_op lwi_op_gather_nd = {.infer = infer_nd, .run = run_nd, .flags = LWI_ANYWHERE};
