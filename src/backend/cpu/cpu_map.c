/* SPDX-License-Identifier: MIT
 * Activations and exp, log, tanh, erf of float numbers, with the vectors of the processor at hand.
 */
#include "backend/cpu/cpu_backend.h"
#include "base/cpu.h"
#include "kern/map_f32.h"

/* The loops of one function by level; the reference serves the base level. */
typedef struct levels {
    lwi_map_f32_fn *avx2, *avx512;
} levels;

typedef struct map {
    lwi_map_f32_fn *fn;
    const float *x;
    float *y;
    float a;
} map;

static void map_part(void *arg, size_t begin, size_t end) {
    const map *m = arg;
    m->fn(m->x + begin, m->y + begin, end - begin, m->a);
}

static lw_status run(lwi_call *c, levels l, float a) {
    const map m = {.fn = lwi_cpu_isa() == LWI_ISA_AVX512 ? l.avx512 : l.avx2,
                   .x = c->in[0]->data,
                   .y = c->out[0]->data,
                   .a = a};
    lwi_parallel(c, c->in[0]->count, 1 << 14, map_part, (void *)&m);
    return LW_OK;
}

/* Small floats arrive as float32. */
static lwi_kernel claim(const lwi_call *c, lwi_kernel kernel) {
    const lw_dtype dtype = c->in[0]->dtype;
    const bool fits = dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype);
    return fits && lwi_cpu_isa() >= LWI_ISA_AVX2 ? kernel : NULL;
}

#ifdef LWI_HAVE_X86_KERNELS
#define LEVELS(name) ((levels){lwi_map_f32_##name##__avx2, lwi_map_f32_##name##__avx512})
#else
#define LEVELS(name) ((levels){NULL, NULL})
#endif
#define KERNEL(ident, LOOPS, a)                                                                    \
    static lw_status run_##ident(lwi_call *c) { return run(c, LOOPS, a); }                         \
    lwi_kernel lwi_cpu_##ident##_claim(const lwi_call *c);                                         \
    lwi_kernel lwi_cpu_##ident##_claim(const lwi_call *c) { return claim(c, run_##ident); }

static levels gelu_levels(const lwi_call *c) {
    return lwi_attr_is(c->node, "approximate", "tanh") ? LEVELS(gelu_tanh) : LEVELS(gelu);
}

KERNEL(elu, LEVELS(elu), lwi_attr_float(c->node, "alpha", 1))
KERNEL(erf, LEVELS(erf), 0)
KERNEL(exp, LEVELS(exp), 0)
KERNEL(gelu, gelu_levels(c), 0)
KERNEL(log, LEVELS(log), 0)
KERNEL(mish, LEVELS(mish), 0)
KERNEL(sigmoid, LEVELS(sigmoid), 0)
KERNEL(softplus, LEVELS(softplus), 0)
KERNEL(swish, LEVELS(swish), lwi_attr_float(c->node, "alpha", 1))
KERNEL(tanh, LEVELS(tanh), 0)
