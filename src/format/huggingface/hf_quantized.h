/* SPDX-License-Identifier: MIT
 * What the parts share that undo the quantisation of a folder's weights. */
#ifndef LWI_HF_QUANTIZED_H
#define LWI_HF_QUANTIZED_H

#include "format/huggingface/source.h"

size_t lwi_hf_elements(const lwi_safetensor *tensor);
/* A tensor of scales as float32; the caller frees them. */
lw_status lwi_hf_floats(const lwi_safetensor *tensor, float **floats);
/* A matrix of 16-bit elements in the arena, to be filled. */
lw_status lwi_hf_new_weight(lwi_hf_source *s, const lwi_safetensor *from, const char *name,
                            lw_dtype dtype, int64_t rows, int64_t columns, lwi_safetensor *to,
                            uint16_t **data);
/* hf_packed.c: X.weight_packed and X.qweight become X.weight. */
lw_status lwi_hf_unpack_compressed(lwi_hf_source *s, const lwi_safetensor *packed,
                                   lwi_safetensor *to);
lw_status lwi_hf_unpack_gptq(lwi_hf_source *s, const lwi_safetensor *packed, lwi_safetensor *to);

#endif
