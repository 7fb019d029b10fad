/* SPDX-License-Identifier: MIT
 * ArgMax and ArgMin (ONNX 13): where the largest or smallest element along an axis is. A NaN counts
 * as the winner, as in Numpy. */
#include "ops/op.h"

typedef struct job {
    const void *x;
    int64_t *y;
    size_t dim, inner;
    bool min, last;
    void (*block)(const struct job *j, size_t outer);
} job;

static lw_status find_axis(const lwi_call *c, int *axis) {
    *axis = 0;
    if (c->in[0]->rank == 0) return LW_OK;
    return lwi_axis(c, lwi_attr_int(c->node, "axis", 0), c->in[0]->rank, axis);
}

static lw_status infer(lwi_call *c) {
    int axis = 0;
    LW_TRY(find_axis(c, &axis));
    const lw_value *x = c->in[0];
    if (x->rank && x->dims[axis] == 0)
        return lwi_call_fail(c, LW_SHAPE, "axis %d has no elements to choose from", axis);
    const bool keep = lwi_attr_int(c->node, "keepdims", 1) != 0;
    int64_t dims[LW_MAX_RANK];
    int rank = 0;
    for (int d = 0; d < x->rank; d++) {
        if (d != axis) dims[rank++] = x->dims[d];
        else if (keep) dims[rank++] = 1;
    }
    return lwi_out(c, 0, LW_INT64, rank, dims);
}

/* All elements after the axis, for one before it. The output holds the best index so far. */
#define BLOCK(DTYPE, T)                                                                            \
    static void block_##T(const job *j, size_t outer) {                                            \
        const T *x = (const T *)j->x + outer * j->dim * j->inner;                                  \
        int64_t *y = j->y + outer * j->inner;                                                      \
        for (size_t i = 0; i < j->inner; i++)                                                      \
            y[i] = 0;                                                                              \
        for (size_t d = 1; d < j->dim; d++)                                                        \
            for (size_t i = 0; i < j->inner; i++) {                                                \
                const T v = x[d * j->inner + i], best = x[(size_t)y[i] * j->inner + i];            \
                const bool v_nan = v != v, best_nan = best != best;                                \
                const bool beats =                                                                 \
                    v_nan ? !best_nan : !best_nan && (j->min ? v < best : v > best);               \
                const bool equals = v == best || (v_nan && best_nan);                              \
                if (beats || (j->last && equals)) y[i] = (int64_t)d;                               \
            }                                                                                      \
    }
LWI_NUMBER_TYPES(BLOCK)

#define CASE(DTYPE, T) [DTYPE] = block_##T,
static void (*const BLOCKS[LW_DTYPE_COUNT])(const job *, size_t) = {LWI_NUMBER_TYPES(CASE)};

static void run_blocks(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t i = begin; i < end; i++)
        j->block(j, i);
}

static lw_status run(lwi_call *c, bool min) {
    const lw_value *x = c->in[0];
    if (x->count == 0) return LW_OK;
    int axis = 0;
    LW_TRY(find_axis(c, &axis));
    job j = {.x = x->data,
             .y = c->out[0]->data,
             .min = min,
             .last = lwi_attr_int(c->node, "select_last_index", 0) != 0,
             .block = BLOCKS[x->dtype]};
    size_t outer;
    lwi_split_axis(x, axis, &outer, &j.dim, &j.inner);
    lwi_parallel(c, outer, 1 + 8192 / (j.dim * j.inner), run_blocks, &j);
    return LW_OK;
}

static lw_status run_max(lwi_call *c) { return run(c, false); }
static lw_status run_min(lwi_call *c) { return run(c, true); }

const lwi_op lwi_op_arg_max = {.infer = infer, .run = run_max, .flags = LWI_WIDEN};
const lwi_op lwi_op_arg_min = {.infer = infer, .run = run_min, .flags = LWI_WIDEN};
