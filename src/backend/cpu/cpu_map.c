/* SPDX-License-Identifier: MIT
 * Activations and exp, log, tanh, erf of float numbers, with the vectors of the processor at hand.
 */
#include "backend/cpu/cpu_backend.h"

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

static lw_status run(lwi_call *c, lwi_map_f32_fn *fn, float a) {
    const map m = {.fn = fn, .x = c->in[0]->data, .y = c->out[0]->data, .a = a};
    lwi_parallel(c, c->in[0]->count, 1 << 14, map_part, (void *)&m);
    return LW_OK;
}

/* Small floats arrive as float32. */
static const lwi_kernel *claim(const lwi_call *c, const lwi_kernel *kernel) {
    const lw_dtype dtype = c->in[0]->dtype;
    return dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype) ? kernel : NULL;
}

#define LOOP(name) lwi_cpu_kernels()->map_f32_##name
#define KERNEL(ident, LOOP_OF, a)                                                                  \
    static lw_status run_##ident(lwi_call *c) { return run(c, LOOP_OF, a); }                       \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c);                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {NULL, run_##ident};                                      \
        return claim(c, &kernel);                                                                  \
    }

static lwi_map_f32_fn *gelu_loop(const lwi_call *c) {
    return lwi_attr_is(c->node, "approximate", "tanh") ? LOOP(gelu_tanh) : LOOP(gelu);
}

KERNEL(elu, LOOP(elu), lwi_attr_float(c->node, "alpha", 1))
KERNEL(erf, LOOP(erf), 0)
KERNEL(exp, LOOP(exp), 0)
KERNEL(gelu, gelu_loop(c), 0)
KERNEL(log, LOOP(log), 0)
KERNEL(mish, LOOP(mish), 0)
KERNEL(sigmoid, LOOP(sigmoid), 0)
KERNEL(softplus, LOOP(softplus), 0)
KERNEL(swish, LOOP(swish), lwi_attr_float(c->node, "alpha", 1))
KERNEL(tanh, LOOP(tanh), 0)
