/* SPDX-License-Identifier: MIT
 * Graphics cards, driven by their driver alone: NVIDIA's by CUDA's driver interface, AMD's by HIP.
 */
#ifndef LWI_CARD_DEVICE_H
#define LWI_CARD_DEVICE_H

#include "backend/gpu/device.h"

/* Card number `index`. An error says that there are not so many, or what is wrong with the driver:
 * there is none, it is too old, it does not start. */
lw_status lwi_cuda_find(size_t index, lwi_device_facts *facts);
lw_status lwi_cuda_open(size_t index, lwi_device **device);
lw_status lwi_hip_find(size_t index, lwi_device_facts *facts);
lw_status lwi_hip_open(size_t index, lwi_device **device);

#endif
