/* SPDX-License-Identifier: MIT
 * Products of matrices of float32 (kernels/product.k). */
#ifndef LWI_GPU_MATMUL_H
#define LWI_GPU_MATMUL_H

#include <stddef.h>

/* The kernel in tiles for `batch` products [m, k] [k, n]; tile: the rows and columns that a group
 * of it makes. Wide ones where there are enough of them for a card. */
const char *lwi_gpu_matmul_tiles(size_t m, size_t n, size_t batch, size_t *tile);

#endif
