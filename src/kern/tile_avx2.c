/* SPDX-License-Identifier: MIT */
#define ROWS 6
#define COLUMNS 16
#include "kern/tile.inc"
