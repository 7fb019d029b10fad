/* SPDX-License-Identifier: MIT
 * What com.microsoft fuses, part by part: FusedConv, NhwcFusedConv, FusedGemm, BiasAdd. */
#include "backend/gpu/gpu_parts.h"
#include "ops/fused_activation.h"

enum { X, W, BIAS, Z };

/* Limits are those of a Clip. */
static lw_status add_limits(lwi_gpu_parts *parts, const lwi_activation *a, lwi_gpu_part *part) {
    const lw_dtype dtype = parts->call->in[0]->dtype;
    const float limits[2] = {a->a, a->b};
    part->n_in = 3;
    for (int i = 0; i < 2; i++) {
        lwi_gpu_value limit = {0};
        LW_TRY(lwi_gpu_constant(parts, LW_FLOAT32, 0, NULL, &limits[i], &limit));
        LW_TRY(lwi_gpu_add_cast(parts, limit, dtype, &part->in[1 + i]));
    }
    return LW_OK;
}

static lw_status add_activation(lwi_gpu_parts *parts, const lwi_activation *a, lwi_gpu_value x,
                                lwi_gpu_value *y) {
    static const char *const names[] = {
        [LWI_ACT_RELU] = "Relu", [LWI_ACT_LEAKY_RELU] = "LeakyRelu",
        [LWI_ACT_TANH] = "Tanh", [LWI_ACT_SIGMOID] = "Sigmoid",
        [LWI_ACT_CLIP] = "Clip", [LWI_ACT_HARD_SIGMOID] = "HardSigmoid"};
    lwi_gpu_part part = {
        .domain = "", .op_type = names[a->kind], .in = {x}, .n_in = 1, .out = {y}, .n_out = 1};
    if (a->kind == LWI_ACT_LEAKY_RELU || a->kind == LWI_ACT_HARD_SIGMOID)
        part.attrs[0] = lwi_gpu_attr_float("alpha", a->a);
    if (a->kind == LWI_ACT_HARD_SIGMOID) part.attrs[1] = lwi_gpu_attr_float("beta", a->b);
    if (a->kind == LWI_ACT_CLIP) LW_TRY(add_limits(parts, a, &part));
    return lwi_gpu_add(parts, &part);
}

/* The part, Z if there is one, and the activation. */
static lw_status plan_activated(const lwi_call *c, lwi_gpu_part *part, bool adds,
                                lwi_gpu_step *step, bool *taken) {
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    lwi_activation a;
    LW_TRY(lwi_activation_read(c, &a));
    const bool activates = a.kind != LWI_ACT_NONE;
    lwi_gpu_value y = lwi_gpu_output(&parts, 0), sums = {0}, all = {0};
    lwi_gpu_copy_attributes(c->node, "activation", part);
    part->n_in = 3;
    for (size_t i = 0; i < 3; i++)
        part->in[i] = lwi_gpu_input(&parts, i);
    part->out[0] = adds || activates ? &sums : &y;
    part->n_out = 1;
    LW_TRY(lwi_gpu_add(&parts, part));
    if (adds) {
        if (!activates) all = y;
        LW_TRY(lwi_gpu_add_two(&parts, "Add", sums, lwi_gpu_input(&parts, Z), &all));
        sums = all;
    }
    if (activates) LW_TRY(add_activation(&parts, &a, sums, &y));
    return lwi_gpu_finish(&parts, taken);
}

lw_status lwi_gpu_fused_conv(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_part part = {.domain = "", .op_type = "Conv"};
    return plan_activated(c, &part, lwi_has(c, Z), step, taken);
}

lw_status lwi_gpu_nhwc_fused_conv(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_part part = {.domain = "lampwick", .op_type = "Conv"};
    return plan_activated(c, &part, lwi_has(c, Z), step, taken);
}

lw_status lwi_gpu_fused_gemm(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_part part = {.domain = "", .op_type = "Gemm"};
    return plan_activated(c, &part, false, step, taken);
}

lw_status lwi_gpu_bias_add(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    lwi_gpu_part part = {.domain = "", .op_type = "Sum", .n_in = 3, .n_out = 1};
    lwi_gpu_value y = lwi_gpu_output(&parts, 0);
    for (size_t i = 0; i < 3; i++)
        part.in[i] = lwi_gpu_input(&parts, i);
    part.out[0] = &y;
    LW_TRY(lwi_gpu_add(&parts, &part));
    return lwi_gpu_finish(&parts, taken);
}
