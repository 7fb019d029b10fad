/* SPDX-License-Identifier: MIT */
#include "ops/square_matrices.h"

lw_status lwi_infer_square_matrices(lwi_call *c) {
    const lw_value *x = c->in[0];
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    if (x->dims[x->rank - 1] != x->dims[x->rank - 2]) {
        char shape[LWI_SHAPE_TEXT];
        return lwi_call_fail(c, LW_SHAPE, "the matrices of shape %s are not square",
                             lwi_shape_text(x->rank, x->dims, shape));
    }
    return lwi_out_like(c, 0, x);
}

void lwi_put_in_matrices(lwi_call *c, size_t i, double number) {
    if (c->out[0]->dtype == LW_FLOAT32) ((float *)c->out[0]->data)[i] = (float)number;
    else ((double *)c->out[0]->data)[i] = number;
}
