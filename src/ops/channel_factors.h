/* SPDX-License-Identifier: MIT
 * lampwick.ChannelFactors: what InstanceNormalization and GroupNormalization multiply and add to
 * each channel of a tensor with the channels last. */
#ifndef LWI_CHANNEL_FACTORS_H
#define LWI_CHANNEL_FACTORS_H

#include "ops/op.h"

typedef struct lwi_channel_factors {
    size_t batch, pixels, channels, groups;
    double epsilon;
    const float *x, *scale, *bias; /* x [batch, pixels, channels] */
    float *factor, *term;          /* [batch, channels] */
} lwi_channel_factors;

lw_status lwi_channel_factors_read(const lwi_call *call, lwi_channel_factors *factors);
/* The factors of one item of the batch. mean and variance: of each channel, both times pixels:
 * sums of x, and of the squares of the distance from the channel's mean. */
void lwi_channel_factors_set(const lwi_channel_factors *factors, size_t item, const double *sums,
                             const double *squares);

#endif
