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

enum { COLUMNS = 64 }; /* that are looked at side by side */

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
#define PLAIN_BLOCK(DTYPE, T)                                                                      \
    static void plain_block_##T(const job *j, size_t outer) {                                      \
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
LWI_NUMBER_TYPES(PLAIN_BLOCK)

/* Faster for common types, where there is no NaN. The smallest is the largest of turned numbers,
 * which TURNED makes of v and `turn`; the last is the first from behind. AT is an integer of the
 * size of T, so that vectors of both have as many lanes. */
#define BLOCK(T, AT, TURN, TURNED)                                                                 \
    static void best_of_columns_##T(const job *j, const T *x, size_t rows, size_t step, size_t n,  \
                                    T *best, AT *at) {                                             \
        const T turn = j->min ? TURN;                                                              \
        size_t r = j->last ? rows - 1 : 0;                                                         \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T v = x[r * step + i];                                                           \
            best[i] = TURNED;                                                                      \
            at[i] = (AT)r;                                                                         \
        }                                                                                          \
        for (size_t d = 1; d < rows; d++) {                                                        \
            r = j->last ? rows - 1 - d : d;                                                        \
            const T *row = x + r * step;                                                           \
            for (size_t i = 0; i < n; i++) {                                                       \
                const T v = row[i], mine = TURNED, b = best[i];                                    \
                const AT wins = (AT)0 - (AT)(mine > b), before = at[i];                            \
                best[i] = mine > b ? mine : b;                                                     \
                at[i] = (before & ~wins) | ((AT)r & wins);                                         \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    static int64_t best_of_row_##T(const job *j, const T *x) {                                     \
        const T turn = j->min ? TURN;                                                              \
        T best[COLUMNS], v = x[0], winner = TURNED;                                                \
        AT at[COLUMNS];                                                                            \
        size_t place = 0;                                                                          \
        const size_t rows = sizeof(T) == 8 ? 0 : j->dim / COLUMNS;                                 \
        if (rows) best_of_columns_##T(j, x, rows, COLUMNS, COLUMNS, best, at);                     \
        for (size_t i = 0; rows && i < COLUMNS; i++) {                                             \
            const size_t here = (size_t)at[i] * COLUMNS + i;                                       \
            const bool before = j->last ? here > place : here < place;                             \
            if (i > 0 && (best[i] < winner || (best[i] == winner && !before))) continue;           \
            winner = best[i];                                                                      \
            place = here;                                                                          \
        }                                                                                          \
        const bool last = j->last;                                                                 \
        for (size_t i = rows ? rows * COLUMNS : 1; i < j->dim; i++) {                              \
            v = x[i];                                                                              \
            const T mine = TURNED;                                                                 \
            if (last ? mine < winner : mine <= winner) continue;                                   \
            winner = mine;                                                                         \
            place = i;                                                                             \
        }                                                                                          \
        return (int64_t)place;                                                                     \
    }                                                                                              \
    static void block_##T(const job *j, size_t outer) {                                            \
        const T *x = (const T *)j->x + outer * j->dim * j->inner;                                  \
        int64_t *y = j->y + outer * j->inner;                                                      \
        T best[COLUMNS];                                                                           \
        AT at[COLUMNS];                                                                            \
        int nan = 0;                                                                               \
        for (size_t i = 0; i < j->dim * j->inner; i++)                                             \
            nan |= x[i] != x[i];                                                                   \
        if (nan) {                                                                                 \
            plain_block_##T(j, outer);                                                             \
            return;                                                                                \
        }                                                                                          \
        if (j->inner == 1) {                                                                       \
            *y = best_of_row_##T(j, x);                                                            \
            return;                                                                                \
        }                                                                                          \
        for (size_t c = 0; c < j->inner; c += COLUMNS) {                                           \
            const size_t n = j->inner - c < COLUMNS ? j->inner - c : COLUMNS;                      \
            best_of_columns_##T(j, x + c, j->dim, j->inner, n, best, at);                          \
            for (size_t i = 0; i < n; i++)                                                         \
                y[c + i] = (int64_t)at[i];                                                         \
        }                                                                                          \
    }
BLOCK(float, uint32_t, -1 : 1, v *turn)
BLOCK(int32_t, uint32_t, -1 : 0, v ^ turn)
BLOCK(int64_t, uint64_t, -1 : 0, v ^ turn)

#define CASE(DTYPE, T) [DTYPE] = plain_block_##T,
static void (*const PLAIN_BLOCKS[LW_DTYPE_COUNT])(const job *, size_t) = {LWI_NUMBER_TYPES(CASE)};
static void (*const BLOCKS[LW_DTYPE_COUNT])(const job *, size_t) = {
    [LW_FLOAT32] = block_float, [LW_INT32] = block_int32_t, [LW_INT64] = block_int64_t};

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
             .block = BLOCKS[x->dtype] ? BLOCKS[x->dtype] : PLAIN_BLOCKS[x->dtype]};
    size_t outer;
    lwi_split_axis(x, axis, &outer, &j.dim, &j.inner);
    if (j.dim > UINT32_MAX)
        return lwi_call_fail(c, LW_LIMIT, "axis %d has %zu elements", axis, j.dim);
    lwi_parallel(c, outer, 1 + 8192 / (j.dim * j.inner), run_blocks, &j);
    return LW_OK;
}

static lw_status run_max(lwi_call *c) { return run(c, false); }
static lw_status run_min(lwi_call *c) { return run(c, true); }

const lwi_op lwi_op_arg_max = {.infer = infer, .run = run_max, .flags = LWI_WIDEN};
const lwi_op lwi_op_arg_min = {.infer = infer, .run = run_min, .flags = LWI_WIDEN};
