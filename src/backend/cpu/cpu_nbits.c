/* SPDX-License-Identifier: MIT
 * MatMulNBits with the kernels of this processor. */
#include "backend/cpu/cpu_backend.h"

#include "base/cpu.h"
#include "kern/nbits_dot.h"
#include "ops/matmul_nbits.h"

static lw_status run(lwi_call *c) {
    lwi_nbits_kernels kernels = {.tile_f32 = lwi_cpu_tile_f32()};
#ifdef LWI_HAVE_X86_KERNELS
    if (lwi_cpu_isa() >= LWI_ISA_AVX2) kernels.dot = lwi_nbits_dot__avx2;
#endif
    return lwi_matmul_nbits_run(c, &kernels);
}

lwi_kernel lwi_cpu_matmul_nbits_claim(const lwi_call *c);
lwi_kernel lwi_cpu_matmul_nbits_claim(const lwi_call *c) {
    (void)c;
    return lwi_cpu_tile_f32() ? run : NULL;
}
