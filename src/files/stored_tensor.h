/* SPDX-License-Identifier: MIT
 * A tensor as a file of weights has it: a view of a storage, with strides, that several tensors may
 * share. */
#ifndef LWI_STORED_TENSOR_H
#define LWI_STORED_TENSOR_H

#include "base/memory.h"

/* What integers stand for: (integer - zero point) * scale. */
typedef struct lwi_quantization {
    int axis; /* along which there is one of each; -1: one for the whole tensor */
    double scale;
    int64_t zero_point;
    const struct lwi_stored_tensor *scales, *zero_points; /* with an axis */
} lwi_quantization;

typedef struct lwi_stored_tensor {
    const char *name;
    lw_dtype dtype;
    int rank;
    int64_t dims[LW_MAX_RANK], strides[LW_MAX_RANK]; /* strides: in elements */
    const uint8_t *storage; /* elements of less than 8 bits begin with it, and are in order */
    size_t storage_bytes;
    size_t offset;                        /* of the first element, in elements */
    bool swapped;                         /* the file has the highest byte first */
    const lwi_quantization *quantization; /* NULL: numbers are what they are */
} lwi_stored_tensor;

size_t lwi_stored_bits(lw_dtype dtype);
/* Strides of a tensor whose elements are in order. */
void lwi_stored_row_major(lwi_stored_tensor *tensor);
/* The tensor lies within its storage and has no more elements than that could hold, unless they are
 * few. */
lw_status lwi_stored_check(const lwi_stored_tensor *tensor);
/* Of a checked tensor: elements, and bytes once they are in order. */
size_t lwi_stored_count(const lwi_stored_tensor *tensor);
size_t lwi_stored_bytes(const lwi_stored_tensor *tensor);
/* Where the elements lie, in order and with the lowest byte first; NULL: they must be copied. */
const uint8_t *lwi_stored_in_place(const lwi_stored_tensor *tensor);
/* Copies them in that form; to: lwi_stored_bytes. */
void lwi_stored_copy(const lwi_stored_tensor *tensor, void *to);
/* The one or the other. */
lw_status lwi_stored_get(const lwi_stored_tensor *tensor, lwi_arena *arena, const uint8_t **bytes);

#endif
