/* SPDX-License-Identifier: MIT
 * Codebooks of the IQ types of GGUF. */
#ifndef LWI_IQ_GRIDS_H
#define LWI_IQ_GRIDS_H

#include <stdint.h>

extern const uint16_t lwi_grid_iq2_xxs[256], lwi_grid_iq2_xs[512], lwi_grid_iq2_s[1024];
extern const uint16_t lwi_grid_iq3_xxs[256], lwi_grid_iq3_s[512], lwi_grid_iq1_s[2048];

#endif
