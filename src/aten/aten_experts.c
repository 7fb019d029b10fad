/* SPDX-License-Identifier: MIT
 * Products of rows that are sorted by expert with their experts' matrices. */
#include "aten/lower.h"

enum { MOST_EXPERTS = 512 };

/* Matrix i of a stack; of a constant, without a copy. */
static int matrix(lwi_aten *a, int stack, int64_t i) {
    const lw_value *v = a->b.status == LW_OK ? a->b.graph->slots[stack].constant : NULL;
    if (!v || v->dims[0] == 0) {
        const int y = NODE(a, "Gather", stack, lwi_aten_int_scalar(a, i));
        lwi_build_int(&a->b, "axis", 0);
        return y;
    }
    const size_t bytes = v->bytes / (size_t)v->dims[0];
    const lwi_aten_value one = lwi_aten_constant(a, v->dtype, 2, v->dims + 1,
                                                 (const uint8_t *)v->data + (size_t)i * bytes);
    return lwi_aten_id(a, &one);
}

/* Rows that no expert has: zeros. */
static int rest(lwi_aten *a, int x, int end, int64_t columns, lw_dtype dtype) {
    const int rows = NODE(a, "Slice", x, end, INTS(a, INT64_MAX), INTS(a, 0));
    const int count = NODE(a, "Shape", rows);
    lwi_build_int(&a->b, "start", 0);
    lwi_build_int(&a->b, "end", 1);
    const int shape = NODE(a, "Concat", count, INTS(a, columns));
    lwi_build_int(&a->b, "axis", 0);
    return NODE(a, "Expand", lwi_aten_fill(a, dtype, 0), shape);
}

/* input [rows, in], weight [experts, in, out], offs [experts]: where the rows of each end. */
void lwi_aten_grouped_mm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int parts[MOST_EXPERTS + 1];
    const int x = lwi_aten_id(a, &in[0]), w = lwi_aten_id(a, &in[1]);
    if (lwi_aten_rank(a, x) != 2 || lwi_aten_rank(a, w) != 3 || !lwi_aten_given(&in[2]))
        lwi_aten_fail(a, LW_UNSUPPORTED, "only rows times a stack of matrices is supported");
    const int64_t n = lwi_aten_dim(a, w, 0), columns = lwi_aten_dim(a, w, 2);
    if (n < 1 || n > MOST_EXPERTS || columns < 0)
        lwi_aten_fail(a, LW_UNSUPPORTED, "%lld matrices", (long long)n);
    const int ends = lwi_aten_cast(a, lwi_aten_id(a, &in[2]), LW_INT64);
    int start = INTS(a, 0);
    for (int64_t i = 0; i < n && a->b.status == LW_OK; i++) {
        const int end = NODE(a, "Slice", ends, INTS(a, i), INTS(a, i + 1), INTS(a, 0));
        const int rows = NODE(a, "Slice", x, start, end, INTS(a, 0));
        parts[i] = NODE(a, "MatMul", rows, matrix(a, w, i));
        start = end;
    }
    if (a->b.status != LW_OK) return;
    parts[n] = rest(a, x, start, columns, lwi_aten_dtype(a, x));
    const int all = lwi_build(&a->b, "Concat", (size_t)n + 1, parts);
    lwi_build_int(&a->b, "axis", 0);
    lwi_aten_declare_sizes(a, all, lwi_aten_dtype(a, x), 2, (int[]){x, w}, (int[]){0, 2});
    lwi_aten_return(a, out, all);
}
