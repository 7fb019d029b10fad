/* SPDX-License-Identifier: MIT
 * Range (ONNX 27): start + i * delta up to limit, which is not reached. Floating-point numbers are
 * computed in double and rounded once (so that stash_type makes no difference); integers are exact
 * in 64 bits. com.microsoft's form may leave out delta, which is 1 then. */
#include "ops/op.h"

#include <math.h>

static lw_status fail_count(const lwi_call *c) {
    return lwi_call_fail(c, LW_LIMIT, "the range has too many elements");
}

static lw_status count_floats(lwi_call *c, int64_t *count) {
    double start = 0, limit = 0, delta = 1;
    LW_TRY(lwi_in_number(c, 0, &start));
    LW_TRY(lwi_in_number(c, 1, &limit));
    if (lwi_has(c, 2)) LW_TRY(lwi_in_number(c, 2, &delta));
    const double n = ceil((limit - start) / delta);
    if (isnan(n))
        return lwi_call_fail(c, LW_RANGE, "there is no range from %g to %g by %g", start, limit,
                             delta);
    if (n > 0x1p53) return fail_count(c);
    *count = n > 0 ? (int64_t)n : 0;
    return LW_OK;
}

/* ceil(|limit - start| / |delta|); the distance of two 64-bit integers fits unsigned. */
static lw_status count_integers(lwi_call *c, int64_t *count) {
    int64_t start = 0, limit = 0, delta = 1;
    LW_TRY(lwi_in_int(c, 0, &start));
    LW_TRY(lwi_in_int(c, 1, &limit));
    if (lwi_has(c, 2)) LW_TRY(lwi_in_int(c, 2, &delta));
    if (delta == 0) return lwi_call_fail(c, LW_RANGE, "delta is 0");
    const bool up = delta > 0;
    *count = 0;
    if (up ? limit <= start : limit >= start) return LW_OK;
    const uint64_t distance =
        up ? (uint64_t)limit - (uint64_t)start : (uint64_t)start - (uint64_t)limit;
    const uint64_t step = up ? (uint64_t)delta : 0 - (uint64_t)delta;
    const uint64_t n = distance / step + (distance % step != 0);
    if (n > INT64_MAX) return fail_count(c);
    *count = (int64_t)n;
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    int64_t n = 0;
    LW_TRY(lwi_dtype_is_float(c->in[0]->dtype) ? count_floats(c, &n) : count_integers(c, &n));
    return lwi_out(c, 0, c->in[0]->dtype, 1, &n);
}

/* Unsigned sums wrap: every number of the range fits its type. NUMBER is element i, from start and
 * delta or from the one before. */
#define FILL(ID, T, WIDE, GET, NUMBER)                                                             \
    case ID: {                                                                                     \
        const WIDE start = (WIDE)GET(c->in[0], 0),                                                 \
                   delta = lwi_has(c, 2) ? (WIDE)GET(c->in[2], 0) : 1;                             \
        T *to = y->data;                                                                           \
        const size_t n = y->count;                                                                 \
        WIDE next = start;                                                                         \
        for (size_t i = 0; i < n; i++, next += delta)                                              \
            to[i] = (T)(NUMBER);                                                                   \
        break;                                                                                     \
    }

static lw_status run(lwi_call *c) {
    lw_value *y = c->out[0];
    switch (y->dtype) {
        FILL(LW_FLOAT32, float, double, lwi_get_double, start + (double)i * delta)
        FILL(LW_FLOAT64, double, double, lwi_get_double, start + (double)i * delta)
        FILL(LW_INT16, int16_t, uint64_t, lwi_get_int, next)
        FILL(LW_INT32, int32_t, uint64_t, lwi_get_int, next)
        FILL(LW_INT64, int64_t, uint64_t, lwi_get_int, next)
    default:
        return lwi_call_fail(c, LW_TYPE, "there is no kernel for %s", lw_dtype_name(y->dtype));
    }
    return LW_OK;
}

const lwi_op lwi_op_range = {.infer = infer, .run = run, .flags = LWI_WIDEN};
