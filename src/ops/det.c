/* SPDX-License-Identifier: MIT
 * Det (ONNX 22): determinants of the matrices in the last two dimensions, by elimination with
 * partial pivoting in double. */
#include "ops/wide.h"

#include <math.h>

typedef struct job {
    const lw_value *x;
    lw_value *y;
    double *work; /* a copy of x */
    size_t n;
} job;

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[0];
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    if (x->dims[x->rank - 1] != x->dims[x->rank - 2])
        return lwi_call_fail(c, LW_SHAPE, "a matrix of %lld x %lld has no determinant",
                             (long long)x->dims[x->rank - 2], (long long)x->dims[x->rank - 1]);
    return lwi_out(c, 0, x->dtype, x->rank - 2, x->dims);
}

static double determinant(double *a, size_t n) {
    double det = 1;
    for (size_t k = 0; k < n; k++) {
        size_t pivot = k;
        for (size_t i = k + 1; i < n; i++)
            if (fabs(a[i * n + k]) > fabs(a[pivot * n + k])) pivot = i;
        if (a[pivot * n + k] == 0) return 0;
        for (size_t j = k; j < n && pivot != k; j++) {
            const double swapped = a[k * n + j];
            a[k * n + j] = a[pivot * n + j];
            a[pivot * n + j] = swapped;
        }
        det *= pivot == k ? a[k * n + k] : -a[k * n + k];
        for (size_t i = k + 1; i < n; i++) {
            const double factor = a[i * n + k] / a[k * n + k];
            for (size_t j = k + 1; j < n; j++)
                a[i * n + j] -= factor * a[k * n + j];
        }
    }
    return det;
}

static void run_matrices(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const size_t size = j->n * j->n;
    for (size_t m = begin; m < end; m++) {
        for (size_t i = m * size; i < (m + 1) * size; i++)
            j->work[i] = lwi_wide(j->x, i);
        lwi_set_wide(j->y, m, determinant(j->work + m * size, j->n));
    }
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    job j = {.x = x, .y = c->out[0], .n = (size_t)x->dims[x->rank - 1]};
    LW_TRY(lwi_scratch(c, x->count, sizeof *j.work, &j.work));
    const size_t cost = j.n < 64 ? j.n * j.n * j.n : 1 << 18;
    lwi_parallel(c, j.y->count, 1 + 16384 / (cost + 1), run_matrices, &j);
    return LW_OK;
}

const lwi_op lwi_op_det = {.infer = infer, .run = run, .flags = LWI_WIDEN};
