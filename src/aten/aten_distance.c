/* SPDX-License-Identifier: MIT
 * Distances and likeness of vectors. */
#include "aten/lower.h"

#include <stdlib.h>

/* x1, x2, p: between all rows of one and all rows of the other */
void lwi_aten_cdist(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    const int64_t last = -1;
    lwi_aten_pair(a, in, &x, &y);
    const bool euclidean = a->row->name[1] == 'e'; /* "_euclidean_dist" has no p */
    const int apart = NODE(a, "Sub", lwi_aten_unsqueeze(a, x, -2), lwi_aten_unsqueeze(a, y, -3));
    const double p = euclidean ? 2 : lwi_aten_get_float(a, &in[2]);
    lwi_aten_return(a, out, lwi_aten_norm(a, apart, p, 1, &last, false));
}

/* self, p: between all pairs of rows, i < j */
void lwi_aten_pdist(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int64_t n = lwi_aten_dim(a, x, 0), last = -1;
    const int64_t pairs = n * (n - 1) / 2;
    int64_t *first = NULL;
    if (n < 0 || n > 4096) lwi_aten_fail(a, LW_UNSUPPORTED, "the number of rows is not fixed");
    if (a->b.status == LW_OK)
        a->b.status =
            lwi_arena_alloc(&a->b.network->arena, 2 * (size_t)pairs + 1, sizeof *first, &first);
    if (a->b.status != LW_OK) return;
    int64_t *second = first + pairs, k = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = i + 1; j < n; j++, k++) {
            first[k] = i;
            second[k] = j;
        }
    const lwi_aten_value p = lwi_aten_constant(a, LW_INT64, 1, &pairs, first);
    const lwi_aten_value q = lwi_aten_constant(a, LW_INT64, 1, &pairs, second);
    const int apart = NODE(a, "Sub", NODE(a, "Gather", x, lwi_aten_id(a, &p)),
                           NODE(a, "Gather", x, lwi_aten_id(a, &q)));
    lwi_aten_return(a, out,
                    lwi_aten_norm(a, apart, lwi_aten_get_float(a, &in[1]), 1, &last, false));
}

static int unit(lwi_aten *a, int x, int64_t axis, const lwi_aten_value *eps) {
    const int norm = lwi_aten_norm(a, x, 2, 1, &axis, true);
    const int least = lwi_aten_scalar(a, eps, lwi_aten_dtype(a, x));
    return NODE(a, "Div", x, NODE(a, "Max", norm, least));
}

/* x1, x2, dim, eps */
void lwi_aten_cosine_similarity(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    lwi_aten_pair(a, in, &x, &y);
    const int p = lwi_aten_rank(a, x), q = lwi_aten_rank(a, y), rank = p > q ? p : q;
    const int64_t axis = lwi_aten_axis(a, &in[2], rank) - rank;
    bool same = p == q;
    for (int d = 0; d < rank && same; d++)
        same = lwi_aten_example_dim(a, x, d) == lwi_aten_example_dim(a, y, d);
    if (!same) {
        x = NODE(a, "Expand", x, lwi_aten_shape(a, y));
        y = NODE(a, "Expand", y, lwi_aten_shape(a, x));
    }
    const int product = NODE(a, "Mul", unit(a, x, axis, &in[3]), unit(a, y, axis, &in[3]));
    lwi_aten_return(a, out, lwi_aten_reduced(a, "ReduceSum", product, 1, &axis, false));
}

int lwi_aten_row_distance(lwi_aten *a, int x, int y, double p, double eps, bool keep) {
    const int64_t last = -1;
    const int apart = NODE(a, "Sub", x, y);
    return lwi_aten_norm(a, NODE(a, "Add", apart, lwi_aten_like(a, x, eps)), p, 1, &last, keep);
}

/* x1, x2, p, eps, keepdim */
void lwi_aten_pairwise_distance(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    lwi_aten_pair(a, in, &x, &y);
    lwi_aten_return(a, out,
                    lwi_aten_row_distance(a, x, y, lwi_aten_get_float(a, &in[2]),
                                          lwi_aten_get_float(a, &in[3]),
                                          lwi_aten_get_bool(a, &in[4])));
}
