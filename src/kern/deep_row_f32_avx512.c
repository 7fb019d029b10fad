/* SPDX-License-Identifier: MIT */
#include "kern/deep_row_f32.inc"
