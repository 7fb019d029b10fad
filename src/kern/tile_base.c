/* SPDX-License-Identifier: MIT */
#define ROWS 4
#define COLUMNS 8
#include "kern/tile.inc"
