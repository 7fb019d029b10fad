/* SPDX-License-Identifier: MIT
 * Mod (ONNX 28): the remainder of floored division (sign of the divisor) or, with fmod, of
 * truncated division (sign of the dividend). An integer modulo zero is 0. */
#include "ops/elementwise.h"

#include <math.h>

/* A quotient below 2^28 is never rounded up to an integer, and its product with b and the rest are
 * exact in double. */
static inline float truncated_float(float a, float b) {
    const double quotient = (double)a / (double)b;
    if (!(fabs(quotient) < 0x1p28) || isinf(b)) return fmodf(a, b);
    return copysignf((float)((double)a - (double)(int32_t)quotient * (double)b), a);
}

#define FLOORED_FLOAT(T, FMOD, COPYSIGN)                                                           \
    static inline T floored_##T(T a, T b) {                                                        \
        const T r = FMOD(a, b);                                                                    \
        if (r == 0) return COPYSIGN(r, b);                                                         \
        return (r < 0) != (b < 0) ? r + b : r;                                                     \
    }
FLOORED_FLOAT(float, truncated_float, copysignf)
FLOORED_FLOAT(double, fmod, copysign)

/* x % -1 is 0; asking the processor may trap. */
#define SIGNED(ID, T)                                                                              \
    static inline T truncated_##T(T a, T b) { return (T)(b == 0 || b == -1 ? 0 : a % b); }         \
    static inline T floored_##T(T a, T b) {                                                        \
        const T r = truncated_##T(a, b);                                                           \
        return (T)(r != 0 && (r < 0) != (b < 0) ? r + b : r);                                      \
    }                                                                                              \
    LWI_BINARY_LOOP(mod_##T, T, T, T, floored_##T(a, b))                                           \
    LWI_BINARY_LOOP(fmod_##T, T, T, T, truncated_##T(a, b))
#define UNSIGNED(ID, T) LWI_BINARY_LOOP(mod_##T, T, T, T, b == 0 ? 0 : a % b)
LWI_SIGNED_TYPES(SIGNED)
LWI_UNSIGNED_TYPES(UNSIGNED)
LWI_BINARY_LOOP(mod_float, float, float, float, floored_float(a, b))
LWI_BINARY_LOOP(mod_double, double, double, double, floored_double(a, b))
LWI_BINARY_LOOP(fmod_float, float, float, float, truncated_float(a, b))
LWI_BINARY_LOOP(fmod_double, double, double, double, fmod(a, b))

#define MOD_ENTRY(ID, T) [ID] = mod_##T,
#define FMOD_ENTRY(ID, T) [ID] = fmod_##T,

static lw_status run(lwi_call *c) {
    static const lwi_binary_loop mod[LW_DTYPE_COUNT] = {LWI_NUMBER_TYPES(MOD_ENTRY)};
    static const lwi_binary_loop truncated[LW_DTYPE_COUNT] = {LWI_WIDE_FLOAT_TYPES(
        FMOD_ENTRY) LWI_SIGNED_TYPES(FMOD_ENTRY) LWI_UNSIGNED_TYPES(MOD_ENTRY)};
    return lwi_run_binary(c, lwi_attr_int(c->node, "fmod", 0) ? truncated : mod, NULL);
}

const lwi_op lwi_op_mod = {
    .infer = lwi_infer_broadcast, .run = run, .flags = LWI_WIDEN | LWI_INPLACE};
