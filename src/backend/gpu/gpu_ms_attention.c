/* SPDX-License-Identifier: MIT
 * Attention of com.microsoft: a product makes queries, keys and values, side by side, and
 * MultiHeadAttention does the rest. */
#include "backend/gpu/gpu_parts.h"

enum { INPUT, WEIGHTS, BIAS, MASK, PAST, SCORE_BIAS };

/* Sizes of a row of queries, keys and values. */
static void read_widths(const lwi_call *c, int64_t widths[3]) {
    size_t n = 0;
    const int64_t all = c->in[WEIGHTS]->dims[1];
    const int64_t *given = lwi_attr_ints(c->node, "qkv_hidden_sizes", &n);
    for (int i = 0; i < 3; i++)
        widths[i] = n == 3 ? given[i] : all / 3;
}

/* x W + b, cut in three along the last axis. */
static lw_status project(lwi_gpu_parts *parts, lwi_gpu_value rows[3]) {
    const int64_t three = 3;
    int64_t widths[3];
    lwi_gpu_value all = {0}, sums = {0}, sizes = {0};
    read_widths(parts->call, widths);
    LW_TRY(lwi_gpu_add_two(parts, "MatMul", lwi_gpu_input(parts, INPUT),
                           lwi_gpu_input(parts, WEIGHTS), &all));
    if (lwi_has(parts->call, BIAS) && !parts->refused) {
        LW_TRY(lwi_gpu_add_two(parts, "Add", all, lwi_gpu_input(parts, BIAS), &sums));
        all = sums;
    }
    LW_TRY(lwi_gpu_constant(parts, LW_INT64, 1, &three, widths, &sizes));
    const lwi_gpu_part split = {.domain = "",
                                .op_type = "Split",
                                .attrs = {lwi_gpu_attr_int("axis", -1)},
                                .in = {all, sizes},
                                .n_in = 2,
                                .out = {&rows[0], &rows[1], &rows[2]},
                                .n_out = 3};
    return lwi_gpu_add(parts, &split);
}

/* Half i of what came before, or of what comes after: [2, batch, heads, length, size]. */
static lw_status half(const lwi_gpu_parts *parts, lwi_gpu_value both, size_t i,
                      lwi_gpu_value *one) {
    if (!both.value) return LW_OK;
    return lwi_gpu_part_of(parts, both, i * (both.value->count / 2), 4, both.value->dims + 1, one);
}

static lw_status attend(lwi_gpu_parts *parts, const lwi_gpu_value rows[3]) {
    const lwi_node *node = parts->call->node;
    lwi_gpu_value y = lwi_gpu_output(parts, 0), present[2] = {{0}, {0}};
    lwi_gpu_part part = {.domain = "com.microsoft",
                         .op_type = "MultiHeadAttention",
                         .in = {rows[0],
                                rows[1],
                                rows[2],
                                {0},
                                lwi_gpu_input(parts, MASK),
                                lwi_gpu_input(parts, SCORE_BIAS)},
                         .n_in = 8,
                         .out = {&y},
                         .n_out = 1};
    lwi_gpu_copy_attributes(node, "qkv_hidden_sizes", &part);
    for (size_t i = 0; i < 2; i++) {
        LW_TRY(half(parts, lwi_gpu_input(parts, PAST), i, &part.in[6 + i]));
        LW_TRY(half(parts, lwi_gpu_output(parts, 1), i, &present[i]));
        if (!present[i].value) continue;
        part.out[1 + i] = &present[i];
        part.n_out = 3;
    }
    return lwi_gpu_add(parts, &part);
}

lw_status lwi_gpu_ms_attention(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    lwi_gpu_value rows[3] = {{0}, {0}, {0}};
    LW_TRY(project(&parts, rows));
    LW_TRY(attend(&parts, rows));
    return lwi_gpu_finish(&parts, taken);
}
