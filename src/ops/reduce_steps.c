/* SPDX-License-Identifier: MIT
 * The inner loops of reductions. A row is summed in LANES interleaved parts, which the compiler
 * can keep in vector registers; their order is fixed, so results repeat. */
#include "ops/reduce_steps.h"

#include <math.h>

enum { LANES = 8, ROWS = 4 }; /* of a row; rows that are added to columns at once */

#define PRAGMA(TEXT) _Pragma(#TEXT)

/* Lanes are kept in registers where all TOGETHER = LANES of them are written out. STEP is the new
 * value of a, an ACC, after x; s is the shift. JOIN that of a after b. */
#define LOOPS(NAME, TOGETHER, T, ACC, member, START, STEP, JOIN)                                   \
    static void NAME##_row(const void *from, size_t n, double s, lwi_accumulator *acc) {           \
        const T *xs = from;                                                                        \
        ACC lanes[LANES];                                                                          \
        size_t i = 0;                                                                              \
        (void)s;                                                                                   \
        for (size_t l = 0; l < LANES; l++)                                                         \
            lanes[l] = START;                                                                      \
        for (; i + LANES <= n; i += LANES)                                                         \
            PRAGMA(GCC unroll TOGETHER)                                                            \
        for (size_t l = 0; l < LANES; l++) {                                                       \
            const ACC x = (ACC)xs[i + l], a = lanes[l];                                            \
            lanes[l] = STEP;                                                                       \
        }                                                                                          \
        for (size_t l = 0; i < n; i++, l++) {                                                      \
            const ACC x = (ACC)xs[i], a = lanes[l];                                                \
            lanes[l] = STEP;                                                                       \
        }                                                                                          \
        for (size_t l = 0; l < LANES; l++) {                                                       \
            const ACC a = acc->member, b = lanes[l];                                               \
            acc->member = JOIN;                                                                    \
        }                                                                                          \
    }                                                                                              \
    static inline __attribute__((always_inline)) void NAME##_some(                                 \
        const T *xs, size_t rows, size_t stride, size_t n, const double *shift,                    \
        lwi_accumulator *acc) {                                                                    \
        for (size_t i = 0; i < n; i++) {                                                           \
            const double s = shift ? shift[i] : 0;                                                 \
            ACC a = acc[i].member;                                                                 \
            (void)s;                                                                               \
            PRAGMA(GCC unroll 4)                                                                   \
            for (size_t r = 0; r < rows; r++) {                                                    \
                const ACC x = (ACC)xs[r * stride + i];                                             \
                a = STEP;                                                                          \
            }                                                                                      \
            acc[i].member = a;                                                                     \
        }                                                                                          \
    }                                                                                              \
    static void NAME##_columns(const void *from, size_t rows, size_t stride, size_t n,             \
                               const double *shift, lwi_accumulator *acc) {                        \
        const T *xs = from;                                                                        \
        size_t r = 0;                                                                              \
        for (; TOGETHER > 1 && r + ROWS <= rows; r += ROWS)                                        \
            NAME##_some(xs + r * stride, ROWS, stride, n, shift, acc);                             \
        for (; r < rows; r++)                                                                      \
            NAME##_some(xs + r * stride, 1, stride, n, shift, acc);                                \
    }

/* Extremes of integers: a TAKES b: b takes its place. */
#define EXTREME(NAME, T, WIDE, START, TAKES)                                                       \
    static void NAME##_row(const void *from, size_t n, double s, lwi_accumulator *acc) {           \
        const T *xs = from;                                                                        \
        T best = START;                                                                            \
        (void)s;                                                                                   \
        for (size_t i = 0; i < n; i++)                                                             \
            best = xs[i] TAKES best ? xs[i] : best;                                                \
        if (best TAKES(T)(WIDE) acc->u) acc->u = (uint64_t)best;                                   \
    }                                                                                              \
    static void NAME##_columns(const void *from, size_t rows, size_t stride, size_t n,             \
                               const double *shift, lwi_accumulator *acc) {                        \
        (void)shift;                                                                               \
        for (size_t r = 0; r < rows; r++) {                                                        \
            const T *xs = (const T *)from + r * stride;                                            \
            for (size_t i = 0; i < n; i++)                                                         \
                if (xs[i] TAKES(T)(WIDE) acc[i].u) acc[i].u = (uint64_t)xs[i];                     \
        }                                                                                          \
    }

/* A comparison keeps a NaN once it is there. */
#define FLOAT_LOOPS(T)                                                                             \
    LOOPS(sum_##T, 8, T, double, f, 0, a + x, a + b)                                               \
    LOOPS(abs_##T, 8, T, double, f, 0, a + fabs(x), a + b)                                         \
    LOOPS(square_##T, 8, T, double, f, 0, a + x * x, a + b)                                        \
    LOOPS(prod_##T, 8, T, double, f, 1, a *x, a *b)                                                \
    LOOPS(max_##T, 8, T, double, f, -INFINITY, x > a || x != x ? x : a, b > a || b != b ? b : a)   \
    LOOPS(min_##T, 8, T, double, f, INFINITY, x < a || x != x ? x : a, b < a || b != b ? b : a)    \
    LOOPS(exp_##T, 1, T, double, f, 0, a + exp(x - s), a + b)
FLOAT_LOOPS(float)
FLOAT_LOOPS(double)

/* Sums and products modulo 2^64 are right modulo any smaller power of two. */
#define INTEGER_LOOPS(T, TOGETHER, LOW, HIGH, WIDE)                                                \
    LOOPS(sum_##T, TOGETHER, T, uint64_t, u, 0, a + x, a + b)                                      \
    LOOPS(abs_##T, TOGETHER, T, uint64_t, u, 0, a + ((WIDE)x < (WIDE)1 ? 0 - x : x), a + b)        \
    LOOPS(square_##T, TOGETHER, T, uint64_t, u, 0, a + x * x, a + b)                               \
    LOOPS(prod_##T, TOGETHER, T, uint64_t, u, 1, a *x, a *b)                                       \
    EXTREME(max_##T, T, WIDE, LOW, >)                                                              \
    EXTREME(min_##T, T, WIDE, HIGH, <)
INTEGER_LOOPS(int8_t, 1, INT8_MIN, INT8_MAX, int64_t)
INTEGER_LOOPS(int16_t, 1, INT16_MIN, INT16_MAX, int64_t)
INTEGER_LOOPS(int32_t, 8, INT32_MIN, INT32_MAX, int64_t)
INTEGER_LOOPS(int64_t, 8, INT64_MIN, INT64_MAX, int64_t)
INTEGER_LOOPS(uint8_t, 1, 0, UINT8_MAX, uint64_t)
INTEGER_LOOPS(uint16_t, 1, 0, UINT16_MAX, uint64_t)
INTEGER_LOOPS(uint32_t, 8, 0, UINT32_MAX, uint64_t)
INTEGER_LOOPS(uint64_t, 8, 0, UINT64_MAX, uint64_t)
LOOPS(max_bool, 1, uint8_t, uint64_t, u, 0, a | (x != 0), a | b)
LOOPS(min_bool, 1, uint8_t, uint64_t, u, 1, a &(x != 0), a &b)

/* VALUE is computed from a. */
#define FINISH(NAME, T, member, VALUE)                                                             \
    static void NAME(const lwi_accumulator *acc, size_t n, size_t size, const double *shift,       \
                     void *out) {                                                                  \
        T *y = out;                                                                                \
        (void)size, (void)shift;                                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            const lwi_accumulator a = acc[i];                                                      \
            y[i] = (T)(VALUE);                                                                     \
        }                                                                                          \
    }
#define FLOAT_FINISHES(T)                                                                          \
    FINISH(keep_##T, T, f, a.f)                                                                    \
    FINISH(mean_##T, T, f, a.f / (double)size)                                                     \
    FINISH(log_##T, T, f, log(a.f))                                                                \
    FINISH(sqrt_##T, T, f, sqrt(a.f))                                                              \
    FINISH(log_shift_##T, T, f, log(a.f) + shift[i])
FLOAT_FINISHES(float)
FLOAT_FINISHES(double)

/* A logarithm as an integer; of nothing or less: the lowest number (0 if unsigned). */
static int64_t log_of(double sum, int64_t lowest) { return sum > 0 ? (int64_t)log(sum) : lowest; }
/* A mean keeps the sign of its sum and is cut towards 0. */
static int64_t signed_mean(int64_t sum, size_t n) {
    return n == 0 || (uint64_t)n > INT64_MAX ? 0 : sum / (int64_t)n;
}
static uint64_t unsigned_mean(uint64_t sum, size_t n) { return n ? sum / n : 0; }

#define INTEGER_FINISHES(T, LOW, WIDE, MEAN)                                                       \
    FINISH(keep_##T, T, u, a.u)                                                                    \
    FINISH(mean_##T, T, u, MEAN((WIDE)a.u, size))                                                  \
    FINISH(log_##T, T, u, log_of((double)(WIDE)a.u, LOW))                                          \
    FINISH(sqrt_##T, T, u, (uint64_t)sqrt((double)a.u))
INTEGER_FINISHES(int8_t, INT8_MIN, int64_t, signed_mean)
INTEGER_FINISHES(int16_t, INT16_MIN, int64_t, signed_mean)
INTEGER_FINISHES(int32_t, INT32_MIN, int64_t, signed_mean)
INTEGER_FINISHES(int64_t, INT64_MIN, int64_t, signed_mean)
INTEGER_FINISHES(uint8_t, 0, uint64_t, unsigned_mean)
INTEGER_FINISHES(uint16_t, 0, uint64_t, unsigned_mean)
INTEGER_FINISHES(uint32_t, 0, uint64_t, unsigned_mean)
INTEGER_FINISHES(uint64_t, 0, uint64_t, unsigned_mean)

#define STEPS(member, START, loop, finish)                                                         \
    { {.member = START}, loop##_row, loop##_columns, finish }
#define FLOAT_STEPS(DTYPE, T)                                                                      \
    [LWI_REDUCE_SUM][DTYPE] = STEPS(f, 0, sum_##T, keep_##T),                                      \
    [LWI_REDUCE_MEAN][DTYPE] = STEPS(f, 0, sum_##T, mean_##T),                                     \
    [LWI_REDUCE_LOG_SUM][DTYPE] = STEPS(f, 0, sum_##T, log_##T),                                   \
    [LWI_REDUCE_L1][DTYPE] = STEPS(f, 0, abs_##T, keep_##T),                                       \
    [LWI_REDUCE_L2][DTYPE] = STEPS(f, 0, square_##T, sqrt_##T),                                    \
    [LWI_REDUCE_SUM_SQUARE][DTYPE] = STEPS(f, 0, square_##T, keep_##T),                            \
    [LWI_REDUCE_PROD][DTYPE] = STEPS(f, 1, prod_##T, keep_##T),                                    \
    [LWI_REDUCE_MAX][DTYPE] = STEPS(f, -INFINITY, max_##T, keep_##T),                              \
    [LWI_REDUCE_MIN][DTYPE] = STEPS(f, INFINITY, min_##T, keep_##T),                               \
    [LWI_REDUCE_LOG_SUM_EXP][DTYPE] = STEPS(f, 0, exp_##T, log_shift_##T),
#define INTEGER_STEPS(DTYPE, T, LOW, HIGH)                                                         \
    [LWI_REDUCE_SUM][DTYPE] = STEPS(u, 0, sum_##T, keep_##T),                                      \
    [LWI_REDUCE_MEAN][DTYPE] = STEPS(u, 0, sum_##T, mean_##T),                                     \
    [LWI_REDUCE_LOG_SUM][DTYPE] = STEPS(u, 0, sum_##T, log_##T),                                   \
    [LWI_REDUCE_L1][DTYPE] = STEPS(u, 0, abs_##T, keep_##T),                                       \
    [LWI_REDUCE_L2][DTYPE] = STEPS(u, 0, square_##T, sqrt_##T),                                    \
    [LWI_REDUCE_SUM_SQUARE][DTYPE] = STEPS(u, 0, square_##T, keep_##T),                            \
    [LWI_REDUCE_PROD][DTYPE] = STEPS(u, 1, prod_##T, keep_##T),                                    \
    [LWI_REDUCE_MAX][DTYPE] = STEPS(u, (uint64_t)LOW, max_##T, keep_##T),                          \
    [LWI_REDUCE_MIN][DTYPE] = STEPS(u, (uint64_t)HIGH, min_##T, keep_##T),

static const lwi_reduce_steps STEPS_OF[LWI_REDUCE_KINDS][LW_DTYPE_COUNT] = {
    FLOAT_STEPS(LW_FLOAT32, float) FLOAT_STEPS(LW_FLOAT64, double) INTEGER_STEPS(
        LW_INT8, int8_t, INT8_MIN, INT8_MAX) INTEGER_STEPS(LW_INT16, int16_t, INT16_MIN, INT16_MAX)
        INTEGER_STEPS(LW_INT32, int32_t, INT32_MIN, INT32_MAX) INTEGER_STEPS(
            LW_INT64, int64_t, INT64_MIN, INT64_MAX) INTEGER_STEPS(LW_UINT8, uint8_t, 0, UINT8_MAX)
            INTEGER_STEPS(LW_UINT16, uint16_t, 0, UINT16_MAX)
                INTEGER_STEPS(LW_UINT32, uint32_t, 0, UINT32_MAX)
                    INTEGER_STEPS(LW_UINT64, uint64_t, 0, UINT64_MAX)[LWI_REDUCE_MAX][LW_BOOL] =
                        STEPS(u, 0, max_bool, keep_uint8_t),
    [LWI_REDUCE_MIN][LW_BOOL] = STEPS(u, 1, min_bool, keep_uint8_t),
};

const lwi_reduce_steps *lwi_reduce_steps_for(lwi_reduce_kind kind, lw_dtype dtype) {
    return &STEPS_OF[kind][dtype];
}
