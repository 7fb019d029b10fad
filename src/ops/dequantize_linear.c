/* SPDX-License-Identifier: MIT
 * DequantizeLinear (ONNX 28): y = (x - zero) * scale. */
#include "ops/quantize_core.h"

enum { STRIP = 512 }; /* elements; a multiple of 8, so that packed strips begin on a byte */

typedef struct job {
    const lw_value *x, *y;
    lwi_scales scales;
} job;

static lw_status infer(lwi_call *c) {
    const int64_t wanted = lwi_attr_int(c->node, "output_dtype", 0);
    lw_dtype dtype = c->in[1]->dtype == LW_FLOAT8E8M0 ? LW_FLOAT32 : c->in[1]->dtype;
    if (wanted == LW_FLOAT32 || wanted == LW_FLOAT16 || wanted == LW_BFLOAT16)
        dtype = (lw_dtype)wanted;
    else if (wanted)
        return lwi_call_fail(c, LW_TYPE, "output_dtype %lld is not float32, float16 or bfloat16",
                             (long long)wanted);
    LW_TRY(lwi_scales_check(c));
    return lwi_out(c, 0, dtype, c->in[0]->rank, c->in[0]->dims);
}

#define LOAD(dtype, T)                                                                             \
    case dtype:                                                                                    \
        for (size_t i = 0; i < n; i++)                                                             \
            x[i] = (float)((const T *)v->data)[at + i];                                            \
        break;

static void load(const lw_value *v, size_t at, size_t n, float *x) {
    uint8_t bytes[STRIP];
    switch (v->dtype) {
        LWI_INTEGER_TYPES(LOAD)
    default:
        if (lwi_dtype_is_float(v->dtype)) {
            lwi_widen(v->dtype, v->data, at, n, x);
            return;
        }
        lwi_unpack(v->dtype, (const uint8_t *)v->data + at * (size_t)lw_dtype_bits(v->dtype) / 8, n,
                   bytes);
        for (size_t i = 0; i < n; i++)
            x[i] = lwi_dtype_is_signed(v->dtype) ? (float)(int8_t)bytes[i] : (float)bytes[i];
    }
}

static void dequantize_strips(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    float buffer[STRIP];
    for (size_t s = begin; s < end; s++) {
        const size_t at = s * STRIP, left = j->x->count - at, n = left < STRIP ? left : STRIP;
        const bool direct = j->y->dtype == LW_FLOAT32;
        float *x = direct ? (float *)j->y->data + at : buffer;
        load(j->x, at, n, x);
        for (size_t i = 0; i < n;) {
            const lwi_scale_run r = lwi_scale_run_at(&j->scales, at + i, at + n);
            const float *scale = j->scales.scale + r.first;
            const float *zero = j->scales.zero ? j->scales.zero + r.first : NULL;
            const float factor = *scale, shift = zero ? *zero : 0;
            for (size_t k = 0; r.step == 0 && k < r.n; k++)
                x[i + k] = (x[i + k] - shift) * factor;
            for (size_t k = 0; r.step != 0 && k < r.n; k++)
                x[i + k] = (x[i + k] - (zero ? zero[k * r.step] : 0)) * scale[k * r.step];
            i += r.n;
        }
        if (!direct) lwi_narrow(j->y->dtype, x, n, at, j->y->data);
    }
}

static lw_status run(lwi_call *c) {
    job j = {.x = c->in[0], .y = c->out[0]};
    if (j.x->count == 0) return LW_OK;
    LW_TRY(lwi_scales_read(c, &j.scales));
    lwi_parallel(c, (j.x->count - 1) / STRIP + 1, 16, dequantize_strips, &j);
    return LW_OK;
}

const lwi_op lwi_op_dequantize_linear = {.infer = infer, .run = run};
