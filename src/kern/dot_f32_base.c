/* SPDX-License-Identifier: MIT */
#include "kern/level.h"

#define ROWS (LWI_FEW_FORMS ? 1 : 4)
#define COLUMNS 4
#include "kern/dot_f32.inc"
