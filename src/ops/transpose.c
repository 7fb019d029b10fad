/* SPDX-License-Identifier: MIT
 * Transpose (ONNX 25): the dimensions in another order. */
#include "ops/transpose.h"

static lw_status read_perm(const lwi_call *c, int *perm) {
    const int rank = c->in[0]->rank;
    size_t n = 0;
    const int64_t *given = lwi_attr_ints(c->node, "perm", &n);
    for (int d = 0; d < rank; d++)
        perm[d] = rank - 1 - d;
    if (!given) return LW_OK;
    if (n != (size_t)rank)
        return lwi_call_fail(c, LW_SHAPE, "perm has %zu axes, but the input has rank %d", n, rank);
    uint32_t set = 0;
    LW_TRY(lwi_axes(c, given, n, rank, &set));
    for (int d = 0; d < rank; d++)
        LW_TRY(lwi_axis(c, given[d], rank, &perm[d]));
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[0];
    int perm[LW_MAX_RANK];
    int64_t dims[LW_MAX_RANK];
    LW_TRY(read_perm(c, perm));
    for (int d = 0; d < x->rank; d++)
        dims[d] = x->dims[perm[d]];
    return lwi_out(c, 0, x->dtype, x->rank, dims);
}

/* Where only dimensions of 1 move, the elements stay in their order. */
static bool window(const lwi_call *c, size_t k, size_t *first) {
    const lw_value *x = c->in[0];
    int perm[LW_MAX_RANK], last = -1;
    if (k != 0 || read_perm(c, perm) != LW_OK) return false;
    for (int d = 0; d < x->rank; d++) {
        if (x->dims[perm[d]] == 1) continue;
        if (perm[d] < last) return false;
        last = perm[d];
    }
    *first = 0;
    return true;
}

lw_status lwi_transpose_plan(const lwi_call *c, lwi_strided_copy *s) {
    const lw_value *x = c->in[0];
    int perm[LW_MAX_RANK];
    size_t from[LW_MAX_RANK], to = x->count;
    LW_TRY(read_perm(c, perm));
    lwi_strides(x->rank, x->dims, from);
    *s = (lwi_strided_copy){.size = lwi_dtype_size(x->dtype)};
    for (int d = 0; d < x->rank; d++) {
        to /= (size_t)x->dims[perm[d]];
        lwi_strided_add(s, (size_t)x->dims[perm[d]], (ptrdiff_t)from[perm[d]], (ptrdiff_t)to);
    }
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    lwi_strided_copy s;
    if (c->out[0]->count == 0) return LW_OK;
    LW_TRY(lwi_transpose_plan(c, &s));
    s.from = c->in[0]->data;
    s.to = c->out[0]->data;
    lwi_strided_run(c, &s);
    return LW_OK;
}

const lwi_op lwi_op_transpose = {.infer = infer, .window = window, .run = run, .flags = LWI_UNPACK};
