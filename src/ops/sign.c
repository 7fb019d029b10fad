/* SPDX-License-Identifier: MIT
 * Abs, Neg, Sign of all number types (ONNX 13). The smallest integer is its own negative. */
#include "ops/elementwise.h"

#include <math.h>

#define SIGN(x) (((x) > 0) - ((x) < 0))
#define FLOAT_LOOPS(ID, T)                                                                         \
    LWI_UNARY_LOOP(abs_##T, T, T, _Generic(x, float : fabsf, double : fabs)(x))                    \
    LWI_UNARY_LOOP(neg_##T, T, T, -x)                                                              \
    LWI_UNARY_LOOP(sign_##T, T, T, isnan(x) ? x : (T)SIGN(x))
/* Negated as unsigned, since -x may overflow. */
#define SIGNED_LOOPS(ID, T)                                                                        \
    LWI_UNARY_LOOP(abs_##T, T, T, x > 0 ? (uint64_t)x : 0 - (uint64_t)x)                           \
    LWI_UNARY_LOOP(neg_##T, T, T, 0 - (uint64_t)x)                                                 \
    LWI_UNARY_LOOP(sign_##T, T, T, SIGN(x))
#define UNSIGNED_LOOPS(ID, T)                                                                      \
    LWI_UNARY_LOOP(abs_##T, T, T, x)                                                               \
    LWI_UNARY_LOOP(sign_##T, T, T, x > 0)

LWI_WIDE_FLOAT_TYPES(FLOAT_LOOPS)
LWI_SIGNED_TYPES(SIGNED_LOOPS)
LWI_UNSIGNED_TYPES(UNSIGNED_LOOPS)

#define ABS_ENTRY(ID, T) [ID] = abs_##T,
#define NEG_ENTRY(ID, T) [ID] = neg_##T,
#define SIGN_ENTRY(ID, T) [ID] = sign_##T,
static const lwi_unary_loop abs_loops[LW_DTYPE_COUNT] = {LWI_NUMBER_TYPES(ABS_ENTRY)};
static const lwi_unary_loop neg_loops[LW_DTYPE_COUNT] = {LWI_WIDE_FLOAT_TYPES(NEG_ENTRY)
                                                             LWI_SIGNED_TYPES(NEG_ENTRY)};
static const lwi_unary_loop sign_loops[LW_DTYPE_COUNT] = {LWI_NUMBER_TYPES(SIGN_ENTRY)};

static lw_status run_abs(lwi_call *c) { return lwi_run_unary(c, abs_loops, NULL); }
static lw_status run_neg(lwi_call *c) { return lwi_run_unary(c, neg_loops, NULL); }
static lw_status run_sign(lwi_call *c) { return lwi_run_unary(c, sign_loops, NULL); }

enum { FLAGS = LWI_WIDEN | LWI_INPLACE };
const lwi_op lwi_op_abs = {.infer = lwi_infer_same, .run = run_abs, .flags = FLAGS};
const lwi_op lwi_op_neg = {.infer = lwi_infer_same, .run = run_neg, .flags = FLAGS};
const lwi_op lwi_op_sign = {.infer = lwi_infer_same, .run = run_sign, .flags = FLAGS};
