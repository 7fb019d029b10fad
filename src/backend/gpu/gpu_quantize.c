/* SPDX-License-Identifier: MIT
 * QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear with scales of a tensor, along an
 * axis, or of blocks along it. */
#include "backend/gpu/gpu_codes.h"

enum { X, SCALE, ZERO };

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

/* codes: type of the quantised side; numbers: of the other. */
static lw_status plan_linear(const lwi_call *c, const char *kernel, lwi_gpu_type codes,
                             lwi_gpu_type numbers, lwi_gpu_step *step, bool *taken) {
    const lw_value *scale = c->in[SCALE], *zero = lwi_has(c, ZERO) ? c->in[ZERO] : NULL;
    const lwi_gpu_type scales = lwi_gpu_type_of(scale->dtype);
    lwi_gpu_launch *launch = NULL;
    spread s;
    bool fits = false;
    LW_TRY(read_spread(c, &s, &fits));
    if (!fits || !lwi_gpu_is_float(scales) || !lwi_gpu_is_float(numbers) || !lwi_gpu_moves(c) ||
        (zero && (zero->count != scale->count || lwi_gpu_type_of(zero->dtype) != codes)) ||
        lwi_attr_int(c->node, "precision", LW_FLOAT32) != LW_FLOAT32)
        return lwi_gpu_refuse(step, "its types, or how scales are spread");
    LW_TRY(lwi_gpu_items(step, kernel, c->in[X]->count, &launch));
    for (size_t i = 0; i < 3; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_out(launch, 0);
    give_numbers(c, (int)codes | (int)numbers << 4 | (int)scales << 8, zero != NULL, &s, launch);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_quantize_linear(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lwi_gpu_type type = lwi_gpu_type_of(c->out[0]->dtype);
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
