/* SPDX-License-Identifier: MIT
 * Convolutions of float32 with the tile kernel of this processor; blocking, packing and
 * threads are those of ops/matrix_product.c. */
#include "backend/cpu/cpu_backend.h"

#include "ops/conv.h"
#include "ops/conv_transpose.h"

lwi_tile lwi_cpu_tile_f32(void) {
    const lwi_kernels *k = lwi_cpu_kernels();
    return (lwi_tile){k->tile_f32_rows, k->tile_f32_columns, k->tile_f32, LW_FLOAT32};
}

lwi_tile lwi_cpu_tile(lw_dtype dtype) {
    const lwi_kernels *k = lwi_cpu_kernels();
    const size_t rows = k->tile_f32_rows, columns = k->tile_f32_columns;
    switch (dtype) {
    case LW_FLOAT64:
        return (lwi_tile){rows, columns / 2, k->tile_f64, dtype};
    case LW_UINT32:
        return (lwi_tile){rows, columns, k->tile_u32, dtype};
    case LW_UINT64:
        return (lwi_tile){rows, columns / 2, k->tile_u64, dtype};
    default:
        return lwi_cpu_tile_f32();
    }
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

PRODUCT(product_conv, lwi_conv_run)
PRODUCT(product_conv_transpose, lwi_conv_transpose_run)
PRODUCT(fused_conv, lwi_conv_run)
