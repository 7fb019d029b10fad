/* SPDX-License-Identifier: MIT
 * Rows of elements from one type to another. */
#ifndef LWI_CONVERT_H
#define LWI_CONVERT_H

#include "tensor/value.h"

/* float16, bfloat16, float8 and float4 to float and back (nearest even; float8 saturates). The
 * first element is element `offset` of the array at data. */
void lwi_widen(lw_dtype dtype, const void *data, size_t offset, size_t n, float *out);
void lwi_narrow(lw_dtype dtype, const float *in, size_t n, size_t offset, void *data);

/* Elements under 8 bits to one byte each (int4, int2: sign-extended; uint4, uint2: zero-extended;
 * float4: its code) and back. */
void lwi_unpack(lw_dtype dtype, const void *data, size_t n, uint8_t *out);
void lwi_pack(lw_dtype dtype, const uint8_t *in, size_t n, void *data);

#endif
