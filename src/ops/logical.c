/* SPDX-License-Identifier: MIT
 * And, Or, Xor (ONNX 7) and Not (ONNX 1) of bools. Any byte but 0 is true. */
#include "ops/elementwise.h"

LWI_BINARY_LOOP(and_bool, uint8_t, uint8_t, uint8_t, (a != 0) & (b != 0))
LWI_BINARY_LOOP(or_bool, uint8_t, uint8_t, uint8_t, (a | b) != 0)
LWI_BINARY_LOOP(xor_bool, uint8_t, uint8_t, uint8_t, (a != 0) ^ (b != 0))
LWI_UNARY_LOOP(not_bool, uint8_t, uint8_t, x == 0)

#define OPERATOR(NAME, KIND, INFER)                                                                \
    static lw_status run_##NAME(lwi_call *c) {                                                     \
        static const lwi_##KIND##_loop loops[LW_DTYPE_COUNT] = {[LW_BOOL] = NAME##_bool};          \
        return lwi_run_##KIND(c, loops, NULL);                                                     \
    }                                                                                              \
    const lwi_op lwi_op_##NAME = {.infer = INFER, .run = run_##NAME, .flags = LWI_INPLACE};
OPERATOR(and, binary, lwi_infer_broadcast)
OPERATOR(or, binary, lwi_infer_broadcast)
OPERATOR(xor, binary, lwi_infer_broadcast)
OPERATOR(not, unary, lwi_infer_same)
