/* SPDX-License-Identifier: MIT
 * Equal (ONNX 19), Greater, Less (ONNX 13), GreaterOrEqual, LessOrEqual (ONNX 16). A NaN equals
 * nothing and is neither greater nor less. */
#include "ops/elementwise.h"

#include <string.h>

static inline bool same_string(lw_string a, lw_string b) {
    return a.size == b.size && (a.size == 0 || !memcmp(a.data, b.data, a.size));
}

#define LOOPS(ID, T)                                                                               \
    LWI_BINARY_LOOP(equal_##T, T, T, uint8_t, a == b)                                              \
    LWI_BINARY_LOOP(less_##T, T, T, uint8_t, a < b)                                                \
    LWI_BINARY_LOOP(less_or_equal_##T, T, T, uint8_t, a <= b)
LWI_NUMBER_TYPES(LOOPS)
LWI_BINARY_LOOP(equal_bool, uint8_t, uint8_t, uint8_t, (a != 0) == (b != 0))
LWI_BINARY_LOOP(equal_string, lw_string, lw_string, uint8_t, same_string(a, b))

#define EQUAL_ENTRY(ID, T) [ID] = equal_##T,
#define LESS_ENTRY(ID, T) [ID] = less_##T,
#define LESS_OR_EQUAL_ENTRY(ID, T) [ID] = less_or_equal_##T,

#define OPERATOR(NAME, ...)                                                                        \
    static const lwi_binary_loop NAME##_loops[LW_DTYPE_COUNT] = {__VA_ARGS__};                     \
    static lw_status run_##NAME(lwi_call *c) { return lwi_run_binary(c, NAME##_loops, NULL); }     \
    const lwi_op lwi_op_##NAME = {                                                                 \
        .infer = lwi_infer_broadcast_bool, .run = run_##NAME, .flags = LWI_WIDEN};
OPERATOR(equal, LWI_NUMBER_TYPES(EQUAL_ENTRY)[LW_BOOL] = equal_bool, [LW_STRING] = equal_string)
OPERATOR(less, LWI_NUMBER_TYPES(LESS_ENTRY))
OPERATOR(less_or_equal, LWI_NUMBER_TYPES(LESS_OR_EQUAL_ENTRY))

/* a > b is b < a. */
#define TURNED(NAME, LOOPS_OF)                                                                     \
    static lw_status run_##NAME(lwi_call *c) {                                                     \
        const lwi_binary_loop loop = LOOPS_OF[c->in[0]->dtype];                                    \
        if (!loop || !c->out[0]) return lwi_run_binary(c, LOOPS_OF, NULL);                         \
        lwi_run_binary_loop(c, c->in[1], c->in[0], c->out[0], loop, NULL);                         \
        return LW_OK;                                                                              \
    }                                                                                              \
    const lwi_op lwi_op_##NAME = {                                                                 \
        .infer = lwi_infer_broadcast_bool, .run = run_##NAME, .flags = LWI_WIDEN};
TURNED(greater, less_loops)
TURNED(greater_or_equal, less_or_equal_loops)
