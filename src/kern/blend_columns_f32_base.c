/* SPDX-License-Identifier: MIT */
#include "kern/blend_columns_f32.inc"
