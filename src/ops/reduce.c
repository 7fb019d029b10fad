/* SPDX-License-Identifier: MIT
 * ReduceSum and its kin (ONNX 13 to 28). Floating-point numbers are accumulated in double, integers
 * modulo 2^64. An empty group gives the neutral element: 0, 1, the lowest or the highest number. */
#include "ops/reduce.h"
#include "ops/reduce_steps.h"

#include <math.h>

lw_status lwi_reduced_axes(lwi_call *c, uint32_t *axes) {
    const int rank = c->in[0]->rank;
    const uint32_t all = rank ? UINT32_MAX >> (32 - rank) : 0;
    int64_t list[LW_MAX_RANK];
    size_t n = 0;
    if (lwi_has(c, 1)) LW_TRY(lwi_in_ints(c, 1, list, LW_MAX_RANK, &n));
    if (n) return lwi_axes(c, list, n, rank, axes);
    *axes = lwi_attr_int(c->node, "noop_with_empty_axes", 0) ? 0 : all;
    return LW_OK;
}

void lwi_plan_reduction(lwi_reduction *p, const lw_value *x, uint32_t axes) {
    *p = (lwi_reduction){.groups = 1, .size = 1};
    size_t strides[LW_MAX_RANK];
    lwi_strides(x->rank, x->dims, strides);
    int last = -1; /* 0: the dimension before was kept, 1: it was reduced */
    for (int d = 0; d < x->rank; d++) {
        const size_t dim = (size_t)x->dims[d];
        const int is_reduced = axes >> d & 1;
        if (is_reduced) p->size *= dim;
        else p->groups *= dim;
        if (dim == 1) continue;
        int *n = is_reduced ? &p->n_reduced : &p->n_kept;
        size_t *dims = is_reduced ? p->reduced : p->kept;
        size_t *stride = is_reduced ? p->reduced_stride : p->kept_stride;
        if (last == is_reduced) dims[*n - 1] *= dim;
        else dims[(*n)++] = dim;
        stride[*n - 1] = strides[d];
        last = is_reduced;
    }
}

static lw_status infer(lwi_call *c) {
    uint32_t axes = 0;
    LW_TRY(lwi_reduced_axes(c, &axes));
    const lw_value *x = c->in[0];
    const bool keep = lwi_attr_int(c->node, "keepdims", 1) != 0;
    int64_t dims[LW_MAX_RANK];
    int rank = 0;
    for (int d = 0; d < x->rank; d++) {
        if (!(axes >> d & 1)) dims[rank++] = x->dims[d];
        else if (keep) dims[rank++] = 1;
    }
    return lwi_out(c, 0, x->dtype, rank, dims);
}

enum { BLOCK = 256 }; /* columns that are accumulated at once */

typedef struct job {
    const lwi_reduction *plan;
    const lwi_reduce_steps *steps;
    const char *x;
    char *y;
    const double *shift; /* of each group, for the sum of exponentials */
    double *raw;         /* accumulators that are wanted as they are; NULL: finish into y */
    size_t item;         /* bytes of an element */
    size_t inner;        /* neighbouring groups whose elements are neighbours */
} job;

static void put(const job *j, size_t group, const lwi_accumulator *acc, size_t n) {
    if (j->raw)
        for (size_t i = 0; i < n; i++)
            j->raw[group + i] = acc[i].f;
    else
        j->steps->finish(acc, n, j->plan->size, j->shift ? j->shift + group : NULL,
                         j->y + group * j->item);
}

/* Each group's elements lie in rows. */
static void reduce_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lwi_reduction *p = j->plan;
    const int outer = p->n_reduced - 1; /* the innermost reduced dimension is the row */
    const size_t n = outer < 0 ? p->size : p->reduced[outer], rows = n ? p->size / n : 0;
    for (size_t g = begin; g < end; g++) {
        const char *x = j->x + lwi_offset(g, p->n_kept, p->kept, p->kept_stride) * j->item;
        const double shift = j->shift ? j->shift[g] : 0;
        lwi_accumulator acc = j->steps->start;
        for (size_t r = 0; r < rows; r++)
            j->steps->row(x + lwi_offset(r, outer, p->reduced, p->reduced_stride) * j->item, n,
                          shift, &acc);
        put(j, g, &acc, 1);
    }
}

/* The innermost dimension is kept: blocks of neighbouring groups are reduced together. */
static void reduce_columns(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lwi_reduction *p = j->plan;
    const int outer = p->n_reduced - 1; /* rows follow along the innermost reduced dimension */
    const size_t rows = outer < 0 ? p->size : p->reduced[outer], parts = rows ? p->size / rows : 0;
    const size_t stride = outer < 0 ? 0 : p->reduced_stride[outer];
    lwi_accumulator acc[BLOCK];
    for (size_t g = begin, n; g < end; g += n) {
        n = j->inner - g % j->inner;
        if (n > end - g) n = end - g;
        if (n > BLOCK) n = BLOCK;
        const char *x = j->x + lwi_offset(g, p->n_kept, p->kept, p->kept_stride) * j->item;
        for (size_t i = 0; i < n; i++)
            acc[i] = j->steps->start;
        for (size_t r = 0; r < parts; r++)
            j->steps->columns(x + lwi_offset(r, outer, p->reduced, p->reduced_stride) * j->item,
                              rows, stride, n, j->shift ? j->shift + g : NULL, acc);
        put(j, g, acc, n);
    }
}

static void reduce(lwi_call *c, job *j) {
    const lwi_reduction *p = j->plan;
    const bool columns = p->n_kept && p->kept_stride[p->n_kept - 1] == 1;
    j->inner = columns ? p->kept[p->n_kept - 1] : 1;
    lwi_parallel(c, p->groups, 1 + 8192 / (p->size + 1), columns ? reduce_columns : reduce_rows, j);
}

/* The largest element of each group, which is subtracted before exp; 0 where it is not finite. */
static lw_status find_shifts(lwi_call *c, job *j, double **shift) {
    LW_TRY(lwi_scratch(c, j->plan->groups, sizeof **shift, shift));
    job max = *j;
    max.steps = lwi_reduce_steps_for(LWI_REDUCE_MAX, c->in[0]->dtype);
    max.raw = *shift;
    reduce(c, &max);
    for (size_t i = 0; i < j->plan->groups; i++)
        if (!isfinite((*shift)[i])) (*shift)[i] = 0;
    return LW_OK;
}

static lw_status run(lwi_call *c, lwi_reduce_kind kind) {
    uint32_t axes = 0;
    LW_TRY(lwi_reduced_axes(c, &axes));
    lwi_reduction plan;
    lwi_plan_reduction(&plan, c->in[0], axes);
    if (plan.groups == 0) return LW_OK;
    job j = {.plan = &plan,
             .steps = lwi_reduce_steps_for(kind, c->in[0]->dtype),
             .x = c->in[0]->data,
             .y = c->out[0]->data,
             .item = lwi_dtype_size(c->in[0]->dtype)};
    double *shift = NULL;
    if (kind == LWI_REDUCE_LOG_SUM_EXP) LW_TRY(find_shifts(c, &j, &shift));
    j.shift = shift;
    reduce(c, &j);
    return LW_OK;
}

#define REDUCTION(ident, KIND)                                                                     \
    static lw_status run_##ident(lwi_call *c) { return run(c, KIND); }                             \
    const lwi_op lwi_op_##ident = {.infer = infer, .run = run_##ident, .flags = LWI_WIDEN};
REDUCTION(reduce_l1, LWI_REDUCE_L1)
REDUCTION(reduce_l2, LWI_REDUCE_L2)
REDUCTION(reduce_log_sum, LWI_REDUCE_LOG_SUM)
REDUCTION(reduce_log_sum_exp, LWI_REDUCE_LOG_SUM_EXP)
REDUCTION(reduce_max, LWI_REDUCE_MAX)
REDUCTION(reduce_mean, LWI_REDUCE_MEAN)
REDUCTION(reduce_min, LWI_REDUCE_MIN)
REDUCTION(reduce_prod, LWI_REDUCE_PROD)
REDUCTION(reduce_sum, LWI_REDUCE_SUM)
REDUCTION(reduce_sum_square, LWI_REDUCE_SUM_SQUARE)
