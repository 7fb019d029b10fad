/* SPDX-License-Identifier: MIT
 * Activations and mathematical functions of float numbers, with the vectors of the processor at
 * hand.
 */
#include "backend/cpu/cpu_backend.h"
#include "base/float_trig.h"

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

/* sin or cos: numbers that are too large for the loop go to the C library. */
typedef struct turning {
    lwi_map_f32_fn *fn;
    float (*slow)(float x);
    const float *x;
    float *y;
} turning;

static bool has_large(const float *x, size_t n) {
    int found = 0;
    for (size_t i = 0; i < n; i++)
        found |= !(fabsf(x[i]) <= LWI_TRIG_LARGEST);
    return found;
}

static void turn_part(void *arg, size_t begin, size_t end) {
    enum { STRETCH = 1024 };
    const turning *t = arg;
    for (size_t i = begin, n; i < end; i += n) {
        const float *x = t->x + i;
        n = end - i < STRETCH ? end - i : STRETCH;
        if (!has_large(x, n)) {
            t->fn(x, t->y + i, n, 0);
            continue;
        }
        for (size_t k = 0; k < n; k++)
            if (has_large(x + k, 1)) t->y[i + k] = t->slow(x[k]);
            else t->fn(x + k, t->y + i + k, 1, 0);
    }
}

static lw_status run_turning(lwi_call *c, lwi_map_f32_fn *fn, float (*slow)(float x)) {
    turning t = {fn, slow, c->in[0]->data, c->out[0]->data};
    lwi_parallel(c, c->in[0]->count, 1 << 14, turn_part, &t);
    return LW_OK;
}

/* Small floats arrive as float32. */
static const lwi_kernel *claim(const lwi_call *c, const lwi_kernel *kernel) {
    const lw_dtype dtype = c->in[0]->dtype;
    return dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype) ? kernel : NULL;
}

#define LOOP(name) lwi_cpu_kernels()->map_f32_##name
#define KERNEL(ident, LOOP_OF, a) KERNEL_OF(ident, run(c, LOOP_OF, a))
#define KERNEL_OF(ident, RUN)                                                                      \
    static lw_status run_##ident(lwi_call *c) { return RUN; }                                      \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c);                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {NULL, run_##ident};                                      \
        return claim(c, &kernel);                                                                  \
    }

static lwi_map_f32_fn *gelu_loop(const lwi_call *c) {
    return lwi_attr_is(c->node, "approximate", "tanh") ? LOOP(gelu_tanh) : LOOP(gelu);
}

KERNEL(acos, LOOP(acos), 0)
KERNEL(asin, LOOP(asin), 0)
KERNEL(atan, LOOP(atan), 0)
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
KERNEL_OF(cos, run_turning(c, LOOP(cos), cosf))
KERNEL_OF(sin, run_turning(c, LOOP(sin), sinf))
