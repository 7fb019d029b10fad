/* SPDX-License-Identifier: MIT
 * Rows of elements from one type to another. */
#ifndef LWI_CONVERT_H
#define LWI_CONVERT_H

#include "base/half.h"
#include "tensor/value.h"

/* What to do where the target type has no such value. */
typedef struct lwi_conversion {
    /* Numbers become integers by rounding to nearest even and saturating. Otherwise as ONNX's Cast
     * says: fractions are cut off and the high bits that do not fit are dropped; what does not fit
     * 64 bits becomes the nearest integer of the target type, and NaN becomes 0. */
    bool nearest_integer;
    bool saturate; /* float8: see lwi_f32_to_f8e4m3fn */
    lwi_e8m0_round e8m0;
} lwi_conversion;
extern const lwi_conversion lwi_convert_nearest; /* all saturates, all rounds to nearest */

/* float16, bfloat16, float8 and float4 to float and back (nearest even; float8 saturates). The
 * first element is element `offset` of the array at data. */
void lwi_widen(lw_dtype dtype, const void *data, size_t offset, size_t n, float *out);
void lwi_narrow(lw_dtype dtype, const float *in, size_t n, size_t offset, void *data);
/* The same with the rounding of float8 that `how` asks for. */
void lwi_narrow_as(const lwi_conversion *how, lw_dtype dtype, const float *in, size_t n,
                   size_t offset, void *data);

/* From any type to any type, strings excepted (see number_text.h): n elements from the start of
 * one array to the start of the other. */
void lwi_convert(const lwi_conversion *how, lw_dtype from, const void *in, lw_dtype to, void *out,
                 size_t n);

/* Elements under 8 bits to one byte each (int4, int2: sign-extended; uint4, uint2: zero-extended;
 * float4: its code) and back. */
void lwi_unpack(lw_dtype dtype, const void *data, size_t n, uint8_t *out);
void lwi_pack(lw_dtype dtype, const uint8_t *in, size_t n, void *data);

#endif
