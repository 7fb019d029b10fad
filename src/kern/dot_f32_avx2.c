/* SPDX-License-Identifier: MIT */
#define ROWS 3
#define COLUMNS 4
#include "kern/dot_f32.inc"
