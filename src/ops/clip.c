/* SPDX-License-Identifier: MIT
 * Clip (ONNX 13): min(max, max(x, min)); NaN stays NaN, a bound that is left out does not bound. */
#include "ops/elementwise.h"

#include <math.h>

#define CLIP(ID, T)                                                                                \
    typedef struct bounds_##T {                                                                    \
        T low, high;                                                                               \
    } bounds_##T;                                                                                  \
    static void clip_##T(const void *in, void *out, size_t n, const void *params) {                \
        const T *x = in;                                                                           \
        T *y = out;                                                                                \
        const bounds_##T b = *(const bounds_##T *)params;                                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T v = x[i] < b.low ? b.low : x[i];                                               \
            y[i] = v > b.high ? b.high : v;                                                        \
        }                                                                                          \
    }
LWI_NUMBER_TYPES(CLIP)

#define LIMITS(X)                                                                                  \
    X(LW_FLOAT32, float, -INFINITY, INFINITY)                                                      \
    X(LW_FLOAT64, double, -INFINITY, INFINITY)                                                     \
    X(LW_INT8, int8_t, INT8_MIN, INT8_MAX)                                                         \
    X(LW_INT16, int16_t, INT16_MIN, INT16_MAX)                                                     \
    X(LW_INT32, int32_t, INT32_MIN, INT32_MAX)                                                     \
    X(LW_INT64, int64_t, INT64_MIN, INT64_MAX)                                                     \
    X(LW_UINT8, uint8_t, 0, UINT8_MAX)                                                             \
    X(LW_UINT16, uint16_t, 0, UINT16_MAX)                                                          \
    X(LW_UINT32, uint32_t, 0, UINT32_MAX)                                                          \
    X(LW_UINT64, uint64_t, 0, UINT64_MAX)

#define ENTRY(ID, T) [ID] = clip_##T,
static const lwi_unary_loop loops[LW_DTYPE_COUNT] = {LWI_NUMBER_TYPES(ENTRY)};

static lw_status run(lwi_call *c) {
    const void *low = lwi_has(c, 1) ? c->in[1]->data : NULL;
    const void *high = lwi_has(c, 2) ? c->in[2]->data : NULL;
    switch (c->in[0]->dtype) {
#define RUN(ID, T, LOW, HIGH)                                                                      \
    case ID: {                                                                                     \
        const bounds_##T b = {low ? *(const T *)low : LOW, high ? *(const T *)high : HIGH};        \
        return lwi_run_unary(c, loops, &b);                                                        \
    }
        LIMITS(RUN)
    default:
        return lwi_run_unary(c, loops, NULL); /* says that there is no loop */
    }
}

static lw_status infer(lwi_call *c) {
    for (size_t i = 1; i < c->n_in; i++)
        if (lwi_has(c, i) && c->in[i]->count != 1)
            return lwi_call_fail(c, LW_SHAPE, "input %zu has %zu elements, expected 1", i,
                                 c->in[i]->count);
    return lwi_out_like(c, 0, c->in[0]);
}

const lwi_op lwi_op_clip = {.infer = infer, .run = run, .flags = LWI_WIDEN};
