/* SPDX-License-Identifier: MIT
 * Operators that opset 1 had on trial and that are gone, as nodes of today. */
#include "format/onnx/upgrade.h"
#include "ops/op.h"

#include <string.h>

/* x becomes x * factor, where factor has the type of x. */
static lw_status times(lwi_upgrade *u, int x, float factor, int *product) {
    int number;
    LW_TRY(lwi_upgrade_number(u, x, factor, &number));
    return lwi_upgrade_emit(u, "Mul", (int[]){x, number}, 2, NULL, 0, product);
}

/* The node becomes x op number. */
static lw_status finish(lwi_upgrade *u, const char *op, int x, float value) {
    int number;
    LW_TRY(lwi_upgrade_number(u, x, value, &number));
    return lwi_upgrade_become(u, op, (int[]){x, number}, 2);
}

static lw_status need_input(const lwi_upgrade *u, int *x) {
    *x = lwi_upgrade_in(u, 0);
    return *x < 0 ? lwi_fail(LW_CORRUPT, "has no input") : LW_OK;
}

/* alpha * x + beta */
lw_status lwi_upgrade_affine(lwi_upgrade *u) {
    int x, t;
    LW_TRY(need_input(u, &x));
    LW_TRY(times(u, x, lwi_attr_float(u->node, "alpha", 1), &t));
    return finish(u, "Add", t, lwi_attr_float(u->node, "beta", 0));
}

/* scale * x */
lw_status lwi_upgrade_scale(lwi_upgrade *u) {
    int x;
    LW_TRY(need_input(u, &x));
    return finish(u, "Mul", x, lwi_attr_float(u->node, "scale", 1));
}

/* alpha * op(beta * x) */
static lw_status scaled(lwi_upgrade *u, const char *op) {
    int x, t, inner;
    LW_TRY(need_input(u, &x));
    LW_TRY(times(u, x, lwi_attr_float(u->node, "beta", 1), &t));
    LW_TRY(lwi_upgrade_emit(u, op, &t, 1, NULL, 0, &inner));
    return finish(u, "Mul", inner, lwi_attr_float(u->node, "alpha", 1));
}

lw_status lwi_upgrade_scaled_tanh(lwi_upgrade *u) { return scaled(u, "Tanh"); }

lw_status lwi_upgrade_parametric_softplus(lwi_upgrade *u) { return scaled(u, "Softplus"); }

/* scale * x + bias[channel], x: [N, C, H, W] */
lw_status lwi_upgrade_image_scaler(lwi_upgrade *u) {
    int x, t, bias, shape;
    size_t n;
    LW_TRY(need_input(u, &x));
    const float *list = lwi_attr_floats(u->node, "bias", &n);
    if (!list) return lwi_fail(LW_CORRUPT, "has no bias");
    LW_TRY(times(u, x, lwi_attr_float(u->node, "scale", 1), &t));
    LW_TRY(lwi_upgrade_like(u, x, list, n, &bias));
    LW_TRY(lwi_upgrade_ints(u, (int64_t[]){1, -1, 1, 1}, 4, 1, &shape));
    LW_TRY(lwi_upgrade_emit(u, "Reshape", (int[]){bias, shape}, 2, NULL, 0, &bias));
    return lwi_upgrade_become(u, "Add", (int[]){t, bias}, 2);
}

/* border: left, top, right, bottom to cut off the last two axes; scale: the size that is left,
 * instead of right and bottom */
lw_status lwi_upgrade_crop(lwi_upgrade *u) {
    int x, starts, ends, axes;
    size_t n, n_size;
    LW_TRY(need_input(u, &x));
    const int64_t *border = lwi_attr_ints(u->node, "border", &n);
    const int64_t *size = lwi_attr_ints(u->node, "scale", &n_size);
    if (!border || n != 4 || (size && n_size != 2))
        return lwi_fail(LW_CORRUPT, "needs four borders and no size or two");
    const int64_t most = INT64_C(1) << 40;
    for (size_t i = 0; i < 4; i++)
        if (border[i] < 0 || border[i] > most || (size && (size[i / 2] < 0 || size[i / 2] > most)))
            return lwi_fail(LW_CORRUPT, "a border or size is out of range");
    const int64_t first[2] = {border[1], border[0]};
    const int64_t last[2] = {size        ? border[1] + size[0]
                             : border[3] ? -border[3]
                                         : INT64_MAX,
                             size        ? border[0] + size[1]
                             : border[2] ? -border[2]
                                         : INT64_MAX};
    LW_TRY(lwi_upgrade_ints(u, first, 2, 1, &starts));
    LW_TRY(lwi_upgrade_ints(u, last, 2, 1, &ends));
    LW_TRY(lwi_upgrade_ints(u, (int64_t[]){-2, -1}, 2, 1, &axes));
    return lwi_upgrade_become(u, "Slice", (int[]){x, starts, ends, axes}, 4);
}

lw_status lwi_upgrade_dynamic_slice(lwi_upgrade *u) {
    u->node->op_type = "Slice";
    return LW_OK;
}

/* The shape is an attribute, the input, or the input's shape; extra_shape goes behind the latter
 * two. */
static lw_status filled_shape(lwi_upgrade *u, int *shape) {
    size_t n;
    int extra;
    const int64_t *own = lwi_attr_ints(u->node, "shape", &n);
    if (lwi_upgrade_in(u, 0) < 0) return lwi_upgrade_ints(u, own, n, 1, shape);
    if (lwi_attr_int(u->node, "input_as_shape", 0))
        LW_TRY(lwi_upgrade_emit(u, "Cast", u->node->inputs, 1, "to", LW_INT64, shape));
    else LW_TRY(lwi_upgrade_emit(u, "Shape", u->node->inputs, 1, NULL, 0, shape));
    const int64_t *more = lwi_attr_ints(u->node, "extra_shape", &n);
    if (!more) return LW_OK;
    LW_TRY(lwi_upgrade_ints(u, more, n, 1, &extra));
    return lwi_upgrade_emit(u, "Concat", (int[]){*shape, extra}, 2, "axis", 0, shape);
}

/* ConstantFill: `value` as `dtype` (float by default) */
lw_status lwi_upgrade_constant_fill(lwi_upgrade *u) {
    const float value = lwi_attr_float(u->node, "value", 0);
    const int64_t dtype = lwi_attr_int(u->node, "dtype", LW_FLOAT32);
    int shape, number, one, zeros;
    LW_TRY(filled_shape(u, &shape));
    LW_TRY(lwi_upgrade_floats(u, &value, 1, &number));
    LW_TRY(lwi_upgrade_emit(u, "Cast", &number, 1, "to", dtype, &number));
    LW_TRY(lwi_upgrade_ints(u, NULL, 0, 1, &one));
    LW_TRY(lwi_upgrade_emit(u, "Reshape", (int[]){number, one}, 2, NULL, 0, &zeros));
    return lwi_upgrade_become(u, "Expand", (int[]){zeros, shape}, 2);
}
