/* SPDX-License-Identifier: MIT */
#include "kern/pool_rows_f32.inc"
