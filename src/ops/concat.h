/* SPDX-License-Identifier: MIT
 * Joining tensors along an axis, for Concat, ConcatFromSequence and the scan outputs of loops. */
#ifndef LWI_CONCAT_H
#define LWI_CONCAT_H

#include "ops/op.h"

/* The shape of n (at least one) tensors joined along an axis (of the result), which is a new one
 * or one of theirs. They must have one type, and shapes that agree elsewhere. */
lw_status lwi_concat_dims(const lwi_call *call, const lw_value *const *in, size_t n, int64_t axis,
                          bool new_axis, int *rank, int64_t *dims);
/* Output i: made in the run from items of sequences or from what iterations gave. */
lw_status lwi_concat_out(lwi_call *call, size_t i, const lw_value *const *in, size_t n,
                         int64_t axis, bool new_axis);

#endif
