/* SPDX-License-Identifier: MIT
 * Steps of recurrent layers, with vectors. */
#ifndef LWI_KERN_STATE_F32_H
#define LWI_KERN_STATE_F32_H

#include "base/state_step.h"

typedef void lwi_state_update_f32_fn(const lwi_state_update *update);
typedef void lwi_state_scan_f32_fn(const lwi_state_scan *scan);

#endif
