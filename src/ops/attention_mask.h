/* SPDX-License-Identifier: MIT */
#ifndef LWI_ATTENTION_MASK_H
#define LWI_ATTENTION_MASK_H

#include "ops/attention_core.h"

/* Adds to *a the bias of a com.microsoft mask (an int32 input that may be omitted): the number
 * mask_filter_value where a key is masked. Shapes: [batch]: keys that are there; [2 * batch]: ends,
 * then starts; [3 * batch + 2]: keys first; [batch, keys] and [batch, queries, keys]: 0 masks;
 * [batch, 1, n, n]: by absolute positions. */
lw_status lwi_padding_bias(lwi_call *call, size_t input, int64_t past, lwi_attention *a);

#endif
