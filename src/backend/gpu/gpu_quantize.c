/* SPDX-License-Identifier: MIT
 * QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear with scales in float32, of a tensor or
 * along an axis. */
#include "backend/gpu/gpu_backend.h"

enum { X, SCALE, ZERO };

static bool is_code(lwi_gpu_type type) { return type >= LWI_GPU_U8 && type <= LWI_GPU_I16; }

static void give_numbers(const lwi_call *c, lwi_gpu_type type, size_t dim, size_t inner,
                         lwi_gpu_launch *launch) {
    lwi_gpu_int(launch, type);
    lwi_gpu_int(launch, lwi_has(c, ZERO));
    lwi_gpu_int(launch, (int64_t)dim);
    lwi_gpu_int(launch, (int64_t)inner);
    lwi_gpu_int(launch, (int64_t)c->in[X]->count);
}

static lw_status plan_linear(const lwi_call *c, const char *kernel, lwi_gpu_type codes,
                             lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[X], *scale = c->in[SCALE];
    const lw_value *zero = lwi_has(c, ZERO) ? c->in[ZERO] : NULL;
    size_t outer = 1, dim = 1, inner = 1;
    int axis = 0;
    lwi_gpu_launch *launch = NULL;
    if (scale->count > 1 && x->rank > 1)
        LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 1), x->rank, &axis));
    if (scale->count > 1) lwi_split_axis(x, axis, &outer, &dim, &inner);
    if (scale->dtype != LW_FLOAT32 || scale->rank > 1 || scale->count != dim ||
        (zero && (zero->count != scale->count || lwi_gpu_type_of(zero->dtype) != codes)) ||
        !lwi_gpu_moves(c) || lwi_attr_int(c->node, "block_size", 0) ||
        lwi_attr_int(c->node, "precision", LW_FLOAT32) != LW_FLOAT32)
        return lwi_gpu_refuse(step, "its types, or scales of blocks");
    LW_TRY(lwi_gpu_items(step, kernel, x->count, &launch));
    for (size_t i = 0; i < 3; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_out(launch, 0);
    give_numbers(c, codes, dim, inner, launch);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_quantize_linear(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lwi_gpu_type type = lwi_gpu_type_of(c->out[0]->dtype);
    if (c->in[X]->dtype != LW_FLOAT32 || !is_code(type))
        return lwi_gpu_refuse(step, "its types, or scales of blocks");
    return plan_linear(c, "quantize", type, step, taken);
}

lw_status lwi_gpu_dequantize_linear(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lwi_gpu_type type = lwi_gpu_type_of(c->in[X]->dtype);
    if (c->out[0]->dtype != LW_FLOAT32 || (!is_code(type) && type != LWI_GPU_I32))
        return lwi_gpu_refuse(step, "its types, or scales of blocks");
    return plan_linear(c, "dequantize", type, step, taken);
}

lw_status lwi_gpu_dynamic_quantize_linear(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
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
    lwi_gpu_int(launch, LWI_GPU_U8);
    lwi_gpu_int(launch, 1);
    lwi_gpu_int(launch, 1);
    lwi_gpu_int(launch, 1);
    lwi_gpu_int(launch, (int64_t)c->in[X]->count);
    *taken = true;
    return LW_OK;
}
