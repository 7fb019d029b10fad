/* SPDX-License-Identifier: MIT
 * EmbedLayerNormalization of com.microsoft: rows of up to three tables, added up and normalised. */
#include "backend/gpu/gpu_parts.h"

enum { WORDS, SEGMENTS, WORD_ROWS, POSITION_ROWS, SEGMENT_ROWS, GAMMA, BETA, MASK, POSITIONS };
enum { COUNTS = 1, SUMS }; /* outputs */

/* Rows of a table for ids, or, without ids, the first `length` of them. */
static lw_status add_rows(lwi_gpu_parts *parts, size_t table, lwi_gpu_value ids, int64_t length,
                          lwi_gpu_value *rows) {
    const lwi_gpu_value from = lwi_gpu_input(parts, table);
    const int64_t dims[3] = {1, length, from.value->dims[1]};
    if (ids.value) return lwi_gpu_add_two(parts, "Gather", from, ids, rows);
    return lwi_gpu_part_of(parts, from, 0, 3, dims, rows);
}

static lw_status add_sums(lwi_gpu_parts *parts, lwi_gpu_value *sums) {
    const lwi_call *c = parts->call;
    const int64_t length = c->in[WORDS]->dims[1];
    const bool segments = lwi_has(c, SEGMENTS);
    lwi_gpu_part sum = {
        .domain = "", .op_type = "Sum", .n_in = segments ? 3 : 2, .out = {sums}, .n_out = 1};
    LW_TRY(add_rows(parts, WORD_ROWS, lwi_gpu_input(parts, WORDS), length, &sum.in[0]));
    LW_TRY(add_rows(parts, POSITION_ROWS, lwi_gpu_input(parts, POSITIONS), length, &sum.in[1]));
    if (segments)
        LW_TRY(add_rows(parts, SEGMENT_ROWS, lwi_gpu_input(parts, SEGMENTS), length, &sum.in[2]));
    return lwi_gpu_add(parts, &sum);
}

/* How many words of each row the mask keeps: 0 without a mask. */
static lw_status add_counts(lwi_gpu_parts *parts) {
    static const int64_t last = 1, one_axis = 1;
    static const int32_t numbers[2] = {0, 1};
    lwi_gpu_value counts = lwi_gpu_output(parts, COUNTS), axis = {0}, one = {0};
    lwi_gpu_value ones = {0}, kept = {0};
    const lwi_gpu_value mask = lwi_gpu_input(parts, MASK);
    if (!counts.value) return LW_OK;
    LW_TRY(lwi_gpu_constant(parts, LW_INT32, 0, NULL, &numbers[mask.value != NULL], &one));
    if (!mask.value) {
        const lwi_gpu_value words = lwi_gpu_input(parts, WORDS);
        lwi_gpu_value shape = {0};
        LW_TRY(lwi_gpu_constant(parts, LW_INT64, 1, &one_axis, words.value->dims, &shape));
        return lwi_gpu_add_two(parts, "Expand", one, shape, &counts);
    }
    LW_TRY(lwi_gpu_constant(parts, LW_INT64, 1, &one_axis, &last, &axis));
    LW_TRY(lwi_gpu_add_two(parts, "Equal", mask, one, &ones));
    LW_TRY(lwi_gpu_add_cast(parts, ones, LW_INT32, &kept));
    const lwi_gpu_part sum = {.domain = "",
                              .op_type = "ReduceSum",
                              .attrs = {lwi_gpu_attr_int("keepdims", 0)},
                              .in = {kept, axis},
                              .n_in = 2,
                              .out = {&counts},
                              .n_out = 1};
    return lwi_gpu_add(parts, &sum);
}

lw_status lwi_gpu_embed_layer_normalization(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    const int64_t length = c->in[WORDS]->dims[1];
    lwi_gpu_value sums = lwi_gpu_output(&parts, SUMS), y = lwi_gpu_output(&parts, 0);
    if (!lwi_has(c, POSITIONS) && length > c->in[POSITION_ROWS]->dims[0])
        return lwi_gpu_refuse(step, "more words than positions");
    LW_TRY(add_sums(&parts, &sums));
    const lwi_gpu_part normalize = {
        .domain = "",
        .op_type = "LayerNormalization",
        .attrs = {lwi_gpu_attr_float("epsilon", lwi_attr_float(c->node, "epsilon", 1e-12f))},
        .in = {sums, lwi_gpu_input(&parts, GAMMA), lwi_gpu_input(&parts, BETA)},
        .n_in = 3,
        .out = {&y},
        .n_out = 1};
    LW_TRY(lwi_gpu_add(&parts, &normalize));
    LW_TRY(add_counts(&parts));
    return lwi_gpu_finish(&parts, taken);
}
