/* SPDX-License-Identifier: MIT
 * NVIDIA's library of products, cuBLASLt, where it is on the machine: it is opened with dlopen when
 * the first large product is planned. Sums of 16-bit floats are in float32, those of float32 too
 * (not TF32), and no sum is rounded on its way. */
#ifndef LWI_CUBLAS_LT_H
#define LWI_CUBLAS_LT_H

#include "backend/gpu/card_driver.h"

typedef struct lwi_cublas_lt lwi_cublas_lt;           /* for one card */
typedef struct lwi_cublas_product lwi_cublas_product; /* ready to be done */

/* For the card whose context is current; version: the driver's. NULL: there is no such library, or
 * it does not start. */
lwi_cublas_lt *lwi_cublas_lt_open(int version);
void lwi_cublas_lt_close(lwi_cublas_lt *library);
/* NULL: the library cannot do it. scratch: bytes that it works in, from a multiple of 256 on. */
lwi_cublas_product *lwi_cublas_lt_prepare(lwi_cublas_lt *library, const lwi_device_product *wanted,
                                          size_t *scratch);
void lwi_cublas_product_free(lwi_cublas_product *product);
/* Puts the product of what lies at the places of LWI_DEVICE_PRODUCT_... into the stream. Gives a
 * cublasStatus_t. One thread at a time. */
int lwi_cublas_lt_multiply(lwi_cublas_product *product,
                           const lwi_card_address places[LWI_DEVICE_PRODUCT_ARGUMENTS],
                           lwi_card_stream *stream);

#endif
