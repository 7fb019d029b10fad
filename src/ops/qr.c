/* SPDX-License-Identifier: MIT
 * Qr: every matrix A [m, n] of a batch as Q R, Q with orthonormal columns and R upper triangular,
 * by Householder's reflections. Signs are those of LAPACK (geqrf): a diagonal element of R has the
 * sign opposite to what it came from. Q is [m, k] and R [k, n], k = min(m, n), or with the
 * attribute complete [m, m] and [m, n]. */
#include "ops/matrices.h"

#include <math.h>
#include <string.h>

typedef struct factors {
    size_t m, n, k;
    double *a;   /* [m, n]: R, and below its diagonal the reflections, whose first element is 1 */
    double *tau; /* [k]: H = I - tau v v^T */
} factors;

/* Applies reflection j to columns [first, width) of x [m, width]. */
static void reflect(const factors *f, size_t j, double *x, size_t first, size_t width) {
    for (size_t c = first; c < width && f->tau[j] != 0; c++) {
        double sum = x[j * width + c];
        for (size_t i = j + 1; i < f->m; i++)
            sum += f->a[i * f->n + j] * x[i * width + c];
        sum *= f->tau[j];
        x[j * width + c] -= sum;
        for (size_t i = j + 1; i < f->m; i++)
            x[i * width + c] -= sum * f->a[i * f->n + j];
    }
}

static void decompose(const factors *f) {
    for (size_t j = 0; j < f->k; j++) {
        double below = 0, *diagonal = &f->a[j * f->n + j];
        for (size_t i = j + 1; i < f->m; i++)
            below = hypot(below, f->a[i * f->n + j]);
        f->tau[j] = 0;
        if (below == 0) continue;
        const double beta = -copysign(hypot(*diagonal, below), *diagonal);
        f->tau[j] = (beta - *diagonal) / beta;
        for (size_t i = j + 1; i < f->m; i++)
            f->a[i * f->n + j] /= *diagonal - beta;
        *diagonal = beta;
        reflect(f, j, f->a, j + 1, f->n);
    }
}

/* q: [m, width]: the first columns of the product of all reflections. */
static void make_q(const factors *f, double *q, size_t width) {
    memset(q, 0, f->m * width * sizeof *q);
    for (size_t i = 0; i < width; i++)
        q[i * width + i] = 1;
    for (size_t j = f->k; j-- > 0;)
        reflect(f, j, q, j, width);
}

static lw_status run(lwi_call *c) {
    const lwi_matrices s = lwi_matrices_of(c);
    factors f = {.m = s.rows, .n = s.columns, .k = s.rows < s.columns ? s.rows : s.columns};
    const size_t width = lwi_attr_int(c->node, "complete", 0) ? f.m : f.k;
    double *q = NULL;
    LW_TRY(lwi_scratch(c, f.m * f.n + f.k, sizeof *f.a, &f.a));
    LW_TRY(lwi_scratch(c, f.m * width, sizeof *q, &q));
    f.tau = f.a + f.m * f.n;
    for (size_t b = 0; b < s.batch; b++) {
        LW_TRY(lwi_check_cancel(c));
        lwi_get_matrix(c, b, f.a);
        decompose(&f);
        make_q(&f, q, width);
        for (size_t i = 0; i < f.m; i++)
            memset(f.a + i * f.n, 0, (i < f.n ? i : f.n) * sizeof *f.a);
        lwi_put_in_matrices(c, 0, b * f.m * width, f.m * width, q);
        lwi_put_in_matrices(c, 1, b * width * f.n, width * f.n, f.a);
    }
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    const lw_value *x = c->in[0];
    const int64_t m = x->dims[x->rank - 2], n = x->dims[x->rank - 1];
    const int64_t width = lwi_attr_int(c->node, "complete", 0) || m < n ? m : n;
    LW_TRY(lwi_out_matrices(c, 0, m, width));
    return lwi_out_matrices(c, 1, width, n);
}

const lwi_op lwi_op_qr = {.infer = infer, .run = run, .flags = LWI_WIDEN};
