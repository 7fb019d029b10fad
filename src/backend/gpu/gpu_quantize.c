/* SPDX-License-Identifier: MIT
 * QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear with scales of a tensor, along an
 * axis, or of blocks along it. */
#include "backend/gpu/gpu_codes.h"
#include "backend/gpu/gpu_parts.h"

#include <string.h>

enum { X, SCALE, ZERO };

/* Integers become codes too. */
static bool is_whole(const lwi_call *c, lwi_gpu_type numbers) {
    return numbers == LWI_GPU_I32 && c->in[X]->dtype == LW_INT32;
}

static bool is_code(lwi_gpu_type type) { return type >= LWI_GPU_U8 && type <= LWI_GPU_I16; }

/* Along which axis scales lie, and in which blocks. */
typedef struct spread {
    size_t dim, inner;
    int64_t block;
} spread;

static bool read_blocks(const lw_value *x, const lw_value *scale, int axis, int64_t block) {
    bool fits = scale->rank == x->rank;
    for (int d = 0; d < x->rank && fits; d++)
        fits = scale->dims[d] == (d == axis ? (x->dims[d] + block - 1) / block : x->dims[d]);
    return fits;
}

static lw_status read_spread(const lwi_call *c, spread *s, bool *fits) {
    const lw_value *x = c->in[X], *scale = c->in[SCALE];
    size_t outer = 1;
    int axis = 0;
    *s = (spread){1, 1, lwi_attr_int(c->node, "block_size", 0)};
    *fits = scale->count == 1 && s->block == 0;
    if (*fits || x->rank < 1) return LW_OK;
    if (x->rank > 1) LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 1), x->rank, &axis));
    lwi_split_axis(x, axis, &outer, &s->dim, &s->inner);
    *fits = s->block > 0 ? read_blocks(x, scale, axis, s->block)
                         : s->block == 0 && scale->rank == 1 && scale->count == s->dim;
    return LW_OK;
}

static void give_numbers(const lwi_call *c, int types, bool zero, const spread *s,
                         lwi_gpu_launch *launch) {
    lwi_gpu_int(launch, types);
    lwi_gpu_int(launch, zero);
    lwi_gpu_int(launch, (int64_t)s->dim);
    lwi_gpu_int(launch, (int64_t)s->inner);
    lwi_gpu_int(launch, s->block);
    lwi_gpu_int(launch, (int64_t)c->in[X]->count);
}

static bool is_precision(lw_dtype dtype) {
    return dtype == LW_FLOAT32 || dtype == LW_FLOAT16 || dtype == LW_BFLOAT16;
}

/* What quotients are rounded to: the scales' type, unless the node says it. */
static lw_dtype precision_of(const lwi_call *c) {
    const lw_dtype wanted = (lw_dtype)lwi_attr_int(c->node, "precision", 0);
    const lw_dtype scale = c->in[SCALE]->dtype;
    if (wanted) return wanted;
    return is_precision(scale) && strcmp(c->node->domain, "com.microsoft") != 0 ? scale
                                                                                : LW_FLOAT32;
}

/* codes: type of the quantised side; numbers: of the other. */
static lw_status plan_linear(const lwi_call *c, const char *kernel, lwi_gpu_type codes,
                             lwi_gpu_type numbers, lwi_gpu_step *step, bool *taken) {
    const lw_value *scale = c->in[SCALE], *zero = lwi_has(c, ZERO) ? c->in[ZERO] : NULL;
    const lwi_gpu_type scales = lwi_gpu_type_of(scale->dtype);
    lwi_gpu_launch *launch = NULL;
    spread s;
    bool fits = false;
    const int precision = (int)lwi_gpu_type_of(precision_of(c));
    LW_TRY(read_spread(c, &s, &fits));
    if (!fits || !lwi_gpu_is_float(scales) ||
        !(lwi_gpu_is_float(numbers) || is_whole(c, numbers)) || !lwi_gpu_moves(c) ||
        (zero && (zero->count != scale->count || lwi_gpu_type_of(zero->dtype) != codes)))
        return lwi_gpu_refuse(step, "its types, or how scales are spread");
    LW_TRY(lwi_gpu_items(step, kernel, c->in[X]->count, &launch));
    for (size_t i = 0; i < 3; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_out(launch, 0);
    give_numbers(c, (int)codes | (int)numbers << 4 | (int)scales << 8 | precision << 12,
                 zero != NULL, &s, launch);
    *taken = true;
    return LW_OK;
}

/* Scales that are codes themselves (float8e8m0) become numbers first. */
static lw_status plan_small_scales(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    lwi_gpu_value y = lwi_gpu_output(&parts, 0), scales = {0};
    lwi_gpu_part part = {
        .domain = c->node->domain, .op_type = c->node->op_type, .n_in = 3, .out = {&y}, .n_out = 1};
    LW_TRY(lwi_gpu_add_cast(&parts, lwi_gpu_input(&parts, SCALE), LW_FLOAT32, &scales));
    lwi_gpu_copy_attributes(c->node, NULL, &part);
    part.in[X] = lwi_gpu_input(&parts, X);
    part.in[SCALE] = scales;
    part.in[ZERO] = lwi_gpu_input(&parts, ZERO);
    LW_TRY(lwi_gpu_add(&parts, &part));
    return lwi_gpu_finish(&parts, taken);
}

static lw_status quantize_small(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *zero = lwi_has(c, ZERO) ? c->in[ZERO] : NULL;
    spread s;
    bool fits = false;
    LW_TRY(read_spread(c, &s, &fits));
    if (!fits || (zero && (zero->count != c->in[SCALE]->count || zero->dtype != c->out[0]->dtype)))
        return lwi_gpu_refuse(step, "its types, or how scales are spread");
    return lwi_gpu_to_small_codes(c, true, s.dim, s.inner, s.block, precision_of(c), step, taken);
}

lw_status lwi_gpu_quantize_linear(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lwi_gpu_type type = lwi_gpu_type_of(c->out[0]->dtype);
    if (lwi_gpu_is_small_code(c->in[SCALE]->dtype)) return plan_small_scales(c, step, taken);
    if (lwi_gpu_is_small_code(c->out[0]->dtype)) return quantize_small(c, step, taken);
    if (!is_code(type)) return lwi_gpu_refuse(step, "its types, or how scales are spread");
    return plan_linear(c, "quantize", type, lwi_gpu_type_of(c->in[X]->dtype), step, taken);
}

static lw_status dequantize_small(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *zero = lwi_has(c, ZERO) ? c->in[ZERO] : NULL;
    spread s;
    bool fits = false;
    LW_TRY(read_spread(c, &s, &fits));
    if (!fits || (zero && (zero->count != c->in[SCALE]->count || zero->dtype != c->in[X]->dtype)))
        return lwi_gpu_refuse(step, "its types, or how scales are spread");
    return lwi_gpu_small_codes(c, true, s.dim, s.inner, s.block, step, taken);
}

lw_status lwi_gpu_dequantize_linear(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lwi_gpu_type type = lwi_gpu_type_of(c->in[X]->dtype);
    if (lwi_gpu_is_small_code(c->in[SCALE]->dtype)) return plan_small_scales(c, step, taken);
    if (lwi_gpu_is_small_code(c->in[X]->dtype)) return dequantize_small(c, step, taken);
    if (!is_code(type) && type != LWI_GPU_I32)
        return lwi_gpu_refuse(step, "its types, or how scales are spread");
    return plan_linear(c, "dequantize", type, lwi_gpu_type_of(c->out[0]->dtype), step, taken);
}

lw_status lwi_gpu_dynamic_quantize_linear(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const spread one = {1, 1, 0};
    lwi_gpu_launch *launch = NULL;
    if (!c->out[0] || !c->out[1] || !c->out[2] || !lwi_gpu_moves(c))
        return lwi_gpu_refuse(step, "an output that nothing wants");
    LW_TRY(lwi_gpu_groups(step, "dynamic_range", 1, 1, 1, &launch));
    lwi_gpu_in(launch, c, X);
    lwi_gpu_out(launch, 1);
    lwi_gpu_out(launch, 2);
    lwi_gpu_int(launch, (int64_t)c->in[X]->count);
    LW_TRY(lwi_gpu_items(step, "quantize", c->in[X]->count, &launch));
    lwi_gpu_in(launch, c, X);
    lwi_gpu_out(launch, 1);
    lwi_gpu_out(launch, 2);
    lwi_gpu_out(launch, 0);
    give_numbers(c, LWI_GPU_U8, true, &one, launch);
    *taken = true;
    return LW_OK;
}
