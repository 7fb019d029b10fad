/* SPDX-License-Identifier: MIT */
#define ROWS 8
#define COLUMNS 32
#include "kern/tile.inc"
