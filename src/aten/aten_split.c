/* SPDX-License-Identifier: MIT
 * Tensors cut into parts. How many there are must be known. */
#include "aten/lower.h"

enum { MOST = 1024 };

static lwi_aten_value list_of(lwi_aten *a, size_t n, const int *ids) {
    lwi_aten_value results[MOST];
    for (size_t i = 0; i < n; i++)
        results[i] = lwi_aten_tensor_of(a, ids[i]);
    return lwi_aten_list(a, n, results);
}

lwi_aten_value lwi_aten_split_into(lwi_aten *a, int x, int axis, size_t n, const int64_t *sizes) {
    int ids[MOST];
    if (n == 0 || n > MOST) lwi_aten_fail(a, LW_LIMIT, "%zu parts, expected 1 to %d", n, MOST);
    if (a->b.status != LW_OK) return lwi_aten_none();
    lwi_aten_nodes(a, "Split", 2, (int[]){x, lwi_build_ints(&a->b, n, sizes)}, n, ids);
    lwi_build_int(&a->b, "axis", axis);
    return list_of(a, n, ids);
}

static int64_t fixed_size(lwi_aten *a, int x, int axis) {
    const int64_t size = lwi_aten_dim(a, x, axis);
    if (size < 0)
        lwi_aten_fail(a, LW_UNSUPPORTED, "the number of parts depends on a size that is not fixed");
    return size < 0 ? 0 : size;
}

static void split_by(lwi_aten *a, int x, int axis, int64_t step, lwi_aten_value *out) {
    int64_t sizes[MOST];
    size_t n = 0;
    const int64_t size = fixed_size(a, x, axis);
    if (step < 1 && size > 0) lwi_aten_fail(a, LW_RANGE, "split_size is %lld", (long long)step);
    if (size == 0) sizes[n++] = 0;
    for (int64_t left = size; left > 0 && n < MOST && a->b.status == LW_OK; left -= step)
        sizes[n++] = left < step ? left : step;
    if (a->b.status == LW_OK) *out = lwi_aten_split_into(a, x, axis, n, sizes);
}

/* self, split_size, dim */
void lwi_aten_split(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[2], lwi_aten_rank(a, x));
    split_by(a, x, axis, lwi_aten_get_int(a, &in[1]), out);
}

/* self, sizes, dim; sizes may be numbers of the graph */
void lwi_aten_split_sizes(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[2], lwi_aten_rank(a, x));
    const size_t n = in[1].list.n;
    int ids[MOST];
    if (n == 0 || n > MOST) lwi_aten_fail(a, LW_LIMIT, "%zu parts, expected 1 to %d", n, MOST);
    if (a->b.status != LW_OK) return;
    lwi_aten_nodes(a, "Split", 2, (int[]){x, lwi_aten_ints(a, &in[1])}, n, ids);
    lwi_build_int(&a->b, "axis", axis);
    *out = list_of(a, n, ids);
}

/* self, chunks, dim. If the size is free, there are as many as asked for. */
void lwi_aten_chunk(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[2], lwi_aten_rank(a, x));
    const int64_t n = lwi_aten_get_int(a, &in[1]), size = lwi_aten_dim(a, x, axis);
    int ids[MOST];
    if (n < 1 || n > MOST)
        lwi_aten_fail(a, LW_RANGE, "chunk expects `chunks` to be greater than 0");
    if (a->b.status != LW_OK) return;
    if (size >= 0) {
        split_by(a, x, axis, (size + n - 1) / n, out);
        return;
    }
    lwi_aten_nodes(a, "Split", 1, &x, (size_t)n, ids);
    lwi_build_int(&a->b, "axis", axis);
    lwi_build_int(&a->b, "num_outputs", n);
    *out = list_of(a, (size_t)n, ids);
}

/* self, sections, dim: the first parts have one element more if it does not divide */
void lwi_aten_tensor_split_sections(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[2], lwi_aten_rank(a, x));
    const int64_t n = lwi_aten_get_int(a, &in[1]), size = fixed_size(a, x, axis);
    int64_t sizes[MOST];
    if (n < 1 || n > MOST) lwi_aten_fail(a, LW_RANGE, "%lld sections", (long long)n);
    for (int64_t i = 0; i < n && a->b.status == LW_OK; i++)
        sizes[i] = size / n + (i < size % n);
    if (a->b.status == LW_OK) *out = lwi_aten_split_into(a, x, axis, (size_t)n, sizes);
}

/* self, indices, dim: cut before each index */
void lwi_aten_tensor_split_indices(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[2], lwi_aten_rank(a, x));
    int64_t cuts[LW_MAX_RANK * 8];
    const size_t n = lwi_aten_get_ints(a, &in[1], LW_MAX_RANK * 8 - 1, cuts);
    int ids[LW_MAX_RANK * 8];
    cuts[n] = INT64_MAX;
    for (size_t i = 0; i <= n && a->b.status == LW_OK; i++)
        ids[i] = lwi_aten_slice(a, x, axis, i ? cuts[i - 1] : 0, cuts[i]);
    if (a->b.status == LW_OK) *out = list_of(a, n + 1, ids);
}

/* self, dim */
void lwi_aten_unbind(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x));
    const int64_t n = fixed_size(a, x, axis);
    int ids[MOST];
    if (n > MOST) lwi_aten_fail(a, LW_LIMIT, "%lld parts, at most %d", (long long)n, MOST);
    if (a->b.status != LW_OK || n == 0) {
        *out = lwi_aten_list(a, 0, NULL);
        return;
    }
    lwi_aten_nodes(a, "Split", 1, &x, (size_t)n, ids);
    lwi_build_int(&a->b, "axis", axis);
    lwi_build_int(&a->b, "num_outputs", n);
    for (int64_t i = 0; i < n; i++)
        ids[i] = lwi_aten_squeeze(a, ids[i], axis);
    *out = list_of(a, (size_t)n, ids);
}
