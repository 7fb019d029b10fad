/* SPDX-License-Identifier: MIT
 * Shapes as values of the graph, and nodes that change them. */
#include "aten/rows.h"

int lwi_aten_shape(lwi_aten *a, int id) {
    const int rank = lwi_aten_rank(a, id);
    int64_t dims[LW_MAX_RANK];
    bool fixed = true;
    for (int d = 0; d < rank; d++) {
        dims[d] = lwi_aten_dim(a, id, d);
        fixed &= dims[d] >= 0;
    }
    return fixed ? lwi_build_ints(&a->b, (size_t)rank, dims) : NODE(a, "Shape", id);
}

int lwi_aten_size_id(lwi_aten *a, int id, int axis) {
    const int64_t dim = lwi_aten_dim(a, id, axis);
    if (dim >= 0) return lwi_build_ints(&a->b, 1, &dim);
    const int size = NODE(a, "Shape", id);
    lwi_build_int(&a->b, "start", axis);
    lwi_build_int(&a->b, "end", axis + 1);
    return size;
}

lwi_aten_value lwi_aten_size(lwi_aten *a, int id, int axis) {
    const int64_t dim = lwi_aten_dim(a, id, axis);
    if (dim >= 0 || a->b.status != LW_OK) return lwi_aten_int(dim);
    return lwi_aten_number_of(a, lwi_aten_size_id(a, id, axis));
}

int lwi_aten_reshape(lwi_aten *a, int id, size_t rank, const int64_t *dims) {
    return lwi_build_reshape(&a->b, id, rank, dims);
}

int lwi_aten_transpose(lwi_aten *a, int id, size_t rank, const int64_t *permutation) {
    const int turned = NODE(a, "Transpose", id);
    lwi_build_list(&a->b, "perm", rank, permutation);
    return turned;
}

int lwi_aten_unsqueeze(lwi_aten *a, int id, int64_t axis) {
    return NODE(a, "Unsqueeze", id, INTS(a, axis));
}

int lwi_aten_squeeze(lwi_aten *a, int id, int64_t axis) {
    return NODE(a, "Squeeze", id, INTS(a, axis));
}

int lwi_aten_slice(lwi_aten *a, int id, int64_t axis, int64_t first, int64_t last) {
    return NODE(a, "Slice", id, INTS(a, first), INTS(a, last), INTS(a, axis));
}
