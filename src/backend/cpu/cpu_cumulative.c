/* SPDX-License-Identifier: MIT
 * CumSum of float32 along any axis but the last. */
#include "backend/cpu/cpu_backend.h"
#include "ops/cumulative.h"

static lw_status run(lwi_call *c) {
    return lwi_cumulative_sum(c, lwi_cpu_kernels()->running_sums_f32);
}

/* Small floats arrive as float32. The portable kernel may be compiled to be small: then the
 * operator does it faster. */
const lwi_kernel *lwi_cpu_cum_sum_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_cum_sum_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run};
    const lw_dtype dtype = c->in[0]->dtype;
    if (lwi_cpu_kernels() == lwi_kernels_of(LWI_ISA_BASE)) return NULL;
    return dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype) ? &kernel : NULL;
}
