/* SPDX-License-Identifier: MIT
 * Add, Sub, Mul, Div with broadcasting (ONNX 14). Integers wrap around; integer division truncates,
 * x / 0 is 0 and the smallest number / -1 is itself, so that nothing traps. */
#include "ops/elementwise.h"

/* Unsigned arithmetic wraps where signed arithmetic would be undefined. Types below int are
 * computed in unsigned int, since an unsigned short would be promoted to int. */
#define ARITHMETIC(ID, T, WIDE, DIV)                                                               \
    LWI_BINARY_LOOP(add_##T, T, T, T, (WIDE)a + (WIDE)b)                                           \
    LWI_BINARY_LOOP(sub_##T, T, T, T, (WIDE)a - (WIDE)b)                                           \
    LWI_BINARY_LOOP(mul_##T, T, T, T, (WIDE)a *(WIDE)b)                                            \
    LWI_BINARY_LOOP(div_##T, T, T, T, DIV)

#define DIV_SIGNED (b == 0 ? 0 : b == -1 ? 0 - (uint64_t)a : (uint64_t)(a / b))
/* In vectors: a double holds the quotient exactly enough to be cut. */
static inline uint32_t quotient_32(int32_t a, int32_t b) {
    const uint32_t whole = (uint32_t)(int32_t)((double)a / (double)(b == 0 || b == -1 ? 1 : b));
    return b == 0 ? 0 : b == -1 ? 0 - (uint32_t)a : whole;
}
#define DIV_UNSIGNED (b == 0 ? 0 : a / b)
#define TYPES(X)                                                                                   \
    X(LW_FLOAT32, float, float, a / b)                                                             \
    X(LW_FLOAT64, double, double, a / b)                                                           \
    X(LW_INT8, int8_t, unsigned, DIV_SIGNED)                                                       \
    X(LW_INT16, int16_t, unsigned, DIV_SIGNED)                                                     \
    X(LW_INT32, int32_t, uint32_t, quotient_32(a, b))                                              \
    X(LW_INT64, int64_t, uint64_t, DIV_SIGNED)                                                     \
    X(LW_UINT8, uint8_t, unsigned, DIV_UNSIGNED)                                                   \
    X(LW_UINT16, uint16_t, unsigned, DIV_UNSIGNED)                                                 \
    X(LW_UINT32, uint32_t, uint32_t, DIV_UNSIGNED)                                                 \
    X(LW_UINT64, uint64_t, uint64_t, DIV_UNSIGNED)

TYPES(ARITHMETIC)

#define OPERATOR(NAME)                                                                             \
    static const lwi_binary_loop NAME##_loops[LW_DTYPE_COUNT] = {TYPES(NAME##_ENTRY)};             \
    static lw_status run_##NAME(lwi_call *c) { return lwi_run_binary(c, NAME##_loops, NULL); }     \
    const lwi_op lwi_op_##NAME = {                                                                 \
        .infer = lwi_infer_broadcast, .run = run_##NAME, .flags = LWI_WIDEN | LWI_INPLACE};

#define add_ENTRY(ID, T, ...) [ID] = add_##T,
#define sub_ENTRY(ID, T, ...) [ID] = sub_##T,
#define mul_ENTRY(ID, T, ...) [ID] = mul_##T,
#define div_ENTRY(ID, T, ...) [ID] = div_##T,
OPERATOR(add)
OPERATOR(sub)
OPERATOR(mul)
OPERATOR(div)
