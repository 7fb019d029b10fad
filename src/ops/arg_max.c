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
#define BLOCK_WITH_NAN(T)                                                                          \
    static void block_with_nan_##T(const job *j, size_t outer) {                                   \
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
    }                                                                                              \
    static bool has_nan_##T(const T *x, size_t n) {                                                \
        int found = 0;                                                                             \
        for (size_t i = 0; i < n; i++)                                                             \
            found |= x[i] != x[i];                                                                 \
        return found;                                                                              \
    }
BLOCK_WITH_NAN(float)
BLOCK_WITH_NAN(double)

/* The same without NaN. The smallest is the largest of turned numbers: -v, or all bits inverted;
 * the last is the first from behind. AT is an integer of the size of T, so that vectors of both
 * have as many lanes. */
#define BLOCK(T, AT, TURN)                                                                         \
    static void best_of_columns_##T(const job *j, const T *x, size_t rows, size_t step, size_t n,  \
                                    T *best, AT *at) {                                             \
        const bool min = j->min;                                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T v = x[(j->last ? rows - 1 : 0) * step + i];                                    \
            best[i] = j->min ? (T)TURN v : v;                                                      \
            at[i] = (AT)(j->last ? rows - 1 : 0);                                                  \
        }                                                                                          \
        for (size_t d = 1; d < rows; d++) {                                                        \
            const size_t r = j->last ? rows - 1 - d : d;                                           \
            const T *row = x + r * step;                                                           \
            for (size_t i = 0; i < n; i++) {                                                       \
                const T v = min ? (T)TURN row[i] : row[i], b = best[i];                            \
                const AT wins = (AT)0 - (AT)(v > b), before = at[i];                               \
                best[i] = v > b ? v : b;                                                           \
                at[i] = (before & ~wins) | ((AT)r & wins);                                         \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    static size_t rest_of_row_##T(const job *j, const T *x, size_t from, T winner, size_t place) { \
        const bool min = j->min, last = j->last;                                                   \
        for (size_t i = from; i < j->dim; i++) {                                                   \
            const T v = min ? (T)TURN x[i] : x[i];                                                 \
            if (last ? v < winner : v <= winner) continue;                                         \
            winner = v;                                                                            \
            place = i;                                                                             \
        }                                                                                          \
        return place;                                                                              \
    }                                                                                              \
    static int64_t best_of_row_##T(const job *j, const T *x) {                                     \
        T best[COLUMNS], winner = j->min ? (T)TURN x[0] : x[0];                                    \
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
        return (int64_t)rest_of_row_##T(j, x, rows ? rows * COLUMNS : 1, winner, place);           \
    }                                                                                              \
    static void block_##T(const job *j, size_t outer) {                                            \
        const T *x = (const T *)j->x + outer * j->dim * j->inner;                                  \
        int64_t *y = j->y + outer * j->inner;                                                      \
        T best[COLUMNS];                                                                           \
        AT at[COLUMNS];                                                                            \
        NAN_FIRST_##T;                                                                             \
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
#define NAN_FIRST(T)                                                                               \
    if (has_nan_##T(x, j->dim * j->inner)) {                                                       \
        block_with_nan_##T(j, outer);                                                              \
        return;                                                                                    \
    }
#define NAN_FIRST_float NAN_FIRST(float)
#define NAN_FIRST_double NAN_FIRST(double)
#define NAN_FIRST_int8_t
#define NAN_FIRST_int16_t
#define NAN_FIRST_int32_t
#define NAN_FIRST_int64_t
#define NAN_FIRST_uint8_t
#define NAN_FIRST_uint16_t
#define NAN_FIRST_uint32_t
#define NAN_FIRST_uint64_t

BLOCK(float, uint32_t, -)
BLOCK(double, uint64_t, -)
BLOCK(int8_t, uint32_t, ~)
BLOCK(int16_t, uint32_t, ~)
BLOCK(int32_t, uint32_t, ~)
BLOCK(int64_t, uint64_t, ~)
BLOCK(uint8_t, uint32_t, ~)
BLOCK(uint16_t, uint32_t, ~)
BLOCK(uint32_t, uint32_t, ~)
BLOCK(uint64_t, uint64_t, ~)

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
    if (j.dim > UINT32_MAX)
        return lwi_call_fail(c, LW_LIMIT, "axis %d has %zu elements", axis, j.dim);
    lwi_parallel(c, outer, 1 + 8192 / (j.dim * j.inner), run_blocks, &j);
    return LW_OK;
}

static lw_status run_max(lwi_call *c) { return run(c, false); }
static lw_status run_min(lwi_call *c) { return run(c, true); }

const lwi_op lwi_op_arg_max = {.infer = infer, .run = run_max, .flags = LWI_WIDEN};
const lwi_op lwi_op_arg_min = {.infer = infer, .run = run_min, .flags = LWI_WIDEN};
