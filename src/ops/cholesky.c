/* SPDX-License-Identifier: MIT
 * Cholesky: of every symmetric positive definite matrix A of a batch the lower triangle L with
 * L L^T = A, row by row (Cholesky-Banachiewicz). Only the lower triangle of A is read. */
#include "ops/matrices.h"

#include <math.h>

/* m: [n, n], becomes L; false: it is not positive definite. */
static bool decompose(double *m, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k <= i; k++) {
            double sum = m[i * n + k];
            for (size_t j = 0; j < k; j++)
                sum -= m[i * n + j] * m[k * n + j];
            if (k == i && !(sum > 0)) return false;
            m[i * n + k] = k == i ? sqrt(sum) : sum / m[k * n + k];
        }
    return true;
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    if (x->count == 0) return LW_OK;
    const size_t n = (size_t)x->dims[x->rank - 1], size = n * n;
    double *m = NULL;
    LW_TRY(lwi_scratch(c, size, sizeof *m, &m));
    for (size_t b = 0; b < x->count / size; b++) {
        LW_TRY(lwi_check_cancel(c));
        for (size_t i = 0; i < size; i++)
            m[i] = i % n <= i / n ? lwi_get_double(x, b * size + i) : 0;
        if (!decompose(m, n))
            return lwi_call_fail(c, LW_INVALID, "matrix %zu of the batch is not positive definite",
                                 b);
        lwi_put_in_matrices(c, 0, b * size, size, m);
    }
    return LW_OK;
}

const lwi_op lwi_op_cholesky = {.infer = lwi_infer_square_matrices, .run = run, .flags = LWI_WIDEN};
