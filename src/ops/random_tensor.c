/* SPDX-License-Identifier: MIT
 * RandomNormal, RandomNormalLike, RandomUniform, RandomUniformLike and Bernoulli (ONNX 22). The
 * same seed gives the same numbers on every machine and with any number of threads. */
#include "ops/random_key.h"

typedef struct drawing {
    double (*number)(const struct drawing *d, size_t i);
    double a, b;       /* mean and scale, or low and high */
    const lw_value *p; /* Bernoulli: probabilities */
    lw_value *y;
    uint64_t key;
} drawing;

static double normal(const drawing *d, size_t i) {
    return d->a + d->b * lwi_random_normal(d->key, i);
}

static double uniform(const drawing *d, size_t i) {
    return d->a + (d->b - d->a) * lwi_random_uniform(d->key, i);
}

static double bernoulli(const drawing *d, size_t i) {
    return lwi_random_uniform(d->key, i) < lwi_get_double(d->p, i);
}

/* A block of numbers at a time is drawn and rounded to the output's type. */
enum { BLOCK = 256 };

static void draw_part(void *arg, size_t begin, size_t end) {
    const drawing *d = arg;
    const size_t size = lwi_dtype_size(d->y->dtype);
    double numbers[BLOCK];
    for (size_t i = begin; i < end; i += BLOCK) {
        const size_t n = end - i < BLOCK ? end - i : BLOCK;
        for (size_t j = 0; j < n; j++)
            numbers[j] = d->number(d, i + j);
        lwi_convert(&lwi_convert_nearest, LW_FLOAT64, numbers, d->y->dtype,
                    (char *)d->y->data + i * size, n);
    }
}

static lw_status draw(lwi_call *c, drawing d) {
    d.key = lwi_node_random_key(c->node);
    d.y = c->out[0];
    lwi_parallel(c, d.y->count, 1 << 12, draw_part, &d);
    return LW_OK;
}

static lw_status run_normal(lwi_call *c) {
    return draw(c, (drawing){.number = normal,
                             .a = lwi_attr_float(c->node, "mean", 0),
                             .b = lwi_attr_float(c->node, "scale", 1)});
}

static lw_status run_uniform(lwi_call *c) {
    return draw(c, (drawing){.number = uniform,
                             .a = lwi_attr_float(c->node, "low", 0),
                             .b = lwi_attr_float(c->node, "high", 1)});
}

static lw_status run_bernoulli(lwi_call *c) {
    return draw(c, (drawing){.number = bernoulli, .p = c->in[0]});
}

static lw_status infer_shape_attribute(lwi_call *c) {
    lw_dtype dtype = LW_DTYPE_NONE;
    LW_TRY(lwi_attr_dtype(c, "dtype", LW_FLOAT32, &dtype));
    size_t rank = 0;
    const int64_t *dims = lwi_attr_ints(c->node, "shape", &rank);
    if (rank > LW_MAX_RANK) return lwi_call_fail(c, LW_LIMIT, "the shape has rank %zu", rank);
    return lwi_out(c, 0, dtype, (int)rank, dims);
}

static lw_status infer_like(lwi_call *c) {
    lw_dtype dtype = LW_DTYPE_NONE;
    LW_TRY(lwi_attr_dtype(c, "dtype", c->in[0]->dtype, &dtype));
    return lwi_out(c, 0, dtype, c->in[0]->rank, c->in[0]->dims);
}

#define OPERATOR(IDENT, INFER, RUN)                                                                \
    const lwi_op lwi_op_##IDENT = {.infer = INFER, .run = RUN, .flags = LWI_RANDOM};
OPERATOR(random_normal, infer_shape_attribute, run_normal)
OPERATOR(random_uniform, infer_shape_attribute, run_uniform)
OPERATOR(random_normal_like, infer_like, run_normal)
OPERATOR(random_uniform_like, infer_like, run_uniform)
OPERATOR(bernoulli, infer_like, run_bernoulli)
