/* SPDX-License-Identifier: MIT
 * BitwiseAnd, BitwiseOr, BitwiseXor, BitwiseNot (ONNX 18) and BitShift (ONNX 28). Signs do not
 * matter to the first four, so that there is a loop per width. */
#include "ops/elementwise.h"

#include <string.h>

/* X(width's types ..., unsigned type) */
#define WIDTHS(X)                                                                                  \
    X(LW_INT8, LW_UINT8, uint8_t)                                                                  \
    X(LW_INT16, LW_UINT16, uint16_t)                                                               \
    X(LW_INT32, LW_UINT32, uint32_t)                                                               \
    X(LW_INT64, LW_UINT64, uint64_t)

#define LOOPS(S, U, T)                                                                             \
    LWI_BINARY_LOOP(and_##T, T, T, T, a &b)                                                        \
    LWI_BINARY_LOOP(or_##T, T, T, T, a | b)                                                        \
    LWI_BINARY_LOOP(xor_##T, T, T, T, a ^ b)                                                       \
    LWI_UNARY_LOOP(not_##T, T, T, ~x)
WIDTHS(LOOPS)

#define AND_ENTRY(S, U, T) [S] = and_##T, [U] = and_##T,
#define OR_ENTRY(S, U, T) [S] = or_##T, [U] = or_##T,
#define XOR_ENTRY(S, U, T) [S] = xor_##T, [U] = xor_##T,
#define NOT_ENTRY(S, U, T) [S] = not_##T, [U] = not_##T,
static const lwi_binary_loop and_loops[LW_DTYPE_COUNT] = {WIDTHS(AND_ENTRY)};
static const lwi_binary_loop or_loops[LW_DTYPE_COUNT] = {WIDTHS(OR_ENTRY)};
static const lwi_binary_loop xor_loops[LW_DTYPE_COUNT] = {WIDTHS(XOR_ENTRY)};
static const lwi_unary_loop not_loops[LW_DTYPE_COUNT] = {WIDTHS(NOT_ENTRY)};

/* An amount that is negative or at least the width leaves only copies of the sign, or zeros. */
#define OUT_OF_WIDTH(T, b) ((uint64_t)(b) >= 8 * sizeof(T))
#define ALL_SIGN(T, a) ((T)-1 < 1 && (a) >> (8 * sizeof(T) - 1) ? (T)-1 : 0)
#define SHIFT(ID, T)                                                                               \
    LWI_BINARY_LOOP(left_##T, T, T, T, OUT_OF_WIDTH(T, b) ? 0 : (uint64_t)a << b)                  \
    LWI_BINARY_LOOP(right_##T, T, T, T, OUT_OF_WIDTH(T, b) ? ALL_SIGN(T, a) : a >> b)
LWI_INTEGER_TYPES(SHIFT)

#define LEFT_ENTRY(ID, T) [ID] = left_##T,
#define RIGHT_ENTRY(ID, T) [ID] = right_##T,
static const lwi_binary_loop left_loops[LW_DTYPE_COUNT] = {LWI_INTEGER_TYPES(LEFT_ENTRY)};
static const lwi_binary_loop right_loops[LW_DTYPE_COUNT] = {LWI_INTEGER_TYPES(RIGHT_ENTRY)};

static lw_status check_shift(const lwi_node *node) {
    const char *direction = lwi_attr_string(node, "direction", "");
    if (!strcmp(direction, "LEFT") || !strcmp(direction, "RIGHT")) return LW_OK;
    return lwi_node_fail(node, LW_INVALID, "direction is '%.40s', expected LEFT or RIGHT",
                         direction);
}

static lw_status run_shift(lwi_call *c) {
    const bool left = lwi_attr_is(c->node, "direction", "LEFT");
    return lwi_run_binary(c, left ? left_loops : right_loops, NULL);
}

static lw_status run_and(lwi_call *c) { return lwi_run_binary(c, and_loops, NULL); }
static lw_status run_or(lwi_call *c) { return lwi_run_binary(c, or_loops, NULL); }
static lw_status run_xor(lwi_call *c) { return lwi_run_binary(c, xor_loops, NULL); }
static lw_status run_not(lwi_call *c) { return lwi_run_unary(c, not_loops, NULL); }

#define OPERATOR(IDENT, INFER, ...)                                                                \
    const lwi_op lwi_op_##IDENT = {.infer = INFER, .flags = LWI_INPLACE, __VA_ARGS__};
OPERATOR(bitwise_and, lwi_infer_broadcast, .run = run_and)
OPERATOR(bitwise_or, lwi_infer_broadcast, .run = run_or)
OPERATOR(bitwise_xor, lwi_infer_broadcast, .run = run_xor)
OPERATOR(bitwise_not, lwi_infer_same, .run = run_not)
OPERATOR(bit_shift, lwi_infer_broadcast, .run = run_shift, .check = check_shift)
