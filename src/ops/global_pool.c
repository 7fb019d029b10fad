/* SPDX-License-Identifier: MIT
 * GlobalAveragePool, GlobalMaxPool and GlobalLpPool (ONNX 22): one number for each plane. Sums are
 * kept in double precision. */
#include "ops/pool.h"

#include <math.h>

typedef struct global {
    const lw_value *x;
    lw_value *y;
    size_t size;
    lwi_pool_kind kind;
    double p;
} global;

#define REDUCE(NAME, T)                                                                            \
    static double NAME(const global *g, size_t plane) {                                            \
        const T *x = (const T *)g->x->data + plane * g->size;                                      \
        if (g->kind == LWI_POOL_MAX) {                                                             \
            T top = x[0];                                                                          \
            for (size_t i = 1; i < g->size; i++)                                                   \
                if (x[i] > top || x[i] != x[i]) top = x[i];                                        \
            return (double)top;                                                                    \
        }                                                                                          \
        double sum = 0;                                                                            \
        if (g->kind == LWI_POOL_AVERAGE) {                                                         \
            for (size_t i = 0; i < g->size; i++)                                                   \
                sum += (double)x[i];                                                               \
            return sum / (double)g->size;                                                          \
        }                                                                                          \
        for (size_t i = 0; i < g->size; i++)                                                       \
            sum += g->p == 2 ? (double)x[i] * (double)x[i] : pow(fabs((double)x[i]), g->p);        \
        return g->p == 2 ? sqrt(sum) : pow(sum, 1 / g->p);                                         \
    }
REDUCE(reduce_f32, float)
REDUCE(reduce_f64, double)

static void reduce_planes(void *arg, size_t begin, size_t end) {
    const global *g = arg;
    for (size_t i = begin; i < end; i++)
        if (g->x->dtype == LW_FLOAT32) ((float *)g->y->data)[i] = (float)reduce_f32(g, i);
        else ((double *)g->y->data)[i] = reduce_f64(g, i);
}

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[0];
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    for (int d = 0; d < x->rank; d++)
        dims[d] = d < 2 ? x->dims[d] : 1;
    return lwi_out(c, 0, x->dtype, x->rank, dims);
}

static lw_status run(lwi_call *c, lwi_pool_kind kind) {
    const lw_value *x = c->in[0];
    global g = {.x = x, .y = c->out[0], .kind = kind, .p = (double)lwi_attr_int(c->node, "p", 2)};
    if (g.p < 1) return lwi_call_fail(c, LW_RANGE, "p is %g, expected at least 1", g.p);
    if (g.y->count == 0) return LW_OK;
    if (x->count == 0) return lwi_call_fail(c, LW_SHAPE, "the planes have no elements");
    g.size = x->count / g.y->count;
    lwi_parallel(c, g.y->count, 1 + (1 << 15) / g.size, reduce_planes, &g);
    return LW_OK;
}

static lw_status run_average(lwi_call *c) { return run(c, LWI_POOL_AVERAGE); }
static lw_status run_max(lwi_call *c) { return run(c, LWI_POOL_MAX); }
static lw_status run_lp(lwi_call *c) { return run(c, LWI_POOL_LP); }

const lwi_op lwi_op_global_average_pool = {.infer = infer, .run = run_average, .flags = LWI_WIDEN};
const lwi_op lwi_op_global_max_pool = {.infer = infer, .run = run_max, .flags = LWI_WIDEN};
const lwi_op lwi_op_global_lp_pool = {.infer = infer, .run = run_lp, .flags = LWI_WIDEN};
