/* SPDX-License-Identifier: MIT
 * HannWindow, HammingWindow and BlackmanWindow (ONNX 17): a - b cos(t) + c cos(2 t) over a period
 * of t; and MelWeightMatrix (ONNX 17): triangles that turn a spectrum into mel bins (Stevens et
 * al. 1937), from HTK. */
#include "ops/op.h"

#include <math.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

/* The type that an attribute asks for must be a number. */
static lw_status find_dtype(const lwi_call *c, lw_dtype *dtype) {
    const int64_t number = lwi_attr_int(c->node, "output_datatype", LW_FLOAT32);
    *dtype = LW_FLOAT32;
    if (number > 0 && number < LW_DTYPE_COUNT) *dtype = (lw_dtype)number;
    const bool fits = lwi_dtype_is_integer(*dtype) || *dtype == LW_FLOAT16 ||
                      *dtype == LW_BFLOAT16 || *dtype == LW_FLOAT32 || *dtype == LW_FLOAT64;
    if (*dtype == number && fits && !lwi_dtype_is_packed(*dtype)) return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "output_datatype %lld is not a type for this",
                         (long long)number);
}

/* Integers are cut towards 0. */
static lw_status put(lw_value *y, size_t i, double number) {
    if (y->dtype == LW_FLOAT32) {
        ((float *)y->data)[i] = (float)number;
        return LW_OK;
    }
    return lw_tensor_set(y, i, lwi_dtype_is_integer(y->dtype) ? trunc(number) : number);
}

static lw_status infer_window(lwi_call *c) {
    int64_t size = 0;
    lw_dtype dtype;
    LW_TRY(find_dtype(c, &dtype));
    LW_TRY(lwi_in_int(c, 0, &size));
    if (size < 0) return lwi_call_fail(c, LW_RANGE, "the size is %lld", (long long)size);
    return lwi_out(c, 0, dtype, 1, &size);
}

static lw_status run_window(lwi_call *c, double a, double b, double d) {
    lw_value *y = c->out[0];
    const bool periodic = lwi_attr_int(c->node, "periodic", 1) != 0;
    const double period = (double)y->count - (periodic ? 0 : 1);
    for (size_t i = 0; i < y->count; i++) {
        const double t = period > 0 ? 2 * PI * (double)i / period : PI;
        LW_TRY(put(y, i, a - b * cos(t) + d * cos(2 * t)));
    }
    return LW_OK;
}

static lw_status run_hann(lwi_call *c) { return run_window(c, 0.5, 0.5, 0); }
static lw_status run_hamming(lwi_call *c) { return run_window(c, 25. / 46, 21. / 46, 0); }
static lw_status run_blackman(lwi_call *c) { return run_window(c, 0.42, 0.5, 0.08); }

static double mel_of(double hertz) { return 2595 * log10(1 + hertz / 700); }
static double hertz_of(double mel) { return 700 * (pow(10, mel / 2595) - 1); }

static lw_status infer_mel(lwi_call *c) {
    int64_t bins = 0, length = 0;
    lw_dtype dtype;
    LW_TRY(find_dtype(c, &dtype));
    LW_TRY(lwi_in_int(c, 0, &bins));
    LW_TRY(lwi_in_int(c, 1, &length));
    if (bins < 0 || length < 1)
        return lwi_call_fail(c, LW_RANGE, "%lld bins of a transform of length %lld",
                             (long long)bins, (long long)length);
    return lwi_out(c, 0, dtype, 2, (const int64_t[]){length / 2 + 1, bins});
}

/* The triangle of one bin: rises from low to middle, falls to high. */
static lw_status put_triangle(lw_value *y, size_t bin, size_t low, size_t middle, size_t high) {
    const size_t rows = (size_t)y->dims[0], bins = (size_t)y->dims[1];
    for (size_t i = low; i <= middle && i < rows; i++) {
        const double up = low == middle ? 1 : (double)(i - low) / (double)(middle - low);
        LW_TRY(put(y, i * bins + bin, up));
    }
    for (size_t i = middle; i < high && i < rows; i++)
        LW_TRY(put(y, i * bins + bin, (double)(high - i) / (double)(high - middle)));
    return LW_OK;
}

static lw_status run_mel(lwi_call *c) {
    lw_value *y = c->out[0];
    double length = 0, rate = 0, edge[2] = {0, 0};
    LW_TRY(lwi_in_number(c, 1, &length));
    LW_TRY(lwi_in_number(c, 2, &rate));
    LW_TRY(lwi_in_number(c, 3, &edge[0]));
    LW_TRY(lwi_in_number(c, 4, &edge[1]));
    if (!(rate > 0) || !(edge[0] >= 0) || !(edge[1] >= edge[0]) || !(edge[1] <= rate))
        return lwi_call_fail(c, LW_RANGE, "edges of %g and %g hertz at a rate of %g", edge[0],
                             edge[1], rate);
    const size_t bins = (size_t)y->dims[1];
    const double low = mel_of(edge[0]), step = (mel_of(edge[1]) - low) / (double)(bins + 2);
    if (y->bytes) memset(y->data, 0, y->bytes); /* 0 in every type */
    size_t corner[3] = {0}; /* a triangle begins in the middle of the one before */
    for (size_t k = 0; bins > 0 && k < bins + 2; k++) {
        const double hertz = hertz_of(low + step * (double)k);
        corner[0] = corner[1];
        corner[1] = corner[2];
        corner[2] = (size_t)fmin(fmax((length + 1) * hertz / rate, 0), 1e18);
        if (k >= 2) LW_TRY(put_triangle(y, k - 2, corner[0], corner[1], corner[2]));
    }
    return LW_OK;
}

const lwi_op lwi_op_hann_window = {.infer = infer_window, .run = run_hann};
const lwi_op lwi_op_hamming_window = {.infer = infer_window, .run = run_hamming};
const lwi_op lwi_op_blackman_window = {.infer = infer_window, .run = run_blackman};
const lwi_op lwi_op_mel_weight_matrix = {.infer = infer_mel, .run = run_mel};
