/* SPDX-License-Identifier: MIT */
#include "ops/offsets.h"

lw_status lwi_index_at(const lwi_call *c, const lw_value *indices, size_t i, int64_t dim,
                       size_t *index) {
    const int64_t at = indices->dtype == LW_INT32 ? ((const int32_t *)indices->data)[i]
                                                  : ((const int64_t *)indices->data)[i];
    if (at < -dim || at >= dim)
        return lwi_call_fail(c, LW_RANGE, "index %lld (element %zu) is out of range for %lld",
                             (long long)at, i, (long long)dim);
    *index = (size_t)(at < 0 ? at + dim : at);
    return LW_OK;
}

static lw_status check_elements(const lwi_call *c, const lw_value *data, const lw_value *indices,
                                int axis) {
    bool fits = data->rank == indices->rank;
    for (int d = 0; d < data->rank && fits; d++)
        if (d != axis && indices->dims[d] > data->dims[d]) fits = false;
    if (fits) return LW_OK;
    char a[LWI_SHAPE_TEXT], b[LWI_SHAPE_TEXT];
    return lwi_call_fail(c, LW_SHAPE, "indices of shape %s do not fit into data of shape %s",
                         lwi_shape_text(indices->rank, indices->dims, a),
                         lwi_shape_text(data->rank, data->dims, b));
}

/* The place of row `row` of the indices in data, without the last axis and the indexed one. */
static size_t row_base(const lw_value *indices, const size_t *strides, int axis, size_t row) {
    size_t base = 0;
    for (int d = indices->rank - 2; d >= 0; d--) {
        if (d != axis) base += row % (size_t)indices->dims[d] * strides[d];
        row /= (size_t)indices->dims[d];
    }
    return base;
}

/* offsets[k] = base + k * step + index k * stride, for n indices from `first` on. False if one is
 * out of range. */
#define ROW(T)                                                                                     \
    static bool row_##T(const T *indices, size_t n, int64_t dim, size_t base, size_t step,         \
                        size_t stride, size_t *offsets) {                                          \
        bool inside = true;                                                                        \
        for (size_t k = 0; k < n; k++) {                                                           \
            const int64_t at = indices[k] < 0 ? indices[k] + dim : indices[k];                     \
            inside &= (uint64_t)at < (uint64_t)dim;                                                \
            offsets[k] = base + k * step + (size_t)at * stride;                                    \
        }                                                                                          \
        return inside;                                                                             \
    }
ROW(int32_t)
ROW(int64_t)

/* Says which index it was. */
static lw_status fail_row(const lwi_call *c, const lw_value *indices, size_t first, size_t n,
                          int64_t dim) {
    size_t index = 0;
    for (size_t k = 0; k < n; k++)
        LW_TRY(lwi_index_at(c, indices, first + k, dim, &index));
    return LW_OK;
}

lw_status lwi_element_offsets(lwi_call *c, const lw_value *data, const lw_value *indices, int axis,
                              size_t **offsets) {
    LW_TRY(check_elements(c, data, indices, axis));
    LW_TRY(lwi_scratch(c, indices->count, sizeof **offsets, offsets));
    if (indices->count == 0) return LW_OK;
    size_t strides[LW_MAX_RANK];
    lwi_strides(data->rank, data->dims, strides);
    const int last = data->rank - 1;
    const size_t n = (size_t)indices->dims[last], step = last == axis ? 0 : 1;
    const int64_t dim = data->dims[axis];
    for (size_t first = 0; first < indices->count; first += n) {
        const size_t base = row_base(indices, strides, axis, first / n);
        size_t *to = *offsets + first;
        const bool inside = indices->dtype == LW_INT32
                                ? row_int32_t((const int32_t *)indices->data + first, n, dim, base,
                                              step, strides[axis], to)
                                : row_int64_t((const int64_t *)indices->data + first, n, dim, base,
                                              step, strides[axis], to);
        if (!inside) return fail_row(c, indices, first, n, dim);
    }
    return LW_OK;
}

typedef struct moving {
    const lw_value *indices;
    int64_t dim;
    size_t n, step, stride, size; /* of a row of indices; size: bytes of an element */
    bool scatter;                 /* else gather */
} moving;

/* The same, but the elements themselves are moved: one size of element, one type of index. `there`
 * is where indices lead. */
#define MOVE(NAME, BITS, T, SCATTER)                                                               \
    static bool NAME##_##BITS##_##T(const moving *m, const T *indices, char *there_row,            \
                                    char *row) {                                                   \
        typedef struct __attribute__((packed)) element {                                           \
            uint##BITS##_t bits;                                                                   \
        } element;                                                                                 \
        element *there = (element *)there_row, *here = (element *)row;                             \
        const size_t n = m->n, step = m->step, stride = m->stride;                                 \
        const int64_t dim = m->dim;                                                                \
        for (size_t k = 0; k < n; k++) {                                                           \
            const int64_t at = indices[k] < 0 ? indices[k] + dim : indices[k];                     \
            if ((uint64_t)at >= (uint64_t)dim) return false;                                       \
            element *other = &there[k * step + (size_t)at * stride];                               \
            if (SCATTER) *other = here[k];                                                         \
            else here[k] = *other;                                                                 \
        }                                                                                          \
        return true;                                                                               \
    }
#define MOVES(BITS)                                                                                \
    MOVE(gather, BITS, int32_t, 0)                                                                 \
    MOVE(gather, BITS, int64_t, 0)                                                                 \
    MOVE(scatter, BITS, int32_t, 1)                                                                \
    MOVE(scatter, BITS, int64_t, 1)
MOVES(8)
MOVES(16)
MOVES(32)
MOVES(64)

/* False if an index is out of range. */
static bool move_row(const moving *m, size_t first, char *there, char *here) {
    const void *data = m->indices->data;
    const bool narrow = m->indices->dtype == LW_INT32;
#define CASE(BITS)                                                                                 \
    case BITS / 8:                                                                                 \
        if (m->scatter)                                                                            \
            return narrow                                                                          \
                       ? scatter_##BITS##_int32_t(m, (const int32_t *)data + first, there, here)   \
                       : scatter_##BITS##_int64_t(m, (const int64_t *)data + first, there, here);  \
        return narrow ? gather_##BITS##_int32_t(m, (const int32_t *)data + first, there, here)     \
                      : gather_##BITS##_int64_t(m, (const int64_t *)data + first, there, here);
    switch (m->size) {
        CASE(8)
        CASE(16)
        CASE(32)
    default:
        CASE(64)
    }
#undef CASE
}

lw_status lwi_move_elements(lwi_call *c, const lw_value *data, const lw_value *indices, int axis,
                            bool scatter, void *there, void *here) {
    LW_TRY(check_elements(c, data, indices, axis));
    if (indices->count == 0) return LW_OK;
    size_t strides[LW_MAX_RANK];
    lwi_strides(data->rank, data->dims, strides);
    const int last = data->rank - 1;
    const moving m = {.indices = indices,
                      .dim = data->dims[axis],
                      .n = (size_t)indices->dims[last],
                      .step = last == axis ? 0 : 1,
                      .stride = strides[axis],
                      .size = lwi_dtype_size(data->dtype),
                      .scatter = scatter};
    for (size_t first = 0; first < indices->count; first += m.n) {
        const size_t base = row_base(indices, strides, axis, first / m.n);
        if (!move_row(&m, first, (char *)there + base * m.size, (char *)here + first * m.size))
            return fail_row(c, indices, first, m.n, m.dim);
    }
    return LW_OK;
}

lw_status lwi_tuple_dims(const lwi_call *c, const lw_value *data, const lw_value *indices,
                         int64_t batch_dims, int *rank, int64_t *dims) {
    const int limit = data->rank < indices->rank ? data->rank : indices->rank;
    if (indices->rank < 1 || batch_dims < 0 || batch_dims >= limit)
        return lwi_call_fail(c, LW_SHAPE,
                             "data of rank %d and indices of rank %d cannot have "
                             "%lld batch dimensions",
                             data->rank, indices->rank, (long long)batch_dims);
    for (int d = 0; d < batch_dims; d++)
        if (data->dims[d] != indices->dims[d])
            return lwi_call_fail(c, LW_SHAPE, "dimension %d is %lld in data, %lld in indices", d,
                                 (long long)data->dims[d], (long long)indices->dims[d]);
    const int64_t tuple = indices->dims[indices->rank - 1];
    if (tuple > data->rank - batch_dims)
        return lwi_call_fail(c, LW_SHAPE, "tuples of %lld indices are too long for rank %d",
                             (long long)tuple, data->rank);
    const int rest = data->rank - (int)batch_dims - (int)tuple;
    *rank = indices->rank - 1 + rest;
    if (*rank > LW_MAX_RANK) return lwi_call_fail(c, LW_LIMIT, "the slices have rank %d", *rank);
    for (int d = 0; d < indices->rank - 1; d++)
        dims[d] = indices->dims[d];
    for (int d = 0; d < rest; d++)
        dims[indices->rank - 1 + d] = data->dims[data->rank - rest + d];
    return LW_OK;
}

lw_status lwi_tuple_offsets(lwi_call *c, const lw_value *data, const lw_value *indices,
                            int batch_dims, size_t **offsets) {
    const size_t tuple = (size_t)indices->dims[indices->rank - 1];
    size_t strides[LW_MAX_RANK], n = 1, batches = 1;
    lwi_strides(data->rank, data->dims, strides);
    for (int d = 0; d < indices->rank - 1; d++) {
        n *= (size_t)indices->dims[d];
        if (d < batch_dims) batches *= (size_t)indices->dims[d];
    }
    LW_TRY(lwi_scratch(c, n, sizeof **offsets, offsets));
    const size_t batch = batch_dims > 0 ? strides[batch_dims - 1] : 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = i / (n / batches) * batch;
        for (size_t k = 0; k < tuple; k++) {
            size_t index = 0;
            LW_TRY(
                lwi_index_at(c, indices, i * tuple + k, data->dims[batch_dims + (int)k], &index));
            at += index * strides[batch_dims + (int)k];
        }
        (*offsets)[i] = at;
    }
    return LW_OK;
}
