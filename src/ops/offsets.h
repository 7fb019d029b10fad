/* SPDX-License-Identifier: MIT
 * From indices to places in a tensor, checked: what Gather, GatherElements, GatherND,
 * ScatterElements and ScatterND have in common. */
#ifndef LWI_OFFSETS_H
#define LWI_OFFSETS_H

#include "ops/op.h"

/* Element i of int32 or int64 indices into an axis, from -dim on; LW_RANGE if it is outside. */
lw_status lwi_index_at(const lwi_call *call, const lw_value *indices, size_t i, int64_t dim,
                       size_t *index);
/* For each element of indices, the element of data at the same place except along the axis, where
 * the index says. Checks the shapes. */
lw_status lwi_element_offsets(lwi_call *call, const lw_value *data, const lw_value *indices,
                              int axis, size_t **offsets);
/* Copies those elements, of 1, 2, 4 or 8 bytes, from `there` (of data's shape, not necessarily
 * aligned) to `here` (of that of indices), or back if scatter. */
lw_status lwi_move_elements(lwi_call *call, const lw_value *data, const lw_value *indices, int axis,
                            bool scatter, void *there, void *here);
/* For each tuple along the last axis of indices, the first element of the slice of data that it
 * names, after batch_dims dimensions that both share. lwi_tuple_dims has checked the shapes. */
lw_status lwi_tuple_offsets(lwi_call *call, const lw_value *data, const lw_value *indices,
                            int batch_dims, size_t **offsets);
/* The shape of all the slices that tuples name. */
lw_status lwi_tuple_dims(const lwi_call *call, const lw_value *data, const lw_value *indices,
                         int64_t batch_dims, int *rank, int64_t *dims);

#endif
