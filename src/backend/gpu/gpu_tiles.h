/* SPDX-License-Identifier: MIT
 * Products of matrices in tiles: how large these are, and in how many parts a sum is taken, so that
 * all multiprocessors of a device have work. Parts are sums of their own in scratch memory, which
 * another launch adds in their order (kernels/parts.k). It goes by sizes and the number of
 * multiprocessors alone, so that results are the same in each run on a device. */
#ifndef LWI_GPU_TILES_H
#define LWI_GPU_TILES_H

#include "backend/gpu/gpu_backend.h"

typedef struct lwi_gpu_tiles {
    size_t rows, columns; /* of a group */
    size_t parts;         /* 1: a group makes whole sums */
    size_t depth;         /* numbers of a part along the sum; not 0 */
} lwi_gpu_tiles;

/* `batch` products [m, k] [k, n]. */
typedef struct lwi_gpu_product_size {
    size_t m, n, k, batch;
} lwi_gpu_product_size;

/* Tiles as given, with as many parts as fill the device once. */
lwi_gpu_tiles lwi_gpu_divide_sum(const lwi_device *device, const lwi_gpu_product_size *size,
                                 size_t rows, size_t columns);
/* The better one of 64 x 64 and 128 x 128; whole: without parts. */
lwi_gpu_tiles lwi_gpu_choose_tiles(const lwi_device *device, const lwi_gpu_product_size *size,
                                   bool whole);
bool lwi_gpu_is_wide(const lwi_gpu_tiles *tiles);
/* A launch of tiles: groups in x along n, in y along m, in z parts of each matrix. */
lw_status lwi_gpu_launch_tiles(lwi_gpu_step *step, const char *kernel,
                               const lwi_gpu_product_size *size, const lwi_gpu_tiles *tiles,
                               lwi_gpu_launch **launch);
/* The last arguments of a kernel in tiles: depth, and how many elements a part has. */
void lwi_gpu_parts_arguments(lwi_gpu_launch *launch, const lwi_gpu_product_size *size,
                             const lwi_gpu_tiles *tiles);
/* The scratch memory of parts as an argument. */
void lwi_gpu_parts_memory(lwi_gpu_step *step, lwi_gpu_launch *launch,
                          const lwi_gpu_product_size *size, const lwi_gpu_tiles *tiles);

#endif
