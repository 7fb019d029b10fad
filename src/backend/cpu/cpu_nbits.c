/* SPDX-License-Identifier: MIT
 * MatMulNBits with the kernels of this processor. */
#include "backend/cpu/cpu_backend.h"

#include "ops/matmul_nbits.h"

static lw_status run(lwi_call *c) {
    const lwi_tile tile = lwi_cpu_tile_f32();
    const lwi_nbits_kernels kernels = {.tile_f32 = &tile, .dot = lwi_cpu_kernels()->nbits_dot};
    return lwi_matmul_nbits_run(c, &kernels);
}

const lwi_kernel *lwi_cpu_matmul_nbits_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_matmul_nbits_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run};
    (void)c;
    return &kernel;
}
