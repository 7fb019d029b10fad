/* SPDX-License-Identifier: MIT */
#define ROWS 4
#define COLUMNS 4
#include "kern/dot_f32.inc"
