/* SPDX-License-Identifier: MIT
 * The CPU backend: for calls that it knows a faster kernel for than the operator's reference. */
#ifndef LWI_CPU_BACKEND_H
#define LWI_CPU_BACKEND_H

#include "kern/kernels.h"
#include "ops/matrix_product.h"

/* The kernel for a call whose inputs have types and shapes; NULL: the reference is the best. */
const lwi_kernel *lwi_cpu_claim(const lwi_call *call);
/* A call that is prepared, and what runs it. */
typedef struct lwi_cpu_step {
    lw_status (*run)(lwi_call *call);
    lwi_call call;
} lwi_cpu_step;
/* In prepare: what runs two calls at once, of which the second reads in its input 0 what the first
 * makes; nobody else does, so that it needs no memory. both->run is NULL if that cannot be or does
 * not pay; both->call is the second call with something else prepared (backend/cpu/conv_chain.c).
 */
lw_status lwi_cpu_chain(const lwi_cpu_step *first, const lwi_cpu_step *second, lwi_cpu_step *both);
/* The same for two calls that follow one another and read the same input 0; both make their outputs
 * (backend/cpu/cpu_block_matmul.c). */
lw_status lwi_cpu_beside(const lwi_cpu_step *first, const lwi_cpu_step *second, lwi_cpu_step *both);
/* Whether there is a kernel for some types and shapes of the operator. */
bool lwi_cpu_knows(const lwi_op *op);
/* The kernels that this thread uses: at the level lwi_cpu_isa() when it was first called, unless
 * lwi_cpu_use has chosen others. */
const lwi_kernels *lwi_cpu_kernels(void);
/* Chooses this thread's kernels; NULL: the usual ones. Returns what was chosen before. */
const lwi_kernels *lwi_cpu_use(const lwi_kernels *kernels);
/* The tile kernel of this processor for float32 products. */
lwi_tile lwi_cpu_tile_f32(void);
/* That for products of a type that lwi_multiply knows. */
lwi_tile lwi_cpu_tile(lw_dtype dtype);

#endif
