/* SPDX-License-Identifier: MIT
 * x[a, :, b] with tensors a and b: reading and writing. Indices are broadcast together; their
 * dimensions take the place of the indexed ones if those are side by side, else they come first.
 * A mask is the indices of its true elements. */
#include "aten/lower.h"

typedef struct indexing {
    int ids[LW_MAX_RANK]; /* -1: the whole dimension */
    int rank;             /* of the tensor */
    int first, n;         /* the first that is indexed; how many are */
    bool together;        /* side by side */
} indexing;

/* The true elements' places in a dimension of the mask: 1-D, how many is not known. Of the same
 * mask they are as many; count is what others say, 0 if none does. */
static void add_mask(lwi_aten *a, int mask, int64_t count, indexing *x, int *dim) {
    const int rank = lwi_aten_rank(a, mask);
    const int places = NODE(a, "NonZero", mask);
    if (a->b.status != LW_OK) return;
    lwi_aten_declare_as(a, places, LW_INT64, 2, (int64_t[]){rank, -1},
                        (const char *const[]){NULL, a->b.graph->slots[mask].name},
                        (int64_t[]){0, count});
    for (int d = 0; d < rank && *dim < x->rank && a->b.status == LW_OK; d++) {
        const int row = NODE(a, "Gather", places, lwi_aten_int_scalar(a, d));
        lwi_build_int(&a->b, "axis", 0);
        x->ids[(*dim)++] = row;
    }
}

/* Elements of the index tensors, if one of one dimension says. */
static int64_t length_of(lwi_aten *a, const lwi_aten_value *list) {
    for (size_t i = 0; i < list->list.n; i++) {
        const lwi_aten_value *v = &list->list.items[i];
        const int id = lwi_aten_given(v) ? lwi_aten_id(a, v) : -1;
        if (id < 0 || lwi_aten_dtype(a, id) == LW_BOOL || lwi_aten_rank(a, id) != 1) continue;
        if (lwi_aten_example_dim(a, id, 0) != 1) return lwi_aten_example_dim(a, id, 0);
    }
    return 0;
}

/* What the values that are put say of it: their first dimension, where the mask stands first. */
static int64_t length_by(lwi_aten *a, int x, const lwi_aten_value *list, int values) {
    const lwi_aten_value *v = list->list.n == 1 ? &list->list.items[0] : NULL;
    if (values < 0 || !v || !lwi_aten_given(v)) return 0;
    const int rank = lwi_aten_rank(a, x) - lwi_aten_rank(a, lwi_aten_id(a, v)) + 1;
    const bool all = lwi_aten_rank(a, values) == rank && rank > 0;
    return all && lwi_aten_example_dim(a, values, 0) != 1 ? lwi_aten_example_dim(a, values, 0) : 0;
}

static indexing read_indices(lwi_aten *a, int x, const lwi_aten_value *list, int values) {
    const int64_t known = length_of(a, list), put = length_by(a, x, list, values);
    indexing r = {.rank = lwi_aten_rank(a, x), .first = -1, .together = true};
    int dim = 0, last = -1;
    for (int d = 0; d < LW_MAX_RANK; d++)
        r.ids[d] = -1;
    for (size_t i = 0; i < list->list.n && dim < r.rank && a->b.status == LW_OK; i++) {
        const lwi_aten_value *v = &list->list.items[i];
        const int id = lwi_aten_given(v) ? lwi_aten_id(a, v) : -1;
        const lw_dtype dtype = id < 0 ? LW_INT64 : lwi_aten_dtype(a, id);
        if (dtype == LW_BOOL || dtype == LW_UINT8)
            add_mask(a, lwi_aten_cast(a, id, LW_BOOL), known ? known : put, &r, &dim);
        else r.ids[dim++] = id;
    }
    for (int d = 0; d < r.rank; d++) {
        if (r.ids[d] < 0) continue;
        if (r.first < 0) r.first = d;
        else if (last != d - 1) r.together = false;
        last = d;
        r.n++;
    }
    return r;
}

/* Indices in one tensor, [broadcast..., n]. */
static int stacked(lwi_aten *a, const indexing *r) {
    int parts[LW_MAX_RANK], n = 0, all = -1;
    for (int d = 0; d < r->rank; d++)
        if (r->ids[d] >= 0) parts[n++] = lwi_aten_cast(a, r->ids[d], LW_INT64);
    for (int i = 0; i < n && n > 1; i++) /* only the shape of the sum is looked at */
        all = all < 0 ? parts[i] : NODE(a, "Add", all, parts[i]);
    const int shape = n > 1 ? lwi_aten_shape(a, all) : -1;
    for (int i = 0; i < n; i++) {
        if (n > 1) parts[i] = NODE(a, "Expand", parts[i], shape);
        parts[i] = lwi_aten_unsqueeze(a, parts[i], -1);
    }
    return lwi_aten_concat(a, -1, (size_t)n, parts);
}

/* Indexed dimensions first, in their order. */
static int indexed_first(lwi_aten *a, int x, const indexing *r, bool back) {
    int64_t order[LW_MAX_RANK], turned[LW_MAX_RANK];
    int n = 0;
    for (int d = 0; d < r->rank; d++)
        if (r->ids[d] >= 0) order[n++] = d;
    for (int d = 0; d < r->rank; d++)
        if (r->ids[d] < 0) order[n++] = d;
    bool same = true;
    for (int d = 0; d < r->rank; d++) {
        turned[order[d]] = d;
        same &= order[d] == d;
    }
    return same ? x : lwi_aten_transpose(a, x, (size_t)r->rank, back ? turned : order);
}

/* n dimensions in front move to where the indexed ones were, or back. */
static int in_place(lwi_aten *a, int y, const indexing *r, int n, bool back) {
    int64_t from[LW_MAX_RANK], to[LW_MAX_RANK];
    if (!r->together || r->first <= 0 || n == 0) return y;
    for (int d = 0; d < n; d++) {
        from[d] = back ? d + r->first : d;
        to[d] = back ? d : d + r->first;
    }
    return lwi_aten_move(a, y, (size_t)n, from, to);
}

static int indexed(lwi_aten *a, int x, const indexing *r) {
    if (r->n == 0 || a->b.status != LW_OK) return x;
    if (r->n == 1) {
        const int y = NODE(a, "Gather", x, r->ids[r->first]);
        lwi_build_int(&a->b, "axis", r->first);
        return y;
    }
    const int places = stacked(a, r);
    const int y = NODE(a, "GatherND", indexed_first(a, x, r, false), places);
    return in_place(a, y, r, lwi_aten_rank(a, places) - 1, false);
}

/* self, indices */
void lwi_aten_index_tensor(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const indexing r = read_indices(a, x, &in[1], -1);
    lwi_aten_return(a, out, indexed(a, x, &r));
}

/* One mask that covers all, and one value: no places are needed. */
static bool put_by_mask(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lwi_aten_value *list = &in[1];
    if (list->list.n != 1 || !lwi_aten_given(&list->list.items[0])) return false;
    const int x = lwi_aten_id(a, &in[0]), mask = lwi_aten_id(a, &list->list.items[0]);
    const int value = lwi_aten_as(a, &in[2], lwi_aten_dtype(a, x));
    if (lwi_aten_dtype(a, mask) != LW_BOOL || lwi_aten_rank(a, value) != 0) return false;
    int wide = mask;
    for (int d = lwi_aten_rank(a, mask); d < lwi_aten_rank(a, x); d++)
        wide = lwi_aten_unsqueeze(a, wide, -1);
    lwi_aten_return(a, out, NODE(a, "Where", wide, value, x));
    return a->b.status == LW_OK;
}

/* self, indices, values, accumulate */
void lwi_aten_index_put(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool sum = lwi_aten_get_bool(a, &in[3]);
    if (!sum && put_by_mask(a, in, out)) return;
    const int x = lwi_aten_id(a, &in[0]);
    int values = lwi_aten_as(a, &in[2], lwi_aten_dtype(a, x));
    const indexing r = read_indices(a, x, &in[1], values);
    if (r.n == 0 || a->b.status != LW_OK) {
        lwi_aten_return(a, out, NODE(a, "Expand", values, lwi_aten_shape(a, x)));
        return;
    }
    const int places = stacked(a, &r), n = lwi_aten_rank(a, places) - 1;
    values = NODE(a, "Expand", values, lwi_aten_shape(a, indexed(a, x, &r)));
    const int y = NODE(a, "ScatterND", indexed_first(a, x, &r, false), places,
                       in_place(a, values, &r, n, true));
    if (sum) lwi_build_text(&a->b, "reduction", "add");
    lwi_aten_return(a, out, indexed_first(a, y, &r, true));
}
