/* SPDX-License-Identifier: MIT
 * Attention by the general kernel. */
#ifndef LWI_GPU_ATTENTION_H
#define LWI_GPU_ATTENTION_H

#include "backend/gpu/gpu_backend.h"
#include "ops/attention_core.h"

/* Where queries, keys, values or biases lie: an input or output of that index, from an offset in
 * bytes on, or scratch memory of a type. */
typedef struct lwi_gpu_place {
    lwi_gpu_source source;
    size_t index, offset, bytes;
    lw_dtype dtype;
} lwi_gpu_place;

typedef struct lwi_gpu_attending {
    int32_t plan[42]; /* of kernels/attention_plan.k */
    double scale, softcap, otherwise;
    lwi_gpu_place q, k, v, bias[2], lengths, sink; /* what is not there: any input */
    size_t choice;                                 /* an input */
    size_t scores;                                 /* the output; 0: not wanted */
} lwi_gpu_attending;

/* The argument for a place; an output was written before. */
void lwi_gpu_give(const lwi_call *call, const lwi_gpu_place *place, lwi_gpu_step *step,
                  lwi_gpu_launch *launch);

/* By a kernel that takes no more than biases: whether it takes the call, and its launch. */
bool lwi_gpu_attention_takes(const lwi_call *call, const lwi_attention *attention,
                             const lwi_device *device);
lw_status lwi_gpu_attention_tiles(const lwi_call *call, const lwi_attention *attention,
                                  lwi_gpu_step *step);

/* What the general kernel takes. */
bool lwi_gpu_attention_fits(const lwi_attention *attention);
/* All of the plan but what the call has, and its scale and cap. */
void lwi_gpu_attention_plan(const lwi_attention *attention, lwi_gpu_attending *planned);
lw_status lwi_gpu_attention_launch(const lwi_call *call, const lwi_gpu_attending *planned,
                                   lwi_gpu_step *step);
/* lampwick.Attention with a choice of scores. */
lw_status lwi_gpu_attention_chosen(const lwi_call *call, const lwi_attention *attention,
                                   lwi_gpu_step *step);

#endif
