/* SPDX-License-Identifier: MIT
 * Variances, standard deviations and what is made of them. */
#include "aten/lower.h"

#include <string.h>

typedef struct question {
    int64_t dims[LW_MAX_RANK];
    size_t n;
    double correction;
    bool keep;
} question;

/* self, unbiased | self, dim, unbiased, keepdim | self, dim, correction, keepdim */
static question read_question(lwi_aten *a, const lwi_aten_value *in, int x) {
    question q = {.correction = 1};
    const lwi_aten_value none = lwi_aten_none();
    const bool all = *a->row->overload == '\0', number = !strcmp(a->row->overload, "correction");
    const int rank = lwi_aten_rank(a, x);
    if (rank > 0) q.n = lwi_aten_axes(a, all ? &none : &in[1], rank, q.dims);
    const lwi_aten_value *last = all ? &in[1] : &in[2];
    if (lwi_aten_given(last)) q.correction = lwi_aten_get_float(a, last);
    if (!number) q.correction = q.correction != 0;
    q.keep = !all && lwi_aten_get_bool(a, &in[3]);
    return q;
}

/* How many elements there are to each result, as a scalar of x's type. */
static int count_of(lwi_aten *a, int x, const question *q) {
    lwi_aten_value count = lwi_aten_int(1);
    for (size_t i = 0; i < q->n; i++) {
        const lwi_aten_value size = lwi_aten_size(a, x, (int)q->dims[i]);
        count = lwi_aten_number(a, "mul", &count, &size);
    }
    return lwi_aten_scalar(a, &count, lwi_aten_dtype(a, x));
}

static int variance(lwi_aten *a, int x, const question *q, int *mean) {
    const int centre = lwi_aten_reduced(a, "ReduceMean", x, q->n, q->dims, true);
    const int apart = NODE(a, "Sub", x, centre);
    const int squares =
        lwi_aten_reduced(a, "ReduceSum", NODE(a, "Mul", apart, apart), q->n, q->dims, q->keep);
    const int zero = lwi_aten_like(a, x, 0);
    const int others = NODE(a, "Sub", count_of(a, x, q), lwi_aten_like(a, x, q->correction));
    *mean = q->keep ? centre : lwi_aten_reduced(a, "ReduceMean", x, q->n, q->dims, false);
    return NODE(a, "Div", squares, NODE(a, "Max", others, zero));
}

/* "var", "std", "var_mean", "std_mean" */
void lwi_aten_variance(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const question q = read_question(a, in, x);
    int mean = -1;
    const int y = variance(a, x, &q, &mean);
    lwi_aten_return(a, &out[0], a->row->name[0] == 's' ? NODE(a, "Sqrt", y) : y);
    if (a->row->name[3] == '_') lwi_aten_return(a, &out[1], mean);
}

/* Rows are variables, columns observations: [n, n]. self, correction */
static int covariance(lwi_aten *a, const lwi_aten_value *in, double correction) {
    const int x = lwi_aten_id(a, &in[0]);
    const question q = {.dims = {1}, .n = 1};
    if (lwi_aten_rank(a, x) != 2) lwi_aten_fail(a, LW_UNSUPPORTED, "a matrix is expected");
    const int centre = lwi_aten_reduced(a, "ReduceMean", x, 1, q.dims, true);
    const int apart = NODE(a, "Sub", x, centre);
    const int turned = lwi_aten_transpose(a, apart, 2, (int64_t[]){1, 0});
    const int others = NODE(a, "Sub", count_of(a, x, &q), lwi_aten_like(a, x, correction));
    return NODE(a, "Div", NODE(a, "MatMul", apart, turned), others);
}

void lwi_aten_cov(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    if (lwi_aten_given(&in[2]) || lwi_aten_given(&in[3]))
        lwi_aten_fail(a, LW_UNSUPPORTED, "weights are not supported");
    lwi_aten_return(a, out, covariance(a, in, lwi_aten_get_float(a, &in[1])));
}

void lwi_aten_corrcoef(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int c = covariance(a, in, 1);
    const int eye = NODE(a, "EyeLike", c);
    const int64_t last = 1;
    const int own = lwi_aten_reduced(a, "ReduceSum", NODE(a, "Mul", c, eye), 1, &last, true);
    const int deviation = NODE(a, "Sqrt", own);
    const int turned = lwi_aten_transpose(a, deviation, 2, (int64_t[]){1, 0});
    const int y = NODE(a, "Div", NODE(a, "Div", c, deviation), turned);
    lwi_aten_return(a, out, NODE(a, "Clip", y, lwi_aten_like(a, c, -1), lwi_aten_like(a, c, 1)));
}
