/* SPDX-License-Identifier: MIT */
#include "ops/matrices.h"

#include <string.h>

lwi_matrices lwi_matrices_of(const lwi_call *c) {
    const lw_value *x = c->in[0];
    lwi_matrices m = {1, (size_t)x->dims[x->rank - 2], (size_t)x->dims[x->rank - 1]};
    for (int d = 0; d < x->rank - 2; d++)
        m.batch *= (size_t)x->dims[d];
    return m;
}

lw_status lwi_out_matrices(lwi_call *c, size_t output, int64_t rows, int64_t columns) {
    const lw_value *x = c->in[0];
    int64_t dims[LW_MAX_RANK];
    memcpy(dims, x->dims, (size_t)x->rank * sizeof *dims);
    dims[x->rank - 2] = rows;
    dims[x->rank - 1] = columns;
    return lwi_out(c, output, x->dtype, x->rank - (columns < 0), dims);
}

void lwi_get_matrix(const lwi_call *c, size_t b, double *numbers) {
    const lwi_matrices m = lwi_matrices_of(c);
    const size_t size = m.rows * m.columns;
    for (size_t i = 0; i < size; i++)
        numbers[i] = lwi_get_double(c->in[0], b * size + i);
}

lw_status lwi_need_square_matrices(lwi_call *c) {
    const lw_value *x = c->in[0];
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    if (x->dims[x->rank - 1] != x->dims[x->rank - 2]) {
        char shape[LWI_SHAPE_TEXT];
        return lwi_call_fail(c, LW_SHAPE, "the matrices of shape %s are not square",
                             lwi_shape_text(x->rank, x->dims, shape));
    }
    return LW_OK;
}

lw_status lwi_infer_square_matrices(lwi_call *c) {
    LW_TRY(lwi_need_square_matrices(c));
    return lwi_out_like(c, 0, c->in[0]);
}

void lwi_put_in_matrices(lwi_call *c, size_t output, size_t first, size_t n,
                         const double *numbers) {
    lw_value *y = c->out[output];
    if (!y) return;
    for (size_t i = 0; i < n; i++)
        if (y->dtype == LW_FLOAT32) ((float *)y->data)[first + i] = (float)numbers[i];
        else ((double *)y->data)[first + i] = numbers[i];
}
