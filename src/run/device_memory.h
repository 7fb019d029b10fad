/* SPDX-License-Identifier: MIT
 * A context's memory on its device, counted against lw_context_options.device_memory. */
#ifndef LWI_DEVICE_MEMORY_H
#define LWI_DEVICE_MEMORY_H

#include "run/context.h"

/* LW_LIMIT above the limit, LW_NO_MEMORY where the device has no more; what, with a name ("" for
 * none), is what it is for, in the sentence that says so. */
lw_status lwi_device_take(lw_context *context, const char *what, const char *name, size_t bytes,
                          lwi_device_memory *memory);
/* Nothing happens if there is no memory. */
void lwi_device_give(lw_context *context, lwi_device_memory *memory);

#endif
