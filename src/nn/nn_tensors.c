/* SPDX-License-Identifier: MIT
 * Functions of torch that are several operators, or whose operator's results are others. */
#include "nn/nn_kinds.h"

lw_array *lw_squeeze(lw_array *input, lw_ints dim) {
    return dim.n ? CALL("squeeze.dims", A_V(input), A_L(dim)) : CALL("squeeze", A_V(input));
}

lw_array *lw_unique(lw_array *input, lw_array **inverse, lw_array **counts) {
    const bool sorted = true, wanted = true;
    return CALL("_unique2", A_V(input), A_B(sorted), A_B(wanted), A_B(wanted), A_R(inverse),
                A_R(counts));
}

lw_array *lw_unique_consecutive(lw_array *input, lw_array **inverse, lw_array **counts) {
    const bool wanted = true;
    return CALL("unique_consecutive", A_V(input), A_B(wanted), A_B(wanted), A_R(inverse),
                A_R(counts));
}

/* scales and zero_points of an axis are made [n, 1, 1 ...]. */
static lw_array *along(lw_array *x, lw_array *input, int64_t axis) {
    if (!x || !input || lw_dim(x) == 0) return x;
    const int rank = lw_dim(input);
    lw_ints shape = {.n = (size_t)rank};
    for (int d = 0; d < rank; d++)
        shape.v[d] = d == (axis < 0 ? axis + rank : axis) ? -1 : 1;
    return lw_reshape(x, shape);
}

lw_array *lw_dequantize(lw_array *input, lw_array *scales, lw_array *zero_points, int64_t axis) {
    lw_array *x = lw_to(input, LW_FLOAT32);
    x = lw_sub(x, lw_to(along(zero_points, input, axis), LW_FLOAT32));
    return lw_mul(x, lw_to(along(scales, input, axis), LW_FLOAT32));
}

/* The nearest whole number of steps, as far as the type goes. */
static lw_array *quantized(lw_array *steps, lw_array *zero_point, lw_dtype dtype) {
    const bool is_signed = dtype == LW_INT8, wide = dtype == LW_INT32;
    if (steps && !is_signed && !wide && dtype != LW_UINT8) {
        lwi_nn_fail(steps->nn, LW_TYPE, "lw_quantize: numbers become uint8, int8 or int32, not %s",
                    lw_dtype_name(dtype));
        return NULL;
    }
    const double least = wide ? INT32_MIN : is_signed ? -128 : 0;
    const double most = wide ? INT32_MAX : is_signed ? 127 : 255;
    lw_array *number = lw_add(lw_round(steps), lw_to(zero_point, lw_array_dtype(steps)));
    return lw_to(lw_clamp(number, least, most), dtype);
}

lw_array *lw_quantize_per_tensor(lw_array *input, double scale, int64_t zero_point,
                                 lw_dtype dtype) {
    if (!input) return NULL;
    lw_array *zero = lw_full(input->nn, LW_NO_INTS, (double)zero_point, LW_FLOAT32);
    return quantized(lw_mul_scalar(input, (double)(1 / (float)scale)), zero, dtype);
}

lw_array *lw_quantize_per_channel(lw_array *input, lw_array *scales, lw_array *zero_points,
                                  int64_t axis, lw_dtype dtype) {
    lw_array *each = lw_reciprocal(lw_to(along(scales, input, axis), LW_FLOAT32));
    return quantized(lw_mul(input, each), along(zero_points, input, axis), dtype);
}
