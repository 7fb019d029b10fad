/* SPDX-License-Identifier: MIT
 * Einsum of float32 with the products of this processor. */
#include "backend/cpu/cpu_backend.h"
#include "ops/einsum.h"

#include <math.h>

/* B is read where it lies; a single column is a vector along K. */
static void multiply(const float *a, const float *b, float *y, size_t rows, size_t k,
                     size_t columns) {
    const lwi_kernels *kernels = lwi_cpu_kernels();
    const size_t width = columns == 1 ? k : kernels->gemm_f32_columns;
    (columns == 1 ? kernels->dot_f32 : kernels->gemm_f32)(&(lwi_gemm_f32_job){.a = a,
                                                                              .a_row = k,
                                                                              .segments = 1,
                                                                              .length = k,
                                                                              .b = b,
                                                                              .b_panel = width,
                                                                              .b_row = columns,
                                                                              .y = y,
                                                                              .y_row = columns,
                                                                              .rows = rows,
                                                                              .columns = columns,
                                                                              .low = -INFINITY,
                                                                              .high = INFINITY});
}

static lw_status run(lwi_call *c) { return lwi_einsum_run(c, multiply); }

const lwi_kernel *lwi_cpu_einsum_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_einsum_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run};
    const lw_dtype dtype = c->in[0]->dtype;
    return dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype) ? &kernel : NULL;
}
