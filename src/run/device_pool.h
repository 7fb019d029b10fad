/* SPDX-License-Identifier: MIT
 * Blocks of a device's memory for values whose sizes are known in the run only: kept by the
 * context, and used again. What was given back may be used at once: the device does its work in
 * order. */
#ifndef LWI_DEVICE_POOL_H
#define LWI_DEVICE_POOL_H

#include "run/context.h"

/* At least so many bytes, of which there may be 0. */
lw_status lwi_device_pool_get(lw_context *context, size_t bytes, lwi_device_memory *memory);
/* Nothing happens if there is no memory. */
void lwi_device_pool_put(lw_context *context, lwi_device_memory *memory);
/* Frees idle blocks. */
void lwi_device_pool_trim(lw_context *context);

#endif
