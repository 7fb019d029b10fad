/* SPDX-License-Identifier: MIT
 * The activation that com.microsoft's fused operators apply to their result. */
#ifndef LWI_FUSED_ACTIVATION_H
#define LWI_FUSED_ACTIVATION_H

#include "ops/op.h"

typedef enum lwi_activation_kind {
    LWI_ACT_NONE,
    LWI_ACT_RELU,
    LWI_ACT_LEAKY_RELU,
    LWI_ACT_TANH,
    LWI_ACT_SIGMOID,
    LWI_ACT_CLIP,
    LWI_ACT_HARD_SIGMOID
} lwi_activation_kind;

typedef struct lwi_activation {
    lwi_activation_kind kind;
    float a, b; /* slope; limits; slope and offset */
} lwi_activation;

/* Reads the attributes activation and activation_params, or activation_alpha and
 * activation_beta. */
lw_status lwi_activation_read(const lwi_call *call, lwi_activation *activation);
void lwi_activate_f32(const lwi_activation *activation, float *y, size_t n);
void lwi_activate_f64(const lwi_activation *activation, double *y, size_t n);

#endif
