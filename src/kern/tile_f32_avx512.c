/* SPDX-License-Identifier: MIT */
#define ROWS 8
#define COLUMNS 32
#include "kern/tile_f32.inc"
