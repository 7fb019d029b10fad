/* SPDX-License-Identifier: MIT
 * DynamicQuantizeMatMul and DynamicQuantizeLSTM of com.microsoft. */
#include "backend/gpu/gpu_parts.h"

/* A becomes codes, whose product with B is scaled back. */
lw_status lwi_gpu_dynamic_quantize_matmul(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    enum { A, B, B_SCALE, B_ZERO, BIAS };
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    lwi_gpu_value codes = {0}, scale = {0}, zero = {0}, y = lwi_gpu_output(&parts, 0);
    const lwi_gpu_part quantize = {.domain = "",
                                   .op_type = "DynamicQuantizeLinear",
                                   .in = {lwi_gpu_input(&parts, A)},
                                   .n_in = 1,
                                   .out = {&codes, &scale, &zero},
                                   .n_out = 3};
    LW_TRY(lwi_gpu_add(&parts, &quantize));
    const lwi_gpu_part multiply = {
        .domain = "com.microsoft",
        .op_type = "MatMulIntegerToFloat",
        .in = {codes, lwi_gpu_input(&parts, B), scale, lwi_gpu_input(&parts, B_SCALE), zero,
               lwi_gpu_input(&parts, B_ZERO), lwi_gpu_input(&parts, BIAS)},
        .n_in = 7,
        .out = {&y},
        .n_out = 1};
    LW_TRY(lwi_gpu_add(&parts, &multiply));
    return lwi_gpu_finish(&parts, taken);
}

/* [directions, rows, columns] codes as [directions, columns, rows] numbers. Scales and zero points
 * are for each direction, or for each of its columns: with an axis of 1, blocks of all rows. */
static lw_status decode(lwi_gpu_parts *parts, size_t weights, size_t scale,
                        lwi_gpu_value *decoded) {
    static const int64_t turn[3] = {0, 2, 1};
    const int64_t *d = parts->call->in[weights]->dims;
    const lw_value *scales = parts->call->in[scale];
    const bool columns = scales->rank == 2;
    const int64_t dims[3] = {d[0], 1, d[2]};
    lwi_gpu_value numbers = {0};
    lwi_gpu_part dequantize = {.domain = "",
                               .op_type = "DequantizeLinear",
                               .attrs = {lwi_gpu_attr_int("axis", columns),
                                         lwi_gpu_attr_int("block_size", columns ? d[1] : 0)},
                               .in = {lwi_gpu_input(parts, weights)},
                               .n_in = 3,
                               .out = {&numbers},
                               .n_out = 1};
    for (size_t i = 0; i < 2; i++) {
        const lwi_gpu_value given = lwi_gpu_input(parts, scale + i);
        dequantize.in[1 + i] = given;
        if (columns) LW_TRY(lwi_gpu_part_of(parts, given, 0, 3, dims, &dequantize.in[1 + i]));
    }
    LW_TRY(lwi_gpu_add(parts, &dequantize));
    const lwi_gpu_part transpose = {
        .domain = "",
        .op_type = "Transpose",
        .attrs = {{.name = "perm", .kind = LWI_ATTR_INTS, .n = 3, .ints = turn}},
        .in = {numbers},
        .n_in = 1,
        .out = {decoded},
        .n_out = 1};
    return lwi_gpu_add(parts, &transpose);
}

/* The weights are decoded, as the processor does it. */
lw_status lwi_gpu_dynamic_quantize_lstm(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    enum { W = 1, R, INPUTS = 8, W_SCALE = 8, R_SCALE = 10 };
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    lwi_gpu_part lstm = {.domain = "", .op_type = "LSTM", .n_in = INPUTS, .n_out = c->n_out};
    lwi_gpu_value y[3];
    for (size_t i = 0; i < INPUTS; i++)
        if (i != W && i != R) lstm.in[i] = lwi_gpu_input(&parts, i);
    for (size_t k = 0; k < c->n_out && k < 3; k++) {
        y[k] = lwi_gpu_output(&parts, k);
        if (y[k].value) lstm.out[k] = &y[k];
    }
    lwi_gpu_copy_attributes(c->node, NULL, &lstm);
    LW_TRY(decode(&parts, W, W_SCALE, &lstm.in[W]));
    LW_TRY(decode(&parts, R, R_SCALE, &lstm.in[R]));
    LW_TRY(lwi_gpu_add(&parts, &lstm));
    return lwi_gpu_finish(&parts, taken);
}
