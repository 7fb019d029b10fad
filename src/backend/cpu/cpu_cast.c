/* SPDX-License-Identifier: MIT
 * Cast and CastLike between the pairs of types that have a kernel. */
#include "backend/cpu/cpu_backend.h"
#include "tensor/convert.h"

enum {
    STRETCH = 512, /* elements that a kernel leaves out, and how threads share the work */
    GRAIN = 32     /* stretches that a thread is worth waking for */
};

#define DTYPE_bool LW_BOOL
#define DTYPE_f32 LW_FLOAT32
#define DTYPE_f64 LW_FLOAT64
#define DTYPE_i32 LW_INT32
#define DTYPE_i64 LW_INT64
#define DTYPE_i8 LW_INT8
#define DTYPE_u8 LW_UINT8

static size_t cast_f16_f32(const void *x, void *y, size_t n) {
    lwi_cpu_kernels()->widen_f16(x, n, y);
    return n;
}

static size_t cast_f32_f16(const void *x, void *y, size_t n) {
    lwi_cpu_kernels()->narrow_f16(x, n, y);
    return n;
}

static lwi_cast_fn *find(lw_dtype from, lw_dtype to) {
    if (from == LW_FLOAT16 && to == LW_FLOAT32) return cast_f16_f32;
    if (from == LW_FLOAT32 && to == LW_FLOAT16) return cast_f32_f16;
#define LWI_CAST(from_name, F, to_name, T, kind, y)                                                \
    if (from == DTYPE_##from_name && to == DTYPE_##to_name)                                        \
        return lwi_cpu_kernels()->cast_##from_name##_##to_name;
#include "kern/cast.def"
#undef LWI_CAST
    return NULL;
}

typedef struct job {
    lwi_cast_fn *fn;
    const lw_value *x;
    lw_value *y;
} job;

static void cast_stretches(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    static const lwi_conversion how = {.saturate = true};
    const size_t stop = end * STRETCH < j->x->count ? end * STRETCH : j->x->count;
    const size_t from_size = lwi_dtype_size(j->x->dtype), to_size = lwi_dtype_size(j->y->dtype);
    for (size_t i = begin * STRETCH; i < stop;) {
        const char *x = (const char *)j->x->data + i * from_size;
        char *y = (char *)j->y->data + i * to_size;
        size_t n = j->fn(x, y, stop - i);
        if (n == 0) { /* numbers that do not fit */
            n = stop - i < STRETCH ? stop - i : STRETCH;
            lwi_convert(&how, j->x->dtype, x, j->y->dtype, y, n);
        }
        i += n;
    }
}

static lw_status run(lwi_call *c) {
    job j = {find(c->in[0]->dtype, c->out[0]->dtype), c->in[0], c->out[0]};
    lwi_parallel(c, (j.x->count + STRETCH - 1) / STRETCH, GRAIN, cast_stretches, &j);
    return LW_OK;
}

static const lwi_kernel KERNEL = {NULL, run};

const lwi_kernel *lwi_cpu_cast_claim(const lwi_call *c),
    *lwi_cpu_cast_like_claim(const lwi_call *c);

const lwi_kernel *lwi_cpu_cast_claim(const lwi_call *c) {
    return find(c->in[0]->dtype, (lw_dtype)lwi_attr_int(c->node, "to", LW_DTYPE_NONE)) ? &KERNEL
                                                                                       : NULL;
}

const lwi_kernel *lwi_cpu_cast_like_claim(const lwi_call *c) {
    return find(c->in[0]->dtype, c->in[1]->dtype) ? &KERNEL : NULL;
}
