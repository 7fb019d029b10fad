/* SPDX-License-Identifier: MIT
 * MatMul, Gemm and Conv of float32 with the tile kernel of this processor; blocking, packing and
 * threads are those of ops/matrix_product.c. */
#include "backend/cpu/cpu_backend.h"

#include "backend/cpu/cpu_epilogue.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/gemm.h"
#include "ops/matmul.h"
#include "ops/matmul_fused.h"

lwi_tile lwi_cpu_tile_f32(void) {
    const lwi_kernels *k = lwi_cpu_kernels();
    return (lwi_tile){k->tile_f32_rows, k->tile_f32_columns, k->tile_f32};
}

/* Small floats are computed as float32 too. */
static const lwi_kernel *claim(const lwi_call *c, const lwi_kernel *kernel) {
    const lw_dtype dtype = c->in[0]->dtype;
    return dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype) ? kernel : NULL;
}

#define PRODUCT(ident, RUN)                                                                        \
    static lw_status ident(lwi_call *c) {                                                          \
        const lwi_tile tile = lwi_cpu_tile_f32();                                                  \
        return RUN(c, &tile);                                                                      \
    }                                                                                              \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c);                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {NULL, ident};                                            \
        return claim(c, &kernel);                                                                  \
    }

PRODUCT(conv, lwi_conv_run)
PRODUCT(conv_transpose, lwi_conv_transpose_run)
PRODUCT(fused_conv, lwi_conv_run)
PRODUCT(gemm, lwi_gemm_run)
PRODUCT(fused_gemm, lwi_gemm_run)
PRODUCT(matmul, lwi_matmul_run)
PRODUCT(fused_matmul, lwi_matmul_run)
PRODUCT(transpose_matmul, lwi_matmul_run)

/* ---------------------------------------------------------- lampwick.MatMul */

typedef struct finishing {
    const lwi_epilogue *epilogue;
    const lwi_call *call;
    size_t product_rows;
} finishing;

static void finish(const void *arg, const lwi_block *b) {
    const finishing *f = arg;
    lwi_epilogue_apply(f->epilogue, f->call, b->y, b->y_row, b->product * f->product_rows + b->row,
                       b->column, b->rows, b->columns);
}

static lw_status prepare_fused(lwi_call *c) {
    lwi_epilogue *e = NULL;
    LW_TRY(lwi_prepare(c, sizeof *e, &e));
    return lwi_epilogue_prepare(c, LWI_MATMUL_FUSED_INPUTS, e);
}

static lw_status run_fused(lwi_call *c) {
    const lwi_tile tile = lwi_cpu_tile_f32();
    const lw_value *y = c->out[0];
    const finishing f = {c->prepared, c, (size_t)y->dims[y->rank - 2]};
    return lwi_matmul_fused_run(c, &tile, finish, &f);
}

const lwi_kernel *lwi_cpu_matmul_fused_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_matmul_fused_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_fused, run_fused};
    (void)c;
    return &kernel;
}
