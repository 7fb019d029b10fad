/* SPDX-License-Identifier: MIT
 * Launches of kernels/block_few.k, and what they can do together with others, so that a token of a
 * language model needs few launches. Arguments are resolved: memory is that of a place. */
#ifndef LWI_GPU_FEW_H
#define LWI_GPU_FEW_H

#include "backend/gpu/gpu_backend.h"

/* Places of the arguments. */
enum {
    LWI_FEW_MATRICES = 3,
    LWI_FEW_A = 0,      /* rounded rows, or floats */
    LWI_FEW_MATRIX = 1, /* of each: weights, bias, codebook, result */
    LWI_FEW_W = 0,
    LWI_FEW_BIAS = 1,
    LWI_FEW_Y = 3,
    LWI_FEW_OF_MATRIX = 4,
    LWI_FEW_PROGRAM = LWI_FEW_MATRIX + LWI_FEW_MATRICES * LWI_FEW_OF_MATRIX,
    LWI_FEW_OTHER,
    LWI_FEW_M,
    LWI_FEW_K,
    LWI_FEW_N, /* of each matrix, and its type */
    LWI_FEW_FLAGS = LWI_FEW_N + 2 * LWI_FEW_MATRICES
};
enum { LWI_FEW_TAKES = 4, LWI_FEW_SWAPPED = 6, LWI_FEW_EARLY = 7 }; /* bits of the flags */

/* Bytes of the rounded rows of n numbers (kernels/block_rounded.k). */
size_t lwi_gpu_rounded_bytes(size_t n);
/* How many groups it needs along x. */
size_t lwi_gpu_few_groups(const lwi_gpu_launch *few);
bool lwi_gpu_is_few(const lwi_gpu_launch *launch);
/* Whether both are the same memory. */
bool lwi_gpu_same_place(const lwi_gpu_argument *a, const lwi_gpu_argument *b);

/* Its weights may be read before launches before it are done, if none of them makes them. */
void lwi_gpu_few_early(lwi_gpu_launch *few);
/* What the launch before does is done by `now` too, which multiplies the same rows; false: it
 * cannot be. */
bool lwi_gpu_few_beside(const lwi_gpu_launch *before, lwi_gpu_launch *now);
/* The products of `few` go through the program of `now`, a launch of `pointwise`, which becomes a
 * launch of both; false: it cannot. Nobody else needs the products. */
bool lwi_gpu_few_behind(const lwi_gpu_launch *few, lwi_gpu_launch *now);
/* Launches that make rows (`before`) round them too, instead of `round`, the first launch of the
 * step behind; false: they cannot. */
bool lwi_gpu_rounds_too(lwi_gpu_launch *before, const lwi_gpu_launch *round);

#endif
