/* SPDX-License-Identifier: MIT
 * The table of kernels, one for each level of instruction sets. No entry is NULL: a level that has
 * no version of its own uses the one of a level below (kernels.def). */
#ifndef LWI_KERN_KERNELS_H
#define LWI_KERN_KERNELS_H

#include "base/cpu.h"
#include "kern/attention_f32.h"
#include "kern/blend_columns_f32.h"
#include "kern/blend_f32.h"
#include "kern/block_dot.h"
#include "kern/cast.h"
#include "kern/codes.h"
#include "kern/deep_row_f32.h"
#include "kern/depthwise_f32.h"
#include "kern/depthwise_i8.h"
#include "kern/dot_f32.h"
#include "kern/few_columns_f32.h"
#include "kern/gemm_bf16.h"
#include "kern/gemm_byte.h"
#include "kern/gemm_f16.h"
#include "kern/gemm_f32.h"
#include "kern/gemm_half.h"
#include "kern/gemm_i8.h"
#include "kern/lrn_f32.h"
#include "kern/map_f32.h"
#include "kern/nbits_dot.h"
#include "kern/nbits_f32.h"
#include "kern/pack_f32.h"
#include "kern/pack_i8.h"
#include "kern/pointwise_f32.h"
#include "kern/reduce_f32.h"
#include "kern/pool_f32.h"
#include "kern/rnn_gates_f32.h"
#include "kern/running_sums_f32.h"
#include "kern/softmax_f32.h"
#include "kern/split_f32.h"
#include "kern/state_f32.h"
#include "kern/tile.h"
#include "kern/top_keys.h"
#include "kern/transpose_f32.h"
#include "kern/widen_f32.h"
#include "kern/winograd_f32.h"
#include "kern/turn_i8.h"

typedef struct lwi_kernels {
#define LWI_KERNEL(name, type, ...) type *name;
#define LWI_KERNEL_SIZE(name, ...) size_t name;
#define LWI_KERNEL_FP16(name, type) type *name;
#include "kern/kernels.def"
#undef LWI_KERNEL
#undef LWI_KERNEL_SIZE
#undef LWI_KERNEL_FP16
    bool has_f16; /* the kernels of gemm_f16.h have instructions for it */
} lwi_kernels;

/* Calling them takes a processor that has the level (lwi_cpu_has). */
const lwi_kernels *lwi_kernels_of(lwi_isa isa);

#endif
