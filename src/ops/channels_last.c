/* SPDX-License-Identifier: MIT */
#include "ops/channels_last.h"

#include "ops/conv.h"

#include <math.h>
#include <string.h>

static void dims_first(const lw_value *last, int64_t dims[LW_MAX_RANK]) {
    dims[0] = last->dims[0];
    dims[1] = last->dims[last->rank - 1];
    for (int d = 2; d < last->rank; d++)
        dims[d] = last->dims[d - 1];
}

lw_status lwi_channels_first_call(const lwi_call *c, size_t n_in, lwi_channels_first *f) {
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    dims_first(c->in[0], dims);
    LW_TRY(lwi_tensor_init(&f->x, c->in[0]->dtype, c->in[0]->rank, dims, NULL));
    f->call = *c;
    f->call.n_in = c->n_in < n_in ? c->n_in : n_in;
    memcpy(f->in, c->in, f->call.n_in * sizeof *f->in);
    f->in[0] = &f->x;
    memset(&f->y, 0, sizeof f->y);
    f->y.embedded = true;
    f->out[0] = &f->y;
    f->declared[0] = false;
    f->call.in = f->in;
    f->call.out = f->out;
    f->call.n_out = 1;
    f->call.declared = f->declared;
    return LW_OK;
}

lw_status lwi_channels_last_infer(lwi_call *c, const lwi_op *op, size_t n_in) {
    lwi_channels_first f;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_channels_first_call(c, n_in, &f));
    LW_TRY(op->infer(&f.call));
    const int rank = f.y.rank;
    dims[0] = f.y.dims[0];
    for (int d = 2; d < rank; d++)
        dims[d - 1] = f.y.dims[d];
    dims[rank - 1] = f.y.dims[1];
    return lwi_out(c, 0, f.y.dtype, rank, dims);
}

lw_status lwi_channels_last_run(lwi_call *c, const lwi_op *op, size_t n_in) {
    lwi_channels_first f;
    int64_t dims[LW_MAX_RANK];
    const lw_value *x = c->in[0];
    lw_value *y = c->out[0];
    if (y->count == 0) return LW_OK;
    LW_TRY(lwi_channels_first_call(c, n_in, &f));
    dims_first(y, dims);
    LW_TRY(lwi_tensor_init(&f.y, y->dtype, y->rank, dims, NULL));
    f.declared[0] = true;
    LW_TRY(lwi_scratch(c, x->bytes, 1, &f.x.data));
    LW_TRY(lwi_scratch(c, y->bytes, 1, &f.y.data));
    const size_t batch = (size_t)x->dims[0], in = (size_t)f.x.dims[1], out = (size_t)dims[1];
    if (x->count)
        lwi_conv_turn(c, x->data, batch, x->count / batch / in, in, lwi_dtype_size(x->dtype),
                      f.x.data);
    LW_TRY(op->run(&f.call));
    lwi_conv_turn(c, f.y.data, (size_t)dims[0], out, y->count / (size_t)dims[0] / out,
                  lwi_dtype_size(y->dtype), y->data);
    return LW_OK;
}

#define CHANNELS_LAST(ident, n_in)                                                                 \
    extern const lwi_op lwi_op_##ident;                                                            \
    static lw_status ident##_infer(lwi_call *c) {                                                  \
        return lwi_channels_last_infer(c, &lwi_op_##ident, n_in);                                  \
    }                                                                                              \
    static lw_status ident##_run(lwi_call *c) {                                                    \
        return lwi_channels_last_run(c, &lwi_op_##ident, n_in);                                    \
    }                                                                                              \
    const lwi_op lwi_op_last_##ident = {.infer = ident##_infer, .run = ident##_run};
CHANNELS_LAST(average_pool, 1)
CHANNELS_LAST(global_average_pool, 1)
CHANNELS_LAST(global_max_pool, 1)
CHANNELS_LAST(lrn, 1)
CHANNELS_LAST(max_pool, 1)
CHANNELS_LAST(resize, 4)

/* The same for 8-bit codes. */
const lwi_op lwi_op_qlinear_max_pool = {.infer = max_pool_infer, .run = max_pool_run};
