/* SPDX-License-Identifier: MIT
 * QuantizeLinear (ONNX 28): y = saturate(x / scale + zero), for integer codes rounded to nearest
 * even. Types narrower than float32 are widened a strip at a time, because the precision of the
 * quotient depends on their true types. In the com.microsoft form it is always float32's. */
#include "base/half.h"
#include "ops/quantize_core.h"

enum { STRIP = 512 }; /* elements; a multiple of 8, so that packed strips begin on a byte */

typedef struct job {
    const lw_value *x, *y;
    lwi_scales scales;
    lw_dtype precision; /* of the quotient */
    bool saturate;
    float low, high;
} job;

static bool is_precision(int64_t dtype) {
    return dtype == LW_FLOAT32 || dtype == LW_FLOAT16 || dtype == LW_BFLOAT16;
}

static lw_status infer(lwi_call *c) {
    const int64_t wanted = lwi_attr_int(c->node, "output_dtype", 0);
    const int64_t precision = lwi_attr_int(c->node, "precision", 0);
    lw_dtype dtype = LW_UINT8;
    if (lwi_has(c, 2)) dtype = c->in[2]->dtype;
    else if (wanted > 0 && wanted < LW_DTYPE_COUNT) dtype = (lw_dtype)wanted;
    if (wanted && wanted != (int64_t)dtype)
        return lwi_call_fail(c, LW_TYPE, "output_dtype %lld is not the zero point's type, %s",
                             (long long)wanted, lw_dtype_name(dtype));
    const bool small_float = lwi_dtype_is_small_float(dtype) && lw_dtype_bits(dtype) <= 8;
    if ((!small_float && (!lwi_dtype_is_integer(dtype) || lw_dtype_bits(dtype) > 16)) ||
        dtype == LW_FLOAT8E8M0)
        return lwi_call_fail(c, LW_TYPE, "cannot quantise to %s", lw_dtype_name(dtype));
    if (precision && !is_precision(precision))
        return lwi_call_fail(c, LW_INVALID, "precision %lld is not float32, float16 or bfloat16",
                             (long long)precision);
    LW_TRY(lwi_scales_check(c));
    return lwi_out(c, 0, dtype, c->in[0]->rank, c->in[0]->dims);
}

static void round_to(lw_dtype dtype, float *x, size_t n) {
    uint16_t narrow[STRIP];
    if (dtype == LW_FLOAT32) return;
    lwi_narrow(dtype, x, n, 0, narrow);
    lwi_widen(dtype, narrow, 0, n, x);
}

/* x / scale in the precision asked for. */
static void divide(const job *j, size_t at, size_t n, float *q) {
    const bool whole = j->x->dtype == LW_INT32;
    const int32_t *ints = (const int32_t *)j->x->data + (whole ? at : 0);
    if (!whole) {
        if (j->x->dtype == LW_FLOAT32)
            for (size_t i = 0; i < n; i++)
                q[i] = ((const float *)j->x->data)[at + i];
        else lwi_widen(j->x->dtype, j->x->data, at, n, q);
        round_to(j->precision, q, n);
    }
    for (size_t i = 0; i < n;) {
        const lwi_scale_run r = lwi_scale_run_at(&j->scales, at + i, at + n);
        const float *scale = j->scales.scale + r.first;
        for (size_t k = 0; k < r.n; k++)
            q[i + k] = whole ? (float)(ints[i + k] / (double)scale[k * r.step])
                             : q[i + k] / scale[k * r.step];
        i += r.n;
    }
    round_to(j->precision, q, n);
}

static void add_zero(const job *j, size_t at, size_t n, float *q) {
    const bool codes = lwi_dtype_is_integer(j->y->dtype);
    for (size_t i = 0; i < n;) {
        const lwi_scale_run r = lwi_scale_run_at(&j->scales, at + i, at + n);
        const float *zero = j->scales.zero ? j->scales.zero + r.first : NULL;
        for (size_t k = 0; k < r.n; k++) {
            const float z = zero ? zero[k * r.step] : 0;
            q[i + k] = codes ? lwi_quantize(q[i + k], z, j->low, j->high) : q[i + k] + z;
        }
        i += r.n;
    }
}

static uint8_t to_float8(lw_dtype dtype, float x, bool saturate) {
    switch (dtype) {
    case LW_FLOAT8E4M3FN:
        return lwi_f32_to_f8e4m3fn(x, saturate);
    case LW_FLOAT8E4M3FNUZ:
        return lwi_f32_to_f8e4m3fnuz(x, saturate);
    case LW_FLOAT8E5M2:
        return lwi_f32_to_f8e5m2(x, saturate);
    default:
        return lwi_f32_to_f8e5m2fnuz(x, saturate);
    }
}

static void store(const job *j, size_t at, size_t n, const float *q) {
    const lw_dtype dtype = j->y->dtype;
    uint8_t bytes[STRIP];
    if (dtype == LW_FLOAT4E2M1) {
        lwi_narrow(dtype, q, n, at, j->y->data);
    } else if (lwi_dtype_is_float(dtype)) {
        for (size_t i = 0; i < n; i++)
            ((uint8_t *)j->y->data)[at + i] = to_float8(dtype, q[i], j->saturate);
    } else if (lwi_dtype_is_packed(dtype)) {
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)(int)q[i];
        lwi_pack(dtype, bytes, n, (uint8_t *)j->y->data + at * (size_t)lw_dtype_bits(dtype) / 8);
    } else if (lw_dtype_bits(dtype) == 8) {
        for (size_t i = 0; i < n; i++)
            ((uint8_t *)j->y->data)[at + i] = (uint8_t)(int)q[i];
    } else {
        for (size_t i = 0; i < n; i++)
            ((uint16_t *)j->y->data)[at + i] = (uint16_t)(int)q[i];
    }
}

static void quantize_strips(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    float q[STRIP];
    for (size_t s = begin; s < end; s++) {
        const size_t at = s * STRIP, left = j->x->count - at, n = left < STRIP ? left : STRIP;
        divide(j, at, n, q);
        add_zero(j, at, n, q);
        store(j, at, n, q);
    }
}

static lw_status quantize(lwi_call *c, lw_dtype precision) {
    job j = {.x = c->in[0], .y = c->out[0], .precision = precision};
    if (j.x->count == 0) return LW_OK;
    LW_TRY(lwi_scales_read(c, &j.scales));
    j.saturate = lwi_attr_int(c->node, "saturate", 1) != 0;
    if (lwi_dtype_is_integer(j.y->dtype)) lwi_code_range(j.y->dtype, &j.low, &j.high);
    lwi_parallel(c, (j.x->count - 1) / STRIP + 1, 16, quantize_strips, &j);
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    const int64_t precision = lwi_attr_int(c->node, "precision", 0);
    if (precision) return quantize(c, (lw_dtype)precision);
    /* By default the scale's type; int32 and float8e8m0 scales have no fractions to offer. */
    const lw_dtype scale = c->in[1]->dtype;
    return quantize(c, is_precision(scale) ? scale : LW_FLOAT32);
}

static lw_status run_microsoft(lwi_call *c) { return quantize(c, LW_FLOAT32); }

static lw_status infer_dynamic(lwi_call *c) {
    LW_TRY(lwi_out(c, 0, LW_UINT8, c->in[0]->rank, c->in[0]->dims));
    LW_TRY(lwi_out(c, 1, LW_FLOAT32, 0, NULL));
    return lwi_out(c, 2, LW_UINT8, 0, NULL);
}

static lw_status run_dynamic(lwi_call *c) {
    const lw_value *x = c->in[0];
    const lwi_u8_scale s = lwi_dynamic_scale(x->data, x->count);
    if (c->out[1]) *(float *)c->out[1]->data = s.scale;
    if (c->out[2]) *(uint8_t *)c->out[2]->data = (uint8_t)s.zero;
    if (x->count == 0 || !c->out[0]) return LW_OK;
    job j = {.x = x,
             .y = c->out[0],
             .precision = LW_FLOAT32,
             .high = 255,
             .scales = {.scale = &s.scale, .zero = &s.zero, .count = 1}};
    lwi_parallel(c, (x->count - 1) / STRIP + 1, 16, quantize_strips, &j);
    return LW_OK;
}

const lwi_op lwi_op_quantize_linear = {.infer = infer, .run = run};
const lwi_op lwi_op_microsoft_quantize_linear = {.infer = infer, .run = run_microsoft};
const lwi_op lwi_op_dynamic_quantize_linear = {.infer = infer_dynamic, .run = run_dynamic};
