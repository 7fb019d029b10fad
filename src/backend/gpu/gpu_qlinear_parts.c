/* SPDX-License-Identifier: MIT
 * QLinearSoftmax, QLinearAveragePool and QLinearWhere of com.microsoft, and its other operators on
 * codes where a scale or zero point is computed in the run: codes become numbers, and numbers codes
 * again. */
#include "backend/gpu/gpu_parts.h"
#include "backend/gpu/gpu_qlinear.h"

#include <string.h>

/* A scale or zero point, of one element, without axes; left out if it is not there. */
static lw_status single(const lwi_gpu_parts *parts, size_t input, lwi_gpu_value *to) {
    const lwi_gpu_value from = lwi_gpu_input(parts, input);
    if (!from.value) return LW_OK;
    return lwi_gpu_part_of(parts, from, 0, 0, NULL, to);
}

/* Input x as numbers: its scale is input `scale`, its zero point the one behind that. SIZE_MAX: a
 * scale of 1. */
static lw_status decode(lwi_gpu_parts *parts, size_t x, size_t scale, size_t zero,
                        lwi_gpu_value *y) {
    const float one = 1;
    lwi_gpu_part part = {.domain = "",
                         .op_type = "DequantizeLinear",
                         .in = {lwi_gpu_input(parts, x)},
                         .n_in = 3,
                         .out = {y},
                         .n_out = 1};
    if (scale == SIZE_MAX) LW_TRY(lwi_gpu_constant(parts, LW_FLOAT32, 0, NULL, &one, &part.in[1]));
    else LW_TRY(single(parts, scale, &part.in[1]));
    LW_TRY(single(parts, zero, &part.in[2]));
    return lwi_gpu_add(parts, &part);
}

/* Numbers as the codes of output 0. */
static lw_status encode(lwi_gpu_parts *parts, lwi_gpu_value x, size_t scale) {
    lwi_gpu_value y = lwi_gpu_output(parts, 0);
    lwi_gpu_part part = {.domain = "",
                         .op_type = "QuantizeLinear",
                         .attrs = {lwi_gpu_attr_int("output_dtype", y.value->dtype)},
                         .in = {x},
                         .n_in = 3,
                         .out = {&y},
                         .n_out = 1};
    LW_TRY(single(parts, scale, &part.in[1]));
    LW_TRY(single(parts, scale + 1, &part.in[2]));
    return lwi_gpu_add(parts, &part);
}

/* An operator of one input between numbers of input 0 and output 0. */
static lw_status between(lwi_gpu_parts *parts, const char *op_type, lwi_attr attr, bool *taken) {
    lwi_gpu_value x = {0}, y = {0};
    lwi_gpu_part part = {
        .domain = "", .op_type = op_type, .attrs = {attr}, .n_in = 1, .out = {&y}, .n_out = 1};
    LW_TRY(decode(parts, 0, 1, 2, &x));
    part.in[0] = x;
    LW_TRY(lwi_gpu_add(parts, &part));
    LW_TRY(encode(parts, y, 3));
    return lwi_gpu_finish(parts, taken);
}

lw_status lwi_gpu_qlinear_map_parts(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    if (!strcmp(c->node->op_type, "QLinearSigmoid"))
        return between(&parts, "Sigmoid", (lwi_attr){.name = NULL}, taken);
    return between(&parts, "LeakyRelu",
                   lwi_gpu_attr_float("alpha", lwi_attr_float(c->node, "alpha", 0.01f)), taken);
}

lw_status lwi_gpu_qlinear_binary_parts(const lwi_call *c, bool product, lwi_gpu_step *step,
                                       bool *taken) {
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    lwi_gpu_value a = {0}, b = {0}, y = {0};
    LW_TRY(decode(&parts, 0, 1, 2, &a));
    LW_TRY(decode(&parts, 3, 4, 5, &b));
    LW_TRY(lwi_gpu_add_two(&parts, product ? "Mul" : "Add", a, b, &y));
    LW_TRY(encode(&parts, y, 6));
    return lwi_gpu_finish(&parts, taken);
}

/* Before opset 13, over all axes from one on. */
lw_status lwi_gpu_qlinear_softmax(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    const lw_value *x = c->in[0];
    const bool old = lwi_attr_int(c->node, "opset", 13) < 13;
    int64_t dims[2] = {1, 1};
    int axis = 0;
    lwi_gpu_value numbers = {0}, y = {0}, flat = {0};
    if (x->rank > 0)
        LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", old ? 1 : -1), x->rank, &axis));
    for (int d = 0; d < x->rank; d++)
        dims[d >= axis] *= x->dims[d];
    LW_TRY(decode(&parts, 0, 1, 2, &numbers));
    flat = numbers;
    if (old) LW_TRY(lwi_gpu_part_of(&parts, numbers, 0, 2, dims, &flat));
    const lwi_gpu_part softmax = {.domain = "",
                                  .op_type = "Softmax",
                                  .attrs = {lwi_gpu_attr_int("axis", old ? -1 : axis)},
                                  .in = {flat},
                                  .n_in = 1,
                                  .out = {&y},
                                  .n_out = 1};
    LW_TRY(lwi_gpu_add(&parts, &softmax));
    if (old) LW_TRY(lwi_gpu_part_of(&parts, y, 0, x->rank, x->dims, &y));
    LW_TRY(encode(&parts, y, 3));
    return lwi_gpu_finish(&parts, taken);
}

/* The mean is one of codes, less the zero point: these sums are exact. */
lw_status lwi_gpu_qlinear_average_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    const bool last = lwi_attr_int(c->node, "channels_last", 0) != 0;
    lwi_gpu_value codes = {0}, mean = {0}, scale = {0}, y = {0};
    lwi_gpu_part pool = {.domain = last ? "lampwick" : "",
                         .op_type = "AveragePool",
                         .n_in = 1,
                         .out = {&mean},
                         .n_out = 1};
    lwi_gpu_copy_attributes(c->node, "channels_last", &pool);
    LW_TRY(decode(&parts, 0, SIZE_MAX, 2, &codes));
    pool.in[0] = codes;
    LW_TRY(lwi_gpu_add(&parts, &pool));
    LW_TRY(single(&parts, 1, &scale));
    LW_TRY(lwi_gpu_add_two(&parts, "Mul", mean, scale, &y));
    LW_TRY(encode(&parts, y, 3));
    return lwi_gpu_finish(&parts, taken);
}

lw_status lwi_gpu_qlinear_where(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    enum { CONDITION, A, A_SCALE, A_ZERO, B, B_SCALE, B_ZERO, SCALE };
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    lwi_gpu_value y = {0};
    lwi_gpu_part where = {.domain = "",
                          .op_type = "Where",
                          .in = {lwi_gpu_input(&parts, CONDITION)},
                          .n_in = 3,
                          .out = {&y},
                          .n_out = 1};
    LW_TRY(decode(&parts, A, A_SCALE, A_ZERO, &where.in[1]));
    LW_TRY(decode(&parts, B, B_SCALE, B_ZERO, &where.in[2]));
    LW_TRY(lwi_gpu_add(&parts, &where));
    LW_TRY(encode(&parts, y, SCALE));
    return lwi_gpu_finish(&parts, taken);
}
