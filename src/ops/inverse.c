/* SPDX-License-Identifier: MIT
 * Inverse of com.microsoft: the inverse of every matrix of a batch, by Gauss-Jordan elimination
 * with the largest element of the column as pivot. float16 and float32 are computed in double. */
#include "ops/matrices.h"

#include <math.h>

static void swap_rows(double *m, size_t a, size_t b, size_t width) {
    if (a == b) return;
    for (size_t k = 0; k < width; k++) {
        const double t = m[a * width + k];
        m[a * width + k] = m[b * width + k];
        m[b * width + k] = t;
    }
}

/* m: [n, 2n], the matrix and beside it the identity, which becomes the inverse. */
static bool eliminate(double *m, size_t n) {
    const size_t width = 2 * n;
    for (size_t i = 0; i < n; i++) {
        size_t pivot = i;
        for (size_t r = i + 1; r < n; r++)
            if (fabs(m[r * width + i]) > fabs(m[pivot * width + i])) pivot = r;
        if (m[pivot * width + i] == 0) return false;
        swap_rows(m, i, pivot, width);
        double *row = m + i * width;
        const double scale = 1 / row[i];
        for (size_t k = i; k < width; k++)
            row[k] *= scale;
        for (size_t r = 0; r < n; r++) {
            const double factor = m[r * width + i];
            if (r == i || factor == 0) continue;
            for (size_t k = i; k < width; k++)
                m[r * width + k] -= factor * row[k];
        }
    }
    return true;
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    if (x->count == 0) return LW_OK;
    const size_t n = (size_t)x->dims[x->rank - 1], size = n * n;
    double *m = NULL;
    LW_TRY(lwi_scratch(c, size, 2 * sizeof *m, &m));
    for (size_t b = 0; b < x->count / size; b++) {
        LW_TRY(lwi_check_cancel(c));
        for (size_t i = 0; i < size; i++) {
            m[i / n * 2 * n + i % n] = lwi_get_double(x, b * size + i);
            m[i / n * 2 * n + n + i % n] = i / n == i % n;
        }
        if (!eliminate(m, n))
            return lwi_call_fail(c, LW_INVALID, "matrix %zu of the batch has no inverse", b);
        for (size_t i = 0; i < n; i++)
            lwi_put_in_matrices(c, 0, b * size + i * n, n, m + i * 2 * n + n);
    }
    return LW_OK;
}

const lwi_op lwi_op_inverse = {.infer = lwi_infer_square_matrices, .run = run, .flags = LWI_WIDEN};
