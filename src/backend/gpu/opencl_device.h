/* SPDX-License-Identifier: MIT
 * Devices driven by OpenCL 1.2 or newer. */
#ifndef LWI_OPENCL_DEVICE_H
#define LWI_OPENCL_DEVICE_H

#include "backend/gpu/device.h"

/* Device number `index` of all OpenCL platforms. An error says that there are not so many, or that
 * there is no OpenCL here. */
lw_status lwi_opencl_find(size_t index, lwi_device_facts *facts);
lw_status lwi_opencl_open(size_t index, lwi_device **device);

#endif
