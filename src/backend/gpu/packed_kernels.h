/* SPDX-License-Identifier: MIT
 * One of the files of kernels that lie packed in the library (kernel_source.h, ptx.h,
 * code_objects.h). */
#ifndef LWI_PACKED_KERNELS_H
#define LWI_PACKED_KERNELS_H

#include "backend/gpu/card_driver.h"

/* Unpacks the file and calls load with its bytes, behind which there is a zero. */
lw_status lwi_with_kernels(const unsigned char *zip, size_t zip_size, const char *file,
                           lw_status (*load)(void *arg, const char *bytes), void *arg);

#endif
