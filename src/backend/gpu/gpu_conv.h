/* SPDX-License-Identifier: MIT
 * Convolutions with the channels last, over one or two axes. */
#ifndef LWI_GPU_CONV_H
#define LWI_GPU_CONV_H

#include "backend/gpu/gpu_program.h"
#include "ops/conv.h"

enum { LWI_GPU_CONV_INPUTS = 3, LWI_GPU_CONV_SHAPE = 18 };

/* The ints of kernels/convolution.k. One axis is a picture of one line. */
void lwi_gpu_conv_shape(const lwi_window *window, size_t batch, size_t channels, size_t groups,
                        size_t filters, int32_t shape[LWI_GPU_CONV_SHAPE]);

/* Whether float32 goes by Winograd's algorithm: by sizes alone, and if the pass allow_winograd lets
 * it. */
bool lwi_gpu_wants_winograd(const lwi_call *call, const lwi_conv *conv);
lw_status lwi_gpu_conv_winograd(const lwi_call *call, const lwi_conv *conv, lwi_gpu_step *step);

#endif
