/* SPDX-License-Identifier: MIT
 * NonZero (ONNX 13): the indices of all elements that are not zero (not empty, for strings), a
 * column for each, in row-major order. A scalar counts as a tensor of one element. */
#include "ops/op.h"

static bool is_set(const lw_value *x, size_t i) {
    if (x->dtype == LW_STRING) return ((const lw_string *)x->data)[i].size != 0;
    if (x->dtype == LW_COMPLEX64) {
        const float *z = (const float *)x->data + 2 * i;
        return z[0] != 0 || z[1] != 0;
    }
    if (x->dtype == LW_COMPLEX128) {
        const double *z = (const double *)x->data + 2 * i;
        return z[0] != 0 || z[1] != 0;
    }
    if (x->dtype == LW_INT64 || x->dtype == LW_UINT64) return ((const int64_t *)x->data)[i] != 0;
    return lwi_get_double(x, i) != 0;
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    const int rank = x->rank ? x->rank : 1;
    const int64_t one = 1, *dims = x->rank ? x->dims : &one;
    size_t n = 0;
    for (size_t i = 0; i < x->count; i++)
        n += is_set(x, i);
    LW_TRY(lwi_out(c, 0, LW_INT64, 2, (const int64_t[]){rank, (int64_t)n}));
    int64_t *y = c->out[0]->data;
    for (size_t i = 0, column = 0; column < n; i++) {
        if (!is_set(x, i)) continue;
        size_t rest = i;
        for (int d = rank - 1; d >= 0; d--) {
            y[(size_t)d * n + column] = (int64_t)(rest % (size_t)dims[d]);
            rest /= (size_t)dims[d];
        }
        column++;
    }
    return LW_OK;
}

const lwi_op lwi_op_nonzero = {.run = run};
