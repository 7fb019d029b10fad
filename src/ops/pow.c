/* SPDX-License-Identifier: MIT
 * Pow (ONNX 15): any base type to an exponent of any type; the result has the type of the base.
 * Integers to integers are exact modulo 2^bits. */
#include "ops/elementwise.h"

#include <math.h>

/* Square and multiply; unsigned, so that it wraps. A negative exponent leaves 1/a^-b cut off:
 * 0 unless a is 1 or -1. What is infinite (0 to a negative exponent) becomes 0. */
static inline uint64_t power(int64_t a, uint64_t b, bool negative) {
    if (negative && a != 1 && a != -1) return 0;
    uint64_t result = 1, square = (uint64_t)a;
    for (; b; b >>= 1, square *= square)
        if (b & 1) result *= square;
    return result;
}

static inline uint64_t magnitude(int64_t b) { return b < 0 ? 0 - (uint64_t)b : (uint64_t)b; }

/* Out of range saturates, NaN is 0. */
static inline int64_t real_power(double a, double b, double low, double high, int64_t min,
                                 int64_t max) {
    const double y = pow(a, b);
    if (isnan(y)) return 0;
    return y <= low ? min : y >= high ? max : (int64_t)y;
}
#define REAL_INT32(a, b) real_power(a, (double)b, -0x1p31, 0x1p31, INT32_MIN, INT32_MAX)
#define REAL_INT64(a, b) real_power((double)a, (double)b, -0x1p63, 0x1p63, INT64_MIN, INT64_MAX)

/* Loops for one type of exponent. Exponents that a float may not hold are raised in double. */
#define BASES(E, F32, INTEGER32, INTEGER64)                                                        \
    LWI_BINARY_LOOP(float_##E, float, E, float, F32)                                               \
    LWI_BINARY_LOOP(double_##E, double, E, double, pow(a, (double)b))                              \
    LWI_BINARY_LOOP(int32_##E, int32_t, E, int32_t, (uint32_t)(INTEGER32))                         \
    LWI_BINARY_LOOP(int64_##E, int64_t, E, int64_t, INTEGER64)

#define SIGNED(E)                                                                                  \
    BASES(E, pow((double)a, (double)b), power(a, magnitude(b), b < 0),                             \
          power(a, magnitude(b), b < 0))
#define UNSIGNED(E) BASES(E, pow((double)a, (double)b), power(a, b, false), power(a, b, false))

SIGNED(int8_t)
SIGNED(int16_t)
SIGNED(int32_t)
SIGNED(int64_t)
UNSIGNED(uint8_t)
UNSIGNED(uint16_t)
UNSIGNED(uint32_t)
UNSIGNED(uint64_t)
BASES(float, powf(a, b), REAL_INT32(a, b), REAL_INT64(a, b))
BASES(double, pow((double)a, b), REAL_INT32(a, b), REAL_INT64(a, b))

#define FLOAT_ENTRY(ID, T) [ID] = float_##T,
#define DOUBLE_ENTRY(ID, T) [ID] = double_##T,
#define INT32_ENTRY(ID, T) [ID] = int32_##T,
#define INT64_ENTRY(ID, T) [ID] = int64_##T,
static const lwi_binary_loop loops[LW_DTYPE_COUNT][LW_DTYPE_COUNT] = {
    [LW_FLOAT32] = {LWI_NUMBER_TYPES(FLOAT_ENTRY)},
    [LW_FLOAT64] = {LWI_NUMBER_TYPES(DOUBLE_ENTRY)},
    [LW_INT32] = {LWI_NUMBER_TYPES(INT32_ENTRY)},
    [LW_INT64] = {LWI_NUMBER_TYPES(INT64_ENTRY)},
};

/* Squares are by far the most frequent powers. */
LWI_UNARY_LOOP(square_float, float, float, x *x)
LWI_UNARY_LOOP(square_double, double, double, x *x)

static const lwi_unary_loop squares[LW_DTYPE_COUNT] = {
    [LW_FLOAT32] = square_float, [LW_FLOAT64] = square_double};

static bool is_square(const lw_value *a, const lw_value *b, const lw_value *y) {
    return b->count == 1 && lwi_get_double(b, 0) == 2 && a->count == y->count &&
           lwi_dtype_is_float(a->dtype);
}

static lw_status run(lwi_call *c) {
    const lw_value *a = c->in[0], *b = c->in[1];
    const lwi_binary_loop loop = loops[a->dtype][b->dtype];
    if (!loop)
        return lwi_call_fail(c, LW_TYPE, "there is no kernel for %s to the power of %s",
                             lw_dtype_name(a->dtype), lw_dtype_name(b->dtype));
    if (is_square(a, b, c->out[0])) return lwi_run_unary(c, squares, NULL);
    lwi_run_binary_loop(c, a, b, c->out[0], loop, NULL);
    return LW_OK;
}

/* Not in place: a single wide exponent may be as large as the whole output. */
const lwi_op lwi_op_pow = {.infer = lwi_infer_broadcast, .run = run, .flags = LWI_WIDEN};
