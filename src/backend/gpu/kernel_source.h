/* SPDX-License-Identifier: MIT
 * The text of all kernels (backend/gpu/kernels), one after the other: kernels.txt in a zip file. */
#ifndef LWI_KERNEL_SOURCE_H
#define LWI_KERNEL_SOURCE_H

#include <stddef.h>

enum { LWI_KERNEL_LOCAL_BYTES = 20480 }; /* of local memory that a work group needs */

extern const unsigned char lwi_kernel_source[];
extern const size_t lwi_kernel_source_size;

#endif
