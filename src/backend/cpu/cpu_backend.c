/* SPDX-License-Identifier: MIT */
#include "backend/cpu/cpu_backend.h"

#include "ops/registry.h"

#include <stdatomic.h>

typedef struct claim {
    const lwi_op *op;
    const lwi_kernel *(*fn)(const lwi_call *call);
} claim;

#define LWI_CPU(ident)                                                                             \
    extern const lwi_op lwi_op_##ident;                                                            \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *call);
#include "backend/cpu/cpu_kernels.def"
#undef LWI_CPU

static const claim CLAIMS[] = {
#define LWI_CPU(ident) {&lwi_op_##ident, lwi_cpu_##ident##_claim},
#include "backend/cpu/cpu_kernels.def"
#undef LWI_CPU
    {NULL, NULL},
};

const lwi_kernel *lwi_cpu_claim(const lwi_call *call) {
    for (const claim *k = CLAIMS; k->op; k++)
        if (k->op == call->node->op->op) return k->fn(call);
    return NULL;
}

bool lwi_cpu_knows(const lwi_op *op) {
    for (const claim *k = CLAIMS; k->op; k++)
        if (k->op == op) return true;
    return false;
}

/* A context that asks for a level of its own sets it around each run. */
static _Thread_local const lwi_kernels *chosen;

const lwi_kernels *lwi_cpu_use(const lwi_kernels *kernels) {
    const lwi_kernels *before = chosen;
    chosen = kernels;
    return before;
}

const lwi_kernels *lwi_cpu_kernels(void) {
    if (chosen) return chosen;
    static _Atomic(const lwi_kernels *) kept;
    const lwi_kernels *kernels = atomic_load_explicit(&kept, memory_order_relaxed);
    if (!kernels) {
        kernels = lwi_kernels_of(lwi_cpu_isa());
        atomic_store_explicit(&kept, kernels, memory_order_relaxed);
    }
    return kernels;
}
