/* SPDX-License-Identifier: MIT
 * Element types as kernels know them (kernels/types.k). */
#ifndef LWI_GPU_TYPES_H
#define LWI_GPU_TYPES_H

#include "tensor/value.h"

typedef enum lwi_gpu_type {
    LWI_GPU_F32,
    LWI_GPU_F16,
    LWI_GPU_BF16,
    LWI_GPU_BOOL,
    LWI_GPU_U8,
    LWI_GPU_I8,
    LWI_GPU_U16,
    LWI_GPU_I16,
    LWI_GPU_U32,
    LWI_GPU_I32,
    LWI_GPU_I64,
    LWI_GPU_U64,  /* this and the next: only element by element */
    LWI_GPU_F64,  /* where the device has doubles */
    LWI_GPU_TYPES /* a type that kernels do not know */
} lwi_gpu_type;

lwi_gpu_type lwi_gpu_type_of(lw_dtype dtype);
static inline bool lwi_gpu_is_float(lwi_gpu_type type) { return type <= LWI_GPU_BF16; }
static inline bool lwi_gpu_is_integer(lwi_gpu_type type) {
    return type > LWI_GPU_BF16 && type <= LWI_GPU_I64;
}
/* Of the types that all kernels know. */
static inline bool lwi_gpu_is_plain(lwi_gpu_type type) { return type <= LWI_GPU_I64; }

#endif
