/* SPDX-License-Identifier: MIT
 * Concat (ONNX 13) and ConcatFromSequence (ONNX 11). */
#include "ops/concat.h"

#include "base/checked.h"
#include "ops/strided_copy.h"

static lw_status check_alike(const lwi_call *c, const lw_value *a, const lw_value *b, int skip) {
    if (b->kind != LW_KIND_TENSOR || b->dtype != a->dtype)
        return lwi_call_fail(c, LW_TYPE, "only tensors of one type can be joined");
    bool same = a->rank == b->rank;
    for (int d = 0; d < a->rank && same; d++)
        if (d != skip && a->dims[d] != b->dims[d]) same = false;
    if (same) return LW_OK;
    char x[LWI_SHAPE_TEXT], y[LWI_SHAPE_TEXT];
    return lwi_call_fail(c, LW_SHAPE, "the shapes %s and %s cannot be joined",
                         lwi_shape_text(a->rank, a->dims, x), lwi_shape_text(b->rank, b->dims, y));
}

lw_status lwi_concat_dims(const lwi_call *c, const lw_value *const *in, size_t n, int64_t axis,
                          bool new_axis, int *rank, int64_t *dims) {
    if (n == 0) return lwi_call_fail(c, LW_INVALID, "there is nothing to join");
    const lw_value *first = in[0];
    int at = 0;
    *rank = first->rank + new_axis;
    if (*rank > LW_MAX_RANK) return lwi_call_fail(c, LW_LIMIT, "the output has rank %d", *rank);
    LW_TRY(lwi_axis(c, axis, *rank, &at));
    for (int d = 0, from = 0; d < *rank; d++)
        dims[d] = new_axis && d == at ? (int64_t)n : first->dims[from++];
    if (!new_axis) dims[at] = 0;
    for (size_t i = 0; i < n; i++) {
        LW_TRY(check_alike(c, first, in[i], new_axis ? -1 : at));
        if (!new_axis && !lwi_add_i64(dims[at], in[i]->dims[at], &dims[at]))
            return lwi_call_fail(c, LW_SHAPE, "the output has too many elements");
    }
    return LW_OK;
}

/* y's elements after the axis form rows; each input gives a part of each row. With a new axis, an
 * input's part is what lies after the axis, once. */
static void join(const lwi_call *c, const lw_value *const *in, size_t n, int axis, bool new_axis,
                 const lw_value *y) {
    size_t outer, dim, inner, at = 0;
    lwi_split_axis(y, axis, &outer, &dim, &inner);
    const size_t size = lwi_dtype_size(y->dtype);
    for (size_t i = 0; i < n; i++) {
        if (in[i]->count == 0) continue;
        const size_t part = inner * (new_axis ? 1 : (size_t)in[i]->dims[axis]);
        char *to = (char *)y->data + at * size;
        if (to != in[i]->data)
            lwi_copy_rows(c, size, in[i]->data, part, to, dim * inner, outer, part);
        at += part;
    }
}

/* -------------------------------------------------------------- in the run */

/* The tensor with a byte for each element. */
static lw_status unpacked(lwi_call *c, const lw_value *value, lw_value *shown) {
    void *data = NULL;
    LW_TRY(lwi_tensor_init(shown, LW_UINT8, value->rank, value->dims, NULL));
    LW_TRY(lwi_scratch(c, shown->count, 1, &data));
    shown->data = data;
    return LW_OK;
}

static lw_status join_packed(lwi_call *c, const lw_value *const *in, size_t n, int axis,
                             bool new_axis, lw_value *y) {
    lw_value *shown = NULL, whole;
    const lw_value **list = NULL;
    LW_TRY(lwi_scratch(c, n, sizeof *shown, &shown));
    LW_TRY(lwi_scratch(c, n, sizeof *list, &list));
    for (size_t i = 0; i < n; i++) {
        LW_TRY(unpacked(c, in[i], &shown[i]));
        lwi_unpack(in[i]->dtype, in[i]->data, in[i]->count, shown[i].data);
        list[i] = &shown[i];
    }
    LW_TRY(unpacked(c, y, &whole));
    join(c, list, n, axis, new_axis, &whole);
    lwi_pack(y->dtype, whole.data, y->count, y->data);
    return LW_OK;
}

lw_status lwi_concat_out(lwi_call *c, size_t i, const lw_value *const *in, size_t n, int64_t axis,
                         bool new_axis) {
    int rank = 0, at = 0;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_concat_dims(c, in, n, axis, new_axis, &rank, dims));
    LW_TRY(lwi_axis(c, axis, rank, &at));
    LW_TRY(lwi_out(c, i, in[0]->dtype, rank, dims));
    if (i >= c->n_out || !c->out[i] || c->out[i]->count == 0) return LW_OK;
    if (lwi_dtype_is_packed(in[0]->dtype)) return join_packed(c, in, n, at, new_axis, c->out[i]);
    join(c, in, n, at, new_axis, c->out[i]);
    return LW_OK;
}

/* --------------------------------------------------------------- operators */

static lw_status infer_concat(lwi_call *c) {
    int rank = 0;
    int64_t dims[LW_MAX_RANK];
    for (size_t i = 0; i < c->n_in; i++)
        if (!c->in[i]) return lwi_call_fail(c, LW_INVALID, "input %zu is missing", i);
    LW_TRY(
        lwi_concat_dims(c, c->in, c->n_in, lwi_attr_int(c->node, "axis", 0), false, &rank, dims));
    return lwi_out(c, 0, c->in[0]->dtype, rank, dims);
}

static lw_status run_concat(lwi_call *c) {
    int axis = 0;
    if (c->out[0]->count == 0) return LW_OK;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), c->out[0]->rank, &axis));
    join(c, c->in, c->n_in, axis, false, c->out[0]);
    return LW_OK;
}

static lw_status run_sequence(lwi_call *c) {
    const lw_value *sequence = c->in[0];
    if (sequence->n_items && sequence->items[0]->kind != LW_KIND_TENSOR)
        return lwi_call_fail(c, LW_TYPE, "the items of the sequence are not tensors");
    return lwi_concat_out(c, 0, (const lw_value *const *)sequence->items, sequence->n_items,
                          lwi_attr_int(c->node, "axis", 0),
                          lwi_attr_int(c->node, "new_axis", 0) != 0);
}

const lwi_op lwi_op_concat = {.infer = infer_concat, .run = run_concat, .flags = LWI_JOIN};
const lwi_op lwi_op_concat_from_sequence = {.run = run_sequence};
