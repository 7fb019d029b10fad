/* SPDX-License-Identifier: MIT
 * Multinomial (ONNX 22): draws classes by their unnormalised log-probabilities, row by row. */
#include "ops/random_key.h"

#include <math.h>

typedef struct sampling {
    const lw_value *x;
    lw_value *y;
    double *sums; /* [batch, classes] */
    size_t classes, samples;
    uint64_t key;
} sampling;

/* Running sums of exp(x - max). */
static void accumulate(const sampling *s, size_t row) {
    double *sums = s->sums + row * s->classes, max = -INFINITY, sum = 0;
    for (size_t k = 0; k < s->classes; k++) {
        sums[k] = lwi_get_double(s->x, row * s->classes + k);
        if (sums[k] > max) max = sums[k];
    }
    for (size_t k = 0; k < s->classes; k++) {
        sum += sums[k] == max ? 1 : exp(sums[k] - max);
        sums[k] = sum;
    }
}

/* The first class whose running sum is above the drawn number. */
static size_t pick(const double *sums, size_t classes, double number) {
    size_t low = 0, high = classes - 1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (sums[middle] > number) high = middle;
        else low = middle + 1;
    }
    return low;
}

static void sample_rows(void *arg, size_t begin, size_t end) {
    const sampling *s = arg;
    for (size_t row = begin; row < end; row++) {
        accumulate(s, row);
        const double *sums = s->sums + row * s->classes, total = sums[s->classes - 1];
        for (size_t i = row * s->samples; i < (row + 1) * s->samples; i++) {
            const size_t k = pick(sums, s->classes, total * lwi_random_uniform(s->key, i));
            if (s->y->dtype == LW_INT32) ((int32_t *)s->y->data)[i] = (int32_t)k;
            else ((int64_t *)s->y->data)[i] = (int64_t)k;
        }
    }
}

static lw_status infer(lwi_call *c) {
    lw_dtype dtype = LW_DTYPE_NONE;
    LW_TRY(lwi_need_rank(c, 0, 2, 2));
    LW_TRY(lwi_attr_dtype(c, "dtype", LW_INT32, &dtype));
    const int64_t samples = lwi_attr_int(c->node, "sample_size", 1);
    if (samples < 0) return lwi_call_fail(c, LW_RANGE, "sample_size is %lld", (long long)samples);
    return lwi_out(c, 0, dtype, 2, (const int64_t[]){c->in[0]->dims[0], samples});
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    sampling s = {.x = x,
                  .y = c->out[0],
                  .classes = (size_t)x->dims[1],
                  .samples = (size_t)c->out[0]->dims[1],
                  .key = lwi_node_random_key(c->node)};
    if (s.y->count == 0) return LW_OK;
    if (s.classes == 0) return lwi_call_fail(c, LW_SHAPE, "there are no classes to draw from");
    LW_TRY(lwi_scratch(c, x->count, sizeof *s.sums, &s.sums));
    lwi_parallel(c, (size_t)x->dims[0], 1, sample_rows, &s);
    return LW_OK;
}

const lwi_op lwi_op_multinomial = {.infer = infer, .run = run, .flags = LWI_RANDOM};
