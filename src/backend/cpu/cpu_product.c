/* SPDX-License-Identifier: MIT
 * MatMul, Gemm and Conv of float32 with the tile kernel of this processor; blocking, packing and
 * threads are those of ops/matrix_product.c. */
#include "backend/cpu/cpu_backend.h"

#include "base/cpu.h"
#include "kern/gemm_f32.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/gemm.h"
#include "ops/matmul.h"

#ifdef LWI_HAVE_X86_KERNELS
static const lwi_tile AVX2 = {LWI_GEMM_F32_ROWS_AVX2, LWI_GEMM_F32_COLUMNS_AVX2,
                              lwi_gemm_f32__avx2};
static const lwi_tile AVX512 = {LWI_GEMM_F32_ROWS_AVX512, LWI_GEMM_F32_COLUMNS_AVX512,
                                lwi_gemm_f32__avx512};

const lwi_tile *lwi_cpu_tile_f32(void) {
    switch (lwi_cpu_isa()) {
    case LWI_ISA_AVX512:
        return &AVX512;
    case LWI_ISA_AVX2:
        return &AVX2;
    default:
        return NULL;
    }
}
#else
const lwi_tile *lwi_cpu_tile_f32(void) { return NULL; }
#endif

/* Small floats are computed as float32 too. */
static lwi_kernel claim(const lwi_call *c, lwi_kernel kernel) {
    const lw_dtype dtype = c->in[0]->dtype;
    const bool f32 = dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype);
    return f32 && lwi_cpu_tile_f32() ? kernel : NULL;
}

#define PRODUCT(ident, RUN)                                                                        \
    static lw_status ident(lwi_call *c) { return RUN(c, lwi_cpu_tile_f32()); }                     \
    lwi_kernel lwi_cpu_##ident##_claim(const lwi_call *c);                                         \
    lwi_kernel lwi_cpu_##ident##_claim(const lwi_call *c) { return claim(c, ident); }

PRODUCT(conv, lwi_conv_run)
PRODUCT(conv_transpose, lwi_conv_transpose_run)
PRODUCT(fused_conv, lwi_conv_run)
PRODUCT(gemm, lwi_gemm_run)
PRODUCT(fused_gemm, lwi_gemm_run)
PRODUCT(matmul, lwi_matmul_run)
PRODUCT(fused_matmul, lwi_matmul_run)
PRODUCT(transpose_matmul, lwi_matmul_run)
